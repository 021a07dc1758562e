/** What is written together: the operations and appends of one turn, in one transaction, all or nothing. */
import { type ExecutionRecord } from '../journal.types.js';
import { type OpenDatabase } from './sqlite.database.js';
import { isBusy, isFaulty } from './sqlite.errors.js';
import { type PendingAppend, type SqliteLog } from './sqlite.log.js';

/** Work whose caller waits for the answer. Executions it adds are told of in `created`. */
export type Work<T> = (log: SqliteLog, created: ExecutionRecord[]) => T;

export interface Operation {
  run: Work<unknown>;
  resolve: (value: unknown) => void;
  reject: (error: unknown) => void;
}

export interface Turn {
  created: ExecutionRecord[];
  kept: PendingAppend[];
  /** Of former owners, of executions that are gone, and of such values as cannot be stored. */
  lost: PendingAppend[];
  /** Tells the operations' callers. */
  answers: (() => void)[];
}

class FaultyAppend extends Error {
  constructor(readonly pending: PendingAppend, cause: unknown) {
    super(`the events of execution ${pending.id} cannot be stored, it goes on at the next start: ${(cause as Error).message}`, { cause });
  }
}

/** @throws what the file is at fault for; nothing is written then, as far as one can know. */
export function transact(database: OpenDatabase, operations: readonly Operation[], appends: readonly PendingAppend[], probe: boolean): Turn {
  const faulty = new Set<PendingAppend>();
  for (;;) {
    let begun = false;
    try {
      database.begin();
      begun = true;
      return tryOnce(database, operations, appends, faulty, probe);
    } catch (error) {
      // Where it is locked it has not even begun: nothing is to be undone, and what memory knows still holds.
      if (begun || !isBusy(error)) database.rollback();
      if (!(error instanceof FaultyAppend)) throw error;
      // One execution whose events cannot be stored must not hold up all the others for ever.
      faulty.add(error.pending);
      process.emitWarning(error.message, 'StepcastWarning');
    }
  }
}

function tryOnce(
  database: OpenDatabase, operations: readonly Operation[], appends: readonly PendingAppend[], faulty: ReadonlySet<PendingAppend>, probe: boolean,
): Turn {
  const turn: Turn = { created: [], kept: [], lost: [], answers: [] };
  const { log } = database;
  if (probe) log.sql.probe.run(Date.now());
  for (const operation of operations) turn.answers.push(operate(operation, log, turn.created));
  for (const pending of appends) (!faulty.has(pending) && write(pending, log) ? turn.kept : turn.lost).push(pending);
  log.moveMark();
  for (const pending of appends) pending.tried = true;
  database.commit();
  return turn;
}

function operate({ run, resolve, reject }: Operation, log: SqliteLog, created: ExecutionRecord[]): () => void {
  log.sql.beginOperation.run();
  try {
    const value = run(log, created);
    log.sql.endOperation.run();
    return () => resolve(value);
  } catch (error) {
    if (!isFaulty(error)) throw error;
    log.sql.undoOperation.run();
    log.sql.endOperation.run();
    return () => reject(error);
  }
}

/** False where the execution has another owner by now, or is gone. */
function write(pending: PendingAppend, log: SqliteLog): boolean {
  try {
    return log.append(pending);
  } catch (error) {
    throw isFaulty(error) ? new FaultyAppend(pending, error) : error;
  }
}
