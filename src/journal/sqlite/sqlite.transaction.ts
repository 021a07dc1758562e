/** What is written together: the operations and appends of one turn, in one transaction, all or nothing. */
import { type RecordedEvent } from '../event-batch.js';
import { type ExecutionRecord, type Head } from '../journal.types.js';
import { type OpenDatabase } from './sqlite.database.js';
import { isFaulty } from './sqlite.errors.js';
import { type Statements } from './sqlite.statements.js';
import { toText } from './sqlite.text.js';

/** Consecutive events of one execution from one owner. */
export interface PendingAppend {
  id: string;
  epoch: number;
  events: RecordedEvent[];
  head: Readonly<Head>;
  onLost: () => void;
  /** Whether a transaction with it has been tried: where that failed, it may have gone through all the same. */
  tried: boolean;
}

/** Work whose caller waits for the answer. Executions it adds are told of in `created`. */
export type Work<T> = (statements: Statements, created: ExecutionRecord[]) => T;

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
    try {
      return tryOnce(database, operations, appends, faulty, probe);
    } catch (error) {
      database.rollback();
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
  const { statements } = database;
  database.begin();
  if (probe) statements.probe.run(Date.now());
  for (const operation of operations) turn.answers.push(operate(operation, statements, turn.created));
  for (const pending of appends) (!faulty.has(pending) && write(pending, statements) ? turn.kept : turn.lost).push(pending);
  for (const pending of appends) pending.tried = true;
  database.commit();
  return turn;
}

function operate({ run, resolve, reject }: Operation, statements: Statements, created: ExecutionRecord[]): () => void {
  statements.beginOperation.run();
  try {
    const value = run(statements, created);
    statements.endOperation.run();
    return () => resolve(value);
  } catch (error) {
    if (!isFaulty(error)) throw error;
    statements.undoOperation.run();
    statements.endOperation.run();
    return () => reject(error);
  }
}

/** False where the execution has another owner by now, or is gone. */
function write(pending: PendingAppend, statements: Statements): boolean {
  try {
    const first = pending.events[0] as RecordedEvent;
    const ordinal = updateHead(pending, first.seq - 1, statements);
    if (ordinal !== undefined) return insert(pending.events, ordinal, statements);
    if (!pending.tried) return false;
    // The commit before this one failed and went through all the same: what is there is not written again.
    const row = statements.lastSeqOf.get(toText(pending.id), pending.epoch) as { last_seq: number } | undefined;
    const rest = row && pending.events.slice(row.last_seq - first.seq + 1);
    if (!rest || row.last_seq < first.seq || row.last_seq > first.seq + pending.events.length - 1) return false;
    return insert(rest, updateHead(pending, row.last_seq, statements) as number, statements);
  } catch (error) {
    throw isFaulty(error) ? new FaultyAppend(pending, error) : error;
  }
}

/** Brings the record on from `lastSeq` to the last of the events; the ordinal, or nothing where the record is elsewhere. */
function updateHead({ id, epoch, events, head }: PendingAppend, lastSeq: number, statements: Statements): number | undefined {
  const last = events[events.length - 1] as RecordedEvent;
  const row = statements.updateHead.get(
    head.status, head.progress, last.seq, head.startedAt, head.finishedAt, head.error && JSON.stringify(head.error), toText(id), epoch, lastSeq,
  ) as { ordinal: number } | undefined;
  return row?.ordinal;
}

function insert(events: readonly RecordedEvent[], ordinal: number, statements: Statements): true {
  for (const event of events) statements.insertEvent.run(ordinal, event.seq, event.type, event.json);
  return true;
}
