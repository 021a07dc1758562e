/**
 * The file: opening it, and knowing it for ours alone. A second database file beside it, `stepcast.lock`, is held in an
 * exclusive transaction for as long as the process lives. The operating system lets go of it when the process dies,
 * however it dies, so there is no stale lock to clean up.
 */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync, type StatementSync } from 'node:sqlite';
import { migrate } from './sqlite.schema.js';
import { prepareStatements, type Statements } from './sqlite.statements.js';

export interface SqliteJournalOptions {
  /** Folder of `stepcast.db`; made where it is missing. `:memory:` keeps everything in memory, for tests. */
  dataDir: string;
  /**
   * `normal` (default): a commit survives the death of the process. `full`: it survives the loss of power too, for one
   * fsync a transaction.
   */
  synchronous?: 'normal' | 'full';
}

export interface OpenDatabase {
  readonly statements: Statements;
  begin: StatementSync;
  commit: StatementSync;
  /** Undoes what a failed transaction left. */
  rollback(): void;
  close(): void;
}

/** @throws Error with a message for the operator. */
export function openDatabase(options: SqliteJournalOptions): OpenDatabase {
  const inMemory = options.dataDir === ':memory:';
  const path = inMemory ? ':memory:' : join(options.dataDir, 'stepcast.db');
  let lock: DatabaseSync | undefined;
  let db: DatabaseSync | undefined;
  try {
    if (!inMemory) {
      mkdirSync(options.dataDir, { recursive: true });
      lock = takeLock(join(options.dataDir, 'stepcast.lock'));
    }
    // No waiting inside SQLite: it would block the loop. The writer tries again by itself.
    db = new DatabaseSync(path, { timeout: 0 });
    migrateSafely(db, path, options);
    return handleOf(db, lock);
  } catch (error) {
    db?.close();
    lock?.close();
    throw new Error(explain(error, path), { cause: error });
  }
}

function migrateSafely(db: DatabaseSync, path: string, options: SqliteJournalOptions): void {
  db.exec('PRAGMA auto_vacuum = INCREMENTAL');
  // Read before the first write, so that a foreign file stays as it is.
  migrate(db, path);
  db.exec(`PRAGMA journal_mode = WAL; PRAGMA synchronous = ${options.synchronous === 'full' ? 'FULL' : 'NORMAL'}; PRAGMA cache_size = -32768`);
}

function takeLock(path: string): DatabaseSync {
  const lock = new DatabaseSync(path, { timeout: 0 });
  try {
    lock.exec('PRAGMA journal_mode = DELETE; BEGIN EXCLUSIVE');
    return lock;
  } catch (error) {
    lock.close();
    if (isBusy(error)) throw new Error('another Stepcast process uses this data folder; it is taken over when that one has ended', { cause: error });
    throw error;
  }
}

function handleOf(db: DatabaseSync, lock: DatabaseSync | undefined): OpenDatabase {
  return {
    statements: prepareStatements(db),
    begin: db.prepare('BEGIN IMMEDIATE'),
    commit: db.prepare('COMMIT'),
    rollback: () => {
      if (db.isTransaction) db.exec('ROLLBACK');
    },
    close: () => {
      try {
        db.close();
      } finally {
        lock?.close();
      }
    },
  };
}

/** The primary result code of a SQLite error (sqlite.org/rescode.html), where it is one. */
function resultCode(error: unknown): number | undefined {
  const { errcode } = error as { errcode?: unknown };
  return typeof errcode === 'number' ? errcode & 0xff : undefined;
}

const SQLITE_BUSY = 5;
const SQLITE_LOCKED = 6;
const REMEDIES: Record<number, string> = {
  5: 'another program has locked it; it is tried again until that one is done',
  6: 'another program has locked it; it is tried again until that one is done',
  8: 'it is read-only; give the process the right to write to it and to its folder',
  10: 'the disk reports an error; check the disk and the system log',
  11: 'it is damaged; restore it from a backup or move it away',
  13: 'the disk is full; free some space',
  14: 'it cannot be opened; check that the folder exists and may be written to',
  26: 'it is not a SQLite database; move it away or set STEPCAST_DATA_DIR to another folder',
};

/** Locked by someone else for now: worth waiting for. */
export function isBusy(error: unknown): boolean {
  const code = resultCode(error);
  return code === SQLITE_BUSY || code === SQLITE_LOCKED;
}

/** Whether the connection is worth keeping: a full or locked file is, one that was replaced or damaged is not. */
export function needsReopen(error: unknown): boolean {
  const code = resultCode(error);
  return code === undefined || [8, 10, 11, 14, 26].includes(code);
}

/** One line for the operator: what is wrong with the journal, and what helps. */
export function explain(error: unknown, path = 'the journal'): string {
  const message = error instanceof Error ? error.message : String(error);
  const code = resultCode(error);
  const remedy = code === undefined ? undefined : REMEDIES[code];
  if (remedy) return `${path}: ${message}: ${remedy}`;
  const { code: system } = error as { code?: unknown };
  if (typeof system === 'string' && /^E[A-Z]+$/.test(system)) return `${message}; check that the data folder exists and may be written to`;
  return message;
}
