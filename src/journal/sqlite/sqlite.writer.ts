/**
 * Group commit. Everything that is written in one turn of the loop, by all executions, goes into one transaction:
 * the first write of a turn plans a flush for the end of it (`setImmediate`), so durability costs a commit a turn
 * and not a commit an event. Two classes of work share the transaction:
 *
 * - appends, which are promises already made: they are kept in order and tried again until they are committed;
 * - operations (start, claim, store …), whose caller waits for the answer: they are refused where the file fails.
 *
 * A file that is only locked is waited for a second before that counts as failing.
 */
import { StepcastError } from '../../contract/errors.js';
import { type RecordedEvent } from '../event-batch.js';
import { type Head } from '../journal.types.js';
import { explain, isBusy, type OpenDatabase } from './sqlite.database.js';
import { type Statements } from './sqlite.statements.js';

const BUSY_PATIENCE_MS = 1000;
const MAX_RETRY_MS = 1000;
/** A turn that does not end is not let grow without bound. */
const MAX_TURN_EVENTS = 4096;
const MAX_TURN_LENGTH = 4 * 1024 * 1024;

export interface PendingAppend {
  id: string;
  ordinal: number;
  epoch: number;
  events: RecordedEvent[];
  head: Readonly<Head>;
  onLost: () => void;
}

interface Operation {
  run: (statements: Statements) => unknown;
  resolve: (value: never) => void;
  reject: (error: unknown) => void;
  since: number;
}

export interface WriterHost {
  /** The open database, or nothing where it could not be opened. */
  database(): OpenDatabase | undefined;
  onCommitted(appends: PendingAppend[], durationMs: number): void;
  onFailure(error: unknown, reason: string): void;
  onRecovered(): void;
}

export class SqliteWriter {
  private appends = new Map<string, PendingAppend>();
  private operations: Operation[] = [];
  private waiters: { resolve: () => void; reject: (error: unknown) => void }[] = [];
  private writable: { promise: Promise<void>; resolve: () => void } | undefined;
  private scheduled = false;
  private turnEvents = 0;
  private turnLength = 0;
  private busySince: number | undefined;
  private failure: string | undefined;
  private retryTimer: NodeJS.Timeout | undefined;
  private retries = 0;
  private closed = false;

  constructor(private readonly host: WriterHost) {}

  append(id: string, ordinal: number, epoch: number, event: RecordedEvent, head: Readonly<Head>, onLost: () => void): void {
    const pending = this.appends.get(id);
    if (pending?.epoch === epoch) pending.events.push(event);
    else this.appends.set(id, { id, ordinal, epoch, events: [event], head, onLost });
    this.turnEvents++;
    this.turnLength += event.json.length;
    if (!this.failure && (this.turnEvents >= MAX_TURN_EVENTS || this.turnLength >= MAX_TURN_LENGTH)) this.flush();
    else this.schedule();
  }

  /** Runs `work` in the next transaction. It must throw StepcastErrors only, and before its first write. */
  operate<T>(work: (statements: Statements) => T): Promise<T> {
    if (this.failure) return Promise.reject(unavailable(this.failure));
    return new Promise<T>((resolve, reject) => {
      this.operations.push({ run: work, resolve: resolve as (value: never) => void, reject, since: performance.now() });
      this.schedule();
    });
  }

  isPending(id: string): boolean {
    return this.appends.has(id);
  }

  flushed(): Promise<void> {
    if (this.appends.size === 0) return Promise.resolve();
    if (this.failure) return Promise.reject(unavailable(this.failure));
    return new Promise((resolve, reject) => this.waiters.push({ resolve, reject }));
  }

  whenWritable(): Promise<void> | undefined {
    return this.writable?.promise;
  }

  /** Tries to write at once; where the file fails, that is told by `onFailure` and tried again later. */
  flush(): void {
    this.scheduled = false;
    if (this.closed) return;
    const database = this.host.database();
    if (!database) return;
    if (this.appends.size === 0 && this.operations.length === 0 && !this.failure) return;
    const started = performance.now();
    const outcomes: { operation: Operation; value?: unknown; error?: unknown }[] = [];
    const lost: PendingAppend[] = [];
    const kept: PendingAppend[] = [];
    try {
      database.begin.run();
      if (this.failure) database.statements.probe.run(Date.now());
      for (const operation of this.operations) outcomes.push({ operation, ...attempt(operation, database.statements) });
      for (const pending of this.appends.values()) (writeEvents(pending, database.statements) ? kept : lost).push(pending);
      database.commit.run();
    } catch (error) {
      this.fail(error, database);
      return;
    }
    this.appends = new Map();
    this.operations = [];
    this.turnEvents = 0;
    this.turnLength = 0;
    this.recovered();
    const waiters = this.waiters;
    this.waiters = [];
    this.host.onCommitted(kept, performance.now() - started);
    for (const { onLost } of lost) onLost();
    for (const { operation, value, error } of outcomes) {
      if (error) operation.reject(error);
      else operation.resolve(value as never);
    }
    for (const waiter of waiters) waiter.resolve();
  }

  /** Counts as failing until a transaction has gone through: for a file that could not be opened. */
  markFailed(reason: string): void {
    this.failure = reason;
    this.writable ??= deferred();
    this.refuse(reason);
  }

  close(): void {
    this.flush();
    this.closed = true;
    clearTimeout(this.retryTimer);
    this.refuse('the journal is closed');
    this.writable?.resolve();
  }

  private schedule(): void {
    if (this.scheduled || this.closed || this.failure) return;
    this.scheduled = true;
    setImmediate(() => this.flush());
  }

  private fail(error: unknown, database: OpenDatabase): void {
    const reason = explain(error);
    try {
      database.rollback();
    } catch {
      // The transaction is gone with the connection; the failure itself is what is told.
    }
    const now = performance.now();
    if (isBusy(error)) this.busySince ??= now;
    if (!isBusy(error) || now - (this.busySince as number) > BUSY_PATIENCE_MS) {
      this.failure = reason;
      this.writable ??= deferred();
      this.refuse(reason);
      this.host.onFailure(error, reason);
    }
    clearTimeout(this.retryTimer);
    const delay = Math.min(MAX_RETRY_MS, 20 * 2 ** this.retries++);
    this.retryTimer = setTimeout(() => this.flush(), delay);
    this.retryTimer.unref();
  }

  private refuse(reason: string): void {
    const { operations, waiters } = this;
    this.operations = [];
    this.waiters = [];
    for (const { reject } of [...operations, ...waiters]) reject(unavailable(reason));
  }

  private recovered(): void {
    this.retries = 0;
    this.busySince = undefined;
    if (this.failure === undefined) return;
    this.failure = undefined;
    this.writable?.resolve();
    this.writable = undefined;
    this.host.onRecovered();
  }
}

function attempt(operation: Operation, statements: Statements): { value?: unknown; error?: unknown } {
  try {
    return { value: operation.run(statements) };
  } catch (error) {
    if (error instanceof StepcastError) return { error };
    throw error;
  }
}

/** False where the execution has another owner by now, or is gone. */
function writeEvents({ ordinal, epoch, events, head }: PendingAppend, statements: Statements): boolean {
  const first = events[0] as RecordedEvent;
  const last = events[events.length - 1] as RecordedEvent;
  const { changes } = statements.updateHead.run(
    head.status, head.progress, last.seq, head.startedAt, head.finishedAt, head.error && JSON.stringify(head.error),
    ordinal, epoch, first.seq - 1,
  );
  if (changes === 0) return false;
  for (const event of events) statements.insertEvent.run(ordinal, event.seq, event.type, event.json);
  return true;
}

function unavailable(reason: string): StepcastError {
  return new StepcastError('journal_unavailable', `the journal cannot be written: ${reason}`, { retryAfterSeconds: 1 });
}

function deferred(): { promise: Promise<void>; resolve: () => void } {
  let resolve!: () => void;
  const promise = new Promise<void>((done) => (resolve = done));
  return { promise, resolve };
}
