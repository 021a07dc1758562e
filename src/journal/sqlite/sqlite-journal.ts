/** The embedded journal: one SQLite file in WAL mode, one connection, one writer, nothing to install beside it. */
import { StepcastError } from '../../contract/errors.js';
import { type WorkflowDefinition } from '../../contract/definition.js';
import { EventBatch, RecordedEvent } from '../event-batch.js';
import { Journal } from '../journal.js';
import {
  type ExecutionRecord, type Head, type ListQuery, type NewExecution, type Page, type StoredWorkflow,
} from '../journal.types.js';
import { explain, needsReopen, openDatabase, type OpenDatabase, type SqliteJournalOptions } from './sqlite.database.js';
import { type EventRow, type ExecutionRow, recordOf, type Statements } from './sqlite.statements.js';
import { type PendingAppend, SqliteWriter } from './sqlite.writer.js';

const REOPEN_MS = 500;
/** Events deleted in one transaction of a sweep, so that it never holds the loop for long. */
const SWEEP_EVENTS = 5000;

export class SqliteJournal extends Journal {
  private database: OpenDatabase | undefined;
  private reopenTimer: NodeJS.Timeout | undefined;
  private closed = false;
  /** Of executions that are being appended to. */
  private readonly ordinals = new Map<string, number>();

  private readonly writer = new SqliteWriter({
    database: () => this.database,
    onCommitted: (appends, durationMs) => this.onCommitted(appends, durationMs),
    onFailure: (error, reason) => this.onFailure(error, reason),
    onRecovered: () => this.health$.next({ ready: true }),
  });

  constructor(private readonly options: SqliteJournalOptions) {
    super();
  }

  async open(): Promise<void> {
    this.tryOpen();
  }

  async close(): Promise<void> {
    this.closed = true;
    clearTimeout(this.reopenTimer);
    this.writer.close();
    this.database?.close();
    this.database = undefined;
    this.health$.next({ ready: false, reason: 'the journal is closed' });
  }

  async create(execution: NewExecution): Promise<{ record: ExecutionRecord; created: boolean }> {
    const definition = JSON.stringify(execution.definition);
    const input = JSON.stringify(execution.input);
    return this.writer.operate((sql) => {
      const { idempotency, id, user } = execution;
      if (idempotency) {
        const known = sql.findKey.get(user, idempotency.key) as { fingerprint: string; execution: string } | undefined;
        if (known && known.fingerprint !== idempotency.fingerprint) {
          throw new StepcastError('idempotency_conflict', 'this Idempotency-Key was used with another request; use a new key for a new request');
        }
        if (known) return { record: recordOf(sql.find.get(known.execution) as unknown as ExecutionRow), created: false };
        sql.insertKey.run(user, idempotency.key, idempotency.fingerprint, id);
      }
      const row = sql.insertExecution.get(
        id, user, execution.workflow, execution.sessionId, execution.createdAt, execution.source, definition, execution.fingerprint, input,
      );
      return { record: recordOf(row as unknown as ExecutionRow), created: true };
    }).then((result) => {
      if (result.created) {
        this.ordinals.set(result.record.id, result.record.ordinal);
        this.commits$.next({ created: [result.record], batches: [], events: 0, durationMs: 0 });
      }
      return result;
    });
  }

  async claim(id: string, { countResume }: { countResume: boolean }): Promise<ExecutionRecord> {
    const record = await this.writer.operate((sql) => {
      const row = sql.claim.get(countResume ? 1 : 0, id);
      if (!row) throw missing(id);
      return recordOf(row as unknown as ExecutionRow);
    });
    this.ordinals.set(id, record.ordinal);
    return record;
  }

  async clearResumes(ids: readonly string[]): Promise<void> {
    await this.writer.operate((sql) => ids.forEach((id) => sql.clearResumes.run(id)));
  }

  append(id: string, epoch: number, event: RecordedEvent, head: Readonly<Head>, onLost: () => void): void {
    const ordinal = this.ordinals.get(id);
    if (ordinal === undefined) throw missing(id);
    this.writer.append(id, ordinal, epoch, event, head, onLost);
  }

  isPending(id: string): boolean {
    return this.writer.isPending(id);
  }

  flushed(): Promise<void> {
    return this.writer.flushed();
  }

  whenWritable(): Promise<void> | undefined {
    return this.writer.whenWritable();
  }

  async find(id: string): Promise<ExecutionRecord | undefined> {
    const row = this.query((sql) => sql.find.get(id));
    return row && recordOf(row as unknown as ExecutionRow);
  }

  async list(query: ListQuery): Promise<ExecutionRecord[]> {
    return this.query((sql) => sql.list(query)).map(recordOf);
  }

  async unfinished(): Promise<ExecutionRecord[]> {
    return (this.query((sql) => sql.unfinished.all()) as unknown as ExecutionRow[]).map(recordOf);
  }

  async read(id: string, after: number, page: Page): Promise<EventBatch | undefined> {
    return this.query((sql) => {
      const ordinal = this.ordinals.get(id) ?? (sql.ordinalOf.get(id) as { ordinal: number } | undefined)?.ordinal;
      if (ordinal === undefined) throw missing(id);
      const events: RecordedEvent[] = [];
      let length = 0;
      for (const row of sql.readEvents.iterate(ordinal, after, page.limit)) {
        const { seq, type, json } = row as unknown as EventRow;
        events.push(new RecordedEvent(seq, type, json));
        length += json.length;
        if (page.maxLength !== undefined && length >= page.maxLength) break;
      }
      return events.length ? new EventBatch(id, events) : undefined;
    });
  }

  async saveWorkflow(user: string, definition: WorkflowDefinition, now: number): Promise<void> {
    const text = JSON.stringify(definition);
    await this.writer.operate((sql) => sql.saveWorkflow.run(user, definition.name, text, now));
  }

  async findWorkflow(user: string, name: string): Promise<StoredWorkflow | undefined> {
    const row = this.query((sql) => sql.findWorkflow.get(user, name));
    return row && storedOf(row);
  }

  async listWorkflows(user: string): Promise<StoredWorkflow[]> {
    return this.query((sql) => sql.listWorkflows.all(user)).map(storedOf);
  }

  async deleteWorkflow(user: string, name: string): Promise<boolean> {
    return (await this.writer.operate((sql) => sql.deleteWorkflow.run(user, name))).changes === 1;
  }

  async sweep(before: number, forgetBefore: number, now: number): Promise<number> {
    let removed = 0;
    for (;;) {
      const next = await this.writer.operate((sql) => {
        const row = sql.finishedBefore.get(before) as { ordinal: number; id: string; user: string; last_seq: number } | undefined;
        if (!row) return undefined;
        sql.deleteExecution.run(row.ordinal);
        sql.deleteKeys.run(row.id);
        sql.insertRemoved.run(row.id, row.user, row.ordinal, now);
        return row;
      });
      if (!next) break;
      this.tails.forget(next.id);
      removed++;
      await this.deleteEvents(next.ordinal);
    }
    for (const { ordinal } of this.query((sql) => sql.orphans.all()) as unknown as { ordinal: number }[]) await this.deleteEvents(ordinal);
    await this.writer.operate((sql) => sql.forgetRemoved.run(forgetBefore));
    if (removed > 0) this.query((sql) => sql.vacuum.run());
    return removed;
  }

  async findRemoved(id: string): Promise<{ user: string } | undefined> {
    return this.query((sql) => sql.findRemoved.get(id)) as { user: string } | undefined;
  }

  private async deleteEvents(ordinal: number): Promise<void> {
    for (let upTo = SWEEP_EVENTS; ; upTo += SWEEP_EVENTS) {
      const more = await this.writer.operate((sql) => {
        sql.deleteEvents.run(ordinal, upTo);
        return sql.readEvents.get(ordinal, 0, 1) !== undefined;
      });
      if (!more) return;
    }
  }

  /** Reads; a file that cannot be read any more is opened anew. */
  private query<T>(read: (sql: Statements) => T): T {
    if (!this.database) throw new StepcastError('journal_unavailable', `the journal cannot be read: ${this.health$.value.reason}`, { retryAfterSeconds: 1 });
    try {
      return read(this.database.statements);
    } catch (error) {
      if (error instanceof StepcastError) throw error;
      const reason = explain(error);
      if (needsReopen(error)) {
        this.writer.markFailed(reason);
        this.onFailure(error, reason);
      }
      throw new StepcastError('journal_unavailable', `the journal cannot be read: ${reason}`, { retryAfterSeconds: 1, cause: error });
    }
  }

  private onCommitted(appends: PendingAppend[], durationMs: number): void {
    const batches: EventBatch[] = [];
    let events = 0;
    for (const { id, events: appended } of appends) {
      const batch = new EventBatch(id, appended);
      batches.push(batch);
      events += appended.length;
      if (batch.terminal) this.ordinals.delete(id);
      this.tails.push(batch);
      if (batch.terminal) this.tails.forget(id);
    }
    if (batches.length) this.commits$.next({ created: [], batches, events, durationMs });
  }

  private onFailure(error: unknown, reason: string): void {
    this.health$.next({ ready: false, reason });
    if (!needsReopen(error) || !this.database) return;
    try {
      this.database.close();
    } catch {
      // It failed already; opening it anew is what follows.
    }
    this.database = undefined;
    this.reopenLater();
  }

  private reopenLater(): void {
    clearTimeout(this.reopenTimer);
    if (this.closed) return;
    this.reopenTimer = setTimeout(() => this.tryOpen(), REOPEN_MS);
    this.reopenTimer.unref();
  }

  private tryOpen(): void {
    if (this.closed) return;
    try {
      this.database = openDatabase(this.options);
    } catch (error) {
      const reason = (error as Error).message;
      this.writer.markFailed(reason);
      if (this.health$.value.reason !== reason) this.health$.next({ ready: false, reason });
      this.reopenLater();
      return;
    }
    // Counts as failing until the first transaction has gone through.
    this.writer.markFailed('the journal is being opened');
    this.writer.flush();
  }
}

function storedOf(row: Record<string, unknown>): StoredWorkflow {
  return { user: row['user'] as string, definition: JSON.parse(row['definition'] as string) as WorkflowDefinition, createdAt: row['created_at'] as number };
}

function missing(id: string): StepcastError {
  return new StepcastError('not_found', `there is no execution ${id}`);
}
