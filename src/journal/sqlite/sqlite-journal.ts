/** The embedded journal: one SQLite file in WAL mode, one connection, one writer, nothing to install beside it. */
import { type WorkflowDefinition } from '../../contract/definition.js';
import { StepcastError } from '../../contract/errors.js';
import { type ExecutionStatus } from '../../contract/state.js';
import { EventBatch, type RecordedEvent } from '../event-batch.js';
import { Journal } from '../journal.js';
import { removed } from '../removed.js';
import {
  type ExecutionRecord, type Head, type JournalHealth, type ListQuery, type NewExecution, type OwnedExecution, type Page, type StoredWorkflow,
} from '../journal.types.js';
import { databasePath, openDatabase, type OpenDatabase, OpenError, type SqliteJournalOptions, stateOf } from './sqlite.database.js';
import { explain, isDamaged, isFaulty, needsReopen } from './sqlite.errors.js';
import { type SqliteLog } from './sqlite.log.js';
import { type ExecutionRow, type OwnedRow, ownedOf, recordOf, storedOf } from './sqlite.statements.js';
import { sweep } from './sqlite.sweep.js';
import { fromText, toText } from './sqlite.text.js';
import { type Turn } from './sqlite.transaction.js';
import { SqliteWriter, unavailable } from './sqlite.writer.js';

export class SqliteJournal extends Journal {
  private database: OpenDatabase | undefined;
  /** A file that was found damaged is left alone until someone has changed it. */
  private damage: { state: string; error: unknown } | undefined;
  private readonly path: string;

  private readonly writer = new SqliteWriter({
    database: () => (this.database ??= this.connect()),
    onCommitted: (turn, durationMs) => this.onCommitted(turn, durationMs),
    onFailure: (error) => this.onFailure(error),
    onRecovered: () => this.setHealth({ ready: true }),
  });

  constructor(private readonly options: SqliteJournalOptions) {
    super();
    this.path = databasePath(options);
  }

  async open(): Promise<void> {
    this.writer.flush();
  }

  async close(): Promise<void> {
    await this.writer.close();
    // Readers that were about to ask for what is in by now get it.
    await new Promise((resolve) => setImmediate(resolve));
    this.disconnect();
    this.setHealth({ ready: false, reason: 'the journal is closed' });
    this.tails.close();
    this.commits$.complete();
  }

  async create(execution: NewExecution): Promise<{ record: OwnedExecution; created: boolean }> {
    const definition = JSON.stringify(execution.definition);
    const input = JSON.stringify(execution.input);
    const { idempotency, sessionId } = execution;
    const [id, user, workflow, fingerprint] = [execution.id, execution.user, execution.workflow, execution.fingerprint].map(toText) as [string, string, string, string];
    return this.writer.operate((log, created) => {
      const { sql } = log;
      if (idempotency) {
        const key = toText(idempotency.key);
        const known = sql.findKey.get(user, key) as { fingerprint: string; execution: string } | undefined;
        if (known && known.fingerprint !== toText(idempotency.fingerprint)) {
          throw new StepcastError('idempotency_conflict', 'this Idempotency-Key was used with another request; use a new key for a new request');
        }
        if (known) return { record: log.current(ownedOf(sql.findOwned.get(known.execution) as unknown as OwnedRow)), created: false };
        sql.insertKey.run(user, key, toText(idempotency.fingerprint), id);
      }
      const row = sql.insertExecution.get(
        id, user, workflow, sessionId === null ? null : toText(sessionId), execution.createdAt, execution.source, definition, fingerprint, input,
      );
      const record = ownedOf(row as unknown as OwnedRow);
      log.created(record);
      created.push(record);
      return { record, created: true };
    });
  }

  claim(id: string, { countResume }: { countResume: boolean }): Promise<OwnedExecution> {
    return this.writer.operate((log) => {
      const owned = log.claim(id, countResume);
      if (!owned) throw missing(id);
      return owned;
    });
  }

  async clearResumes(ids: readonly string[]): Promise<void> {
    if (ids.length) await this.writer.operate(({ sql }) => ids.forEach((id) => sql.clearResumes.run(toText(id))));
  }

  append(id: string, epoch: number, event: RecordedEvent, head: Readonly<Head>, onLost: () => void): void {
    this.writer.append(id, epoch, event, head, onLost);
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
    return this.query((log) => {
      const row = log.sql.find.get(toText(id)) as ExecutionRow | undefined;
      return row && log.current(recordOf(row));
    });
  }

  async list(query: ListQuery): Promise<ExecutionRecord[]> {
    return this.query((log) => log.sql.list(query).map((row) => log.current(recordOf(row))));
  }

  async unfinished(): Promise<ExecutionRecord[]> {
    return this.query((log) => (log.sql.unfinished.all() as unknown as ExecutionRow[]).map((row) => log.current(recordOf(row))));
  }

  async lastOrdinal(): Promise<number> {
    const row = this.query(({ sql }) => sql.lastOrdinal.get()) as { seq: number } | undefined;
    return row?.seq ?? 0;
  }

  async countUnfinished(): Promise<Partial<Record<ExecutionStatus, number>>> {
    const rows = this.query(({ sql }) => sql.countUnfinished.all()) as { status: ExecutionStatus; count: number }[];
    return Object.fromEntries(rows.map(({ status, count }) => [status, count]));
  }

  async read(id: string, after: number, page: Page): Promise<EventBatch | undefined> {
    return this.query((log) => {
      const events = log.read(id, after, page);
      if (!events) throw log.sql.findRemoved.get(toText(id)) ? removed(id) : missing(id);
      return events.length ? new EventBatch(id, events) : undefined;
    });
  }

  async saveWorkflow(user: string, definition: WorkflowDefinition, now: number): Promise<void> {
    const text = JSON.stringify(definition);
    await this.writer.operate(({ sql }) => sql.saveWorkflow.run(toText(user), toText(definition.name), text, now));
  }

  async findWorkflow(user: string, name: string): Promise<StoredWorkflow | undefined> {
    const row = this.query(({ sql }) => sql.findWorkflow.get(toText(user), toText(name)));
    return row && storedOf(row);
  }

  async listWorkflows(user: string): Promise<StoredWorkflow[]> {
    return this.query(({ sql }) => sql.listWorkflows.all(toText(user))).map(storedOf);
  }

  async deleteWorkflow(user: string, name: string): Promise<boolean> {
    return (await this.writer.operate(({ sql }) => sql.deleteWorkflow.run(toText(user), toText(name)))).changes === 1;
  }

  sweep(before: number, forgetBefore: number, now: number): Promise<number> {
    return sweep(this.writer, before, forgetBefore, now);
  }

  async findRemoved(id: string): Promise<{ user: string } | undefined> {
    const row = this.query(({ sql }) => sql.findRemoved.get(toText(id))) as { user: string } | undefined;
    return row && { user: fromText(row.user) };
  }

  private query<T>(read: (log: SqliteLog) => T): T {
    if (!this.database) throw unavailable();
    try {
      return read(this.database.log);
    } catch (error) {
      if (isFaulty(error)) throw error;
      // A file that cannot be read any more is not written to either.
      if (needsReopen(error)) this.writer.fail(error);
      throw unavailable();
    }
  }

  private onCommitted({ created, kept }: Turn, durationMs: number): void {
    const batches = kept.map(({ id, events }) => new EventBatch(id, events));
    for (const batch of batches) {
      this.tails.push(batch);
      if (batch.terminal) this.tails.forget(batch.executionId);
    }
    const events = batches.reduce((sum, batch) => sum + batch.events.length, 0);
    if (created.length || batches.length) this.commits$.next({ created, batches, events, durationMs });
  }

  private onFailure(error: unknown): void {
    if (needsReopen(error)) {
      this.disconnect();
      if (isDamaged(error)) this.damage = { state: stateOf(this.path), error };
    }
    this.setHealth({ ready: false, reason: error instanceof OpenError ? error.message : explain(error, this.path) });
  }

  private connect(): OpenDatabase {
    if (this.damage?.state === stateOf(this.path)) throw this.damage.error;
    this.damage = undefined;
    return openDatabase(this.options);
  }

  private disconnect(): void {
    const { database } = this;
    this.database = undefined;
    try {
      database?.close();
    } catch {
      // It failed already; it is opened anew, or not needed any more.
    }
  }

  private setHealth(health: JournalHealth): void {
    const { ready, reason } = this.health$.value;
    if (ready !== health.ready || reason !== health.reason) this.health$.next(health);
  }
}

function missing(id: string): StepcastError {
  return new StepcastError('not_found', `there is no execution ${id}`);
}
