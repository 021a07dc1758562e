/**
 * Group commit. Everything that is written in one turn of the loop, by all executions, goes into one transaction:
 * the first write of a turn plans a flush for the end of it (`setImmediate`), so durability costs a commit a turn
 * and not a commit an event. Two classes of work share the transaction:
 *
 * - appends, which are promises already made: they are kept in order and tried again until they are committed;
 * - operations (start, claim, store …), whose caller waits for the answer: they are refused where the file fails.
 *
 * A file that is only locked is waited for a second before that counts as failing. Then, and where it cannot be
 * opened, it is tried again until a transaction goes through.
 */
import { of } from 'rxjs';
import { StepcastError } from '../../contract/errors.js';
import { type RecordedEvent } from '../event-batch.js';
import { type Head } from '../journal.types.js';
import { type OpenDatabase } from './sqlite.database.js';
import { isBusy } from './sqlite.errors.js';
import { type PendingAppend } from './sqlite.log.js';
import { type Operation, transact, type Turn, type Work } from './sqlite.transaction.js';

const BUSY_PATIENCE_MS = 1000;
const BUSY_RETRY_MS = 50;
const MAX_RETRY_MS = 500;
/** A turn that does not end is not let grow without bound. */
const MAX_TURN_EVENTS = 4096;
const MAX_TURN_LENGTH = 4 * 1024 * 1024;

export interface WriterHost {
  /** The database, opened where it is not. @throws where that fails. */
  database(): OpenDatabase;
  onCommitted(turn: Turn, durationMs: number): void;
  onFailure(error: unknown): void;
  onRecovered(): void;
}

export class SqliteWriter {
  private appends: PendingAppend[] = [];
  private readonly latest = new Map<string, PendingAppend>();
  private operations: Operation[] = [];
  private waiters: { resolve: () => void; reject: (error: unknown) => void }[] = [];
  /** Failing until a transaction has gone through, at the start too. */
  private writable: PromiseWithResolvers<void> | undefined = deferred();
  private scheduled: NodeJS.Immediate | undefined;
  private flushing = false;
  private turnEvents = 0;
  private turnLength = 0;
  private busySince: number | undefined;
  private retryTimer: NodeJS.Timeout | undefined;
  private retries = 0;
  private closed = false;
  /** Events came after the close, or could not be committed by it. */
  private incomplete = false;

  constructor(private readonly host: WriterHost) {}

  append(id: string, epoch: number, event: RecordedEvent, head: Readonly<Head>, onLost: () => void): void {
    if (this.closed) {
      this.incomplete = true;
      return;
    }
    const pending = this.latest.get(id);
    if (pending?.epoch === epoch) {
      const { seq } = pending.events[pending.events.length - 1] as RecordedEvent;
      if (event.seq !== seq + 1) throw new RangeError(`event ${event.seq} of ${id} does not follow ${seq}: the log has no gap and no double (P1)`);
      pending.events.push(event);
    } else {
      const added = { id, epoch, events: [event], head, onLost, recordedAt: performance.now(), tried: false };
      this.appends.push(added);
      this.latest.set(id, added);
    }
    this.turnEvents++;
    this.turnLength += event.json.length;
    if (this.turnEvents < MAX_TURN_EVENTS && this.turnLength < MAX_TURN_LENGTH) this.schedule();
    else if (this.writable || this.retryTimer || this.flushing) this.schedule();
    else this.flush();
  }

  /** Runs `work` in the next transaction; where it throws, what it wrote is undone and it is refused alone. */
  operate<T>(work: Work<T>): Promise<T> {
    if (this.writable || this.closed) return Promise.reject(unavailable());
    return new Promise<T>((resolve, reject) => {
      this.operations.push({ run: work, resolve: resolve as (value: unknown) => void, reject });
      this.schedule();
    });
  }

  isPending(id: string): boolean {
    return this.latest.has(id);
  }

  flushed(): Promise<void> {
    if (this.incomplete) return Promise.reject(unavailable());
    if (this.appends.length === 0) return Promise.resolve();
    if (this.writable) return Promise.reject(unavailable());
    return new Promise((resolve, reject) => this.waiters.push({ resolve, reject }));
  }

  whenWritable(): Promise<void> | undefined {
    return this.writable?.promise;
  }

  /** Tries to write at once; where the file fails, that is told by `onFailure` and tried again later. */
  flush(): void {
    if (this.flushing || this.closed) return;
    clearImmediate(this.scheduled);
    this.scheduled = undefined;
    if (!this.hasWork && !this.writable) return;
    this.flushing = true;
    try {
      this.write();
    } finally {
      this.flushing = false;
    }
  }

  /** Takes note that the file fails, in writing or in reading, and plans the next try. */
  fail(error: unknown): void {
    if (this.closed) return;
    const now = performance.now();
    this.busySince = isBusy(error) ? (this.busySince ?? now) : undefined;
    if (this.writable || this.busySince === undefined || now - this.busySince > BUSY_PATIENCE_MS) {
      this.writable ??= deferred();
      this.refuse();
      this.host.onFailure(error);
    }
    clearTimeout(this.retryTimer);
    const delay = Math.min(this.writable ? MAX_RETRY_MS : BUSY_RETRY_MS, 10 * 2 ** this.retries++);
    this.retryTimer = setTimeout(() => this.flush(), delay);
    // Events that wait keep the process alive; a mere look whether the file is well again does not.
    if (!this.hasWork) this.retryTimer.unref();
  }

  async close(): Promise<void> {
    if (this.hasWork) this.flush();
    // Locked for the moment: the writer's own patience is the bound.
    await this.flushed().catch(() => undefined);
    if (this.hasWork) this.flush();
    this.closed = true;
    this.incomplete ||= this.appends.length > 0;
    clearTimeout(this.retryTimer);
    this.refuse();
    this.clear();
    // Never to be writable again: who waits for that waits, and does not ask in circles.
    this.writable ??= deferred();
  }

  private write(): void {
    const started = performance.now();
    let turn: Turn;
    try {
      turn = transact(this.host.database(), this.operations, this.appends, this.writable !== undefined);
    } catch (error) {
      this.fail(error);
      return;
    }
    const { waiters } = this;
    this.waiters = [];
    this.clear();
    this.recovered();
    this.host.onCommitted(turn, performance.now() - started);
    // What a listener throws is reported as RxJS does it, and reaches nobody else.
    for (const { onLost } of turn.lost) of(undefined).subscribe(() => onLost());
    for (const answer of turn.answers) answer();
    for (const { resolve } of waiters) resolve();
  }

  private get hasWork(): boolean {
    return this.appends.length > 0 || this.operations.length > 0;
  }

  private schedule(): void {
    this.retryTimer?.ref();
    if (this.scheduled || this.closed || this.writable || this.retryTimer) return;
    this.scheduled = setImmediate(() => this.flush());
  }

  private clear(): void {
    this.appends = [];
    this.latest.clear();
    this.operations = [];
    this.turnEvents = 0;
    this.turnLength = 0;
  }

  private refuse(): void {
    const { operations, waiters } = this;
    this.operations = [];
    this.waiters = [];
    for (const { reject } of [...operations, ...waiters]) reject(unavailable());
  }

  private recovered(): void {
    clearTimeout(this.retryTimer);
    this.retryTimer = undefined;
    this.retries = 0;
    this.busySince = undefined;
    const { writable } = this;
    this.writable = undefined;
    if (!writable) return;
    writable.resolve();
    this.host.onRecovered();
  }
}

export function unavailable(): StepcastError {
  return new StepcastError('journal_unavailable', 'the journal is not available at the moment; try again shortly (/health/ready says why)', { retryAfterSeconds: 1 });
}

function deferred(): PromiseWithResolvers<void> {
  return Promise.withResolvers<void>();
}
