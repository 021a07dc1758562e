/**
 * The file: opening it, and knowing it for ours alone. A second database file beside it, `stepcast.lock`, is held in an
 * exclusive transaction for as long as the process lives. The operating system lets go of it when the process dies,
 * however it dies, so there is no stale lock to clean up.
 */
import { accessSync, closeSync, constants, existsSync, mkdirSync, openSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { type DatabaseSync as Database } from 'node:sqlite';
import { DatabaseSync } from './node.sqlite.js';
import { explain, FileMovedError, isBusy } from './sqlite.errors.js';
import { migrate, MIGRATIONS } from './sqlite.schema.js';
import { SqliteLog } from './sqlite.log.js';
import { prepareStatements } from './sqlite.statements.js';

/**
 * Pages of the write-ahead log (4 MiB) after which it is moved into the file. The loop waits for that: some ms each time.
 * As most pages are only added to, moving them more rarely would be no less work, at longer waits.
 */
const CHECKPOINT_PAGES = 1000;

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
  /** What is known of the events; read anew after a transaction that was undone. */
  readonly log: SqliteLog;
  /** Begins a transaction. @throws FileMovedError where the file is another one by now. */
  begin(): void;
  commit(): void;
  /** Undoes what a failed transaction left. */
  rollback(): void;
  close(): void;
}

/** A database that could not be opened; the message is for the operator. */
export class OpenError extends Error {}

export function databasePath({ dataDir }: SqliteJournalOptions): string {
  return dataDir === ':memory:' ? dataDir : join(dataDir, 'stepcast.db');
}

/** @throws OpenError */
export function openDatabase(options: SqliteJournalOptions): OpenDatabase {
  const path = databasePath(options);
  const inMemory = path === ':memory:';
  let lock: Database | undefined;
  let db: Database | undefined;
  try {
    if (!inMemory) {
      // What users put in is nobody else's to read.
      mkdirSync(options.dataDir, { recursive: true, mode: 0o700 });
      accessSync(options.dataDir, constants.R_OK | constants.W_OK | constants.X_OK);
      lock = takeLock(join(options.dataDir, 'stepcast.lock'));
    }
    // Opened for reading alone, it would be given a write-ahead log that nobody may write to later either.
    if (!inMemory && existsSync(path)) accessSync(path, constants.W_OK);
    if (!inMemory) makePrivate(path);
    // No waiting inside SQLite: it would block the loop. The writer tries again by itself.
    db = new DatabaseSync(path, { timeout: 0 });
    // Before the schema is made, so that it is not waited for the disk at each of its pages.
    migrate(db, MIGRATIONS, `PRAGMA journal_mode = WAL; PRAGMA synchronous = ${options.synchronous === 'full' ? 'FULL' : 'NORMAL'}; PRAGMA cache_size = -4096; PRAGMA wal_autocheckpoint = ${CHECKPOINT_PAGES}`);
    return handleOf(db, lock, inMemory ? undefined : path);
  } catch (error) {
    db?.close();
    lock?.close();
    throw error instanceof OpenError ? error : new OpenError(explain(error, path), { cause: error });
  }
}

/** A file that is yet to be made is its owner's alone, in a folder that others may look into, too; SQLite gives those beside it the same mode. */
function makePrivate(path: string): void {
  if (!existsSync(path)) closeSync(openSync(path, 'a', 0o600));
}

function takeLock(path: string): Database {
  let lock: Database | undefined;
  try {
    makePrivate(path);
    lock = new DatabaseSync(path, { timeout: 0 });
    // Of a file that it may only read, SQLite would take no lock, without a word.
    accessSync(path, constants.W_OK);
    lock.exec('PRAGMA journal_mode = DELETE; BEGIN EXCLUSIVE');
    return lock;
  } catch (error) {
    lock?.close();
    const taken = 'another Stepcast process uses this data folder; end that one, and this one takes over';
    throw new OpenError(isBusy(error) ? `${path}: ${taken}` : explain(error, path), { cause: error });
  }
}

function handleOf(db: Database, lock: Database | undefined, path: string | undefined): OpenDatabase {
  const begin = db.prepare('BEGIN IMMEDIATE');
  const commit = db.prepare('COMMIT');
  const file = path && identityOf(path);
  const statements = prepareStatements(db);
  let log: SqliteLog | undefined = new SqliteLog(statements);
  return {
    get log() {
      return (log ??= new SqliteLog(statements));
    },
    begin: () => {
      // SQLite itself would go on with a file that is deleted, and everything would be gone with the process.
      if (path && identityOf(path) !== file) throw new FileMovedError();
      begin.run();
    },
    commit: () => void commit.run(),
    rollback: () => {
      log = undefined;
      try {
        db.exec('ROLLBACK');
      } catch {
        // Undone by SQLite already; where it is not, the next transaction cannot begin and the file is opened anew.
      }
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

function identityOf(path: string): string {
  const stat = statSync(path, { throwIfNoEntry: false });
  return stat ? `${stat.dev}:${stat.ino}` : '';
}

/** What changes when someone repairs or replaces a file that nobody has open. */
export function stateOf(path: string): string {
  const stat = statSync(path, { throwIfNoEntry: false });
  return stat ? `${stat.dev}:${stat.ino}:${stat.size}:${stat.mtimeMs}` : '';
}
