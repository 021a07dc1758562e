/** The embedded journal: one SQLite file in WAL mode, one connection, one writer, nothing to install beside it. */
import { type WorkflowDefinition } from '../../contract/definition.js';
import { StepcastError } from '../../contract/errors.js';
import { type KeyRecord } from '../../contract/keys.js';
import { EventBatch, type RecordedEvent } from '../event-batch.js';
import { Journal } from '../journal.js';
import { removed } from '../removed.js';
import {
  type ExecutionRecord, type Head, type JournalHealth, type ListQuery, type LogPage, type NewExecution, type OwnedExecution,
  type Page, type StoredWorkflow, type UnfinishedCount,
} from '../journal.types.js';
import { databasePath, openDatabase, type OpenDatabase, OpenError, type SqliteJournalOptions, stateOf } from './sqlite.database.js';
import { explain, isDamaged, isFaulty, needsReopen } from './sqlite.errors.js';
import { SqliteCache } from './sqlite.cache.js';
import { create } from './sqlite.create.js';
import { type SqliteLog } from './sqlite.log.js';
import { type ExecutionRow, ownedOf, type OwnedRow, recordOf, storedKeyOf, storedOf } from './sqlite.statements.js';
import { giveSpaceBack, sweep, sweepLeftOver } from './sqlite.sweep.js';
import { fromText, toText } from './sqlite.text.js';
import { type Turn } from './sqlite.transaction.js';
import { SqliteWriter, unavailable } from './sqlite.writer.js';

export class SqliteJournal extends Journal {
  private database: OpenDatabase | undefined;
  /** A file that was found damaged is left alone until someone has changed it. */
  private damage: { state: string; error: unknown } | undefined;
  /** Where the log stood when a commit was last told of. */
  private told: number | undefined;
  private readonly path: string;
  /** Whether a sweep may have left something behind: in a file that is new to us, or after one that failed. */
  private mayBeCutShort = true;
  private checking: Promise<JournalHealth> | undefined;

  private readonly writer = new SqliteWriter({
    database: () => (this.database ??= this.connect()),
    onCommitted: (turn, durationMs) => this.onCommitted(turn, durationMs),
    onFailure: (error) => this.onFailure(error),
    onRecovered: () => this.setHealth({ ready: true }),
  });

  readonly cache = new SqliteCache({ read: (read) => this.query(read), operate: (work) => this.writer.operate(work) });

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

  create(execution: NewExecution): Promise<{ record: OwnedExecution; created: boolean }> {
    return create(this.writer, execution);
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

  /** Asked by anyone and at any rate: who asks while a look is under way shares it. */
  override check(): Promise<JournalHealth> {
    return (this.checking ??= this.look().finally(() => (this.checking = undefined)));
  }

  async find(id: string): Promise<ExecutionRecord | undefined> {
    return this.query((log) => {
      const row = log.sql.find.get(toText(id)) as ExecutionRow | undefined;
      return row && log.current(recordOf(row));
    });
  }

  async findOwned(id: string): Promise<OwnedExecution | undefined> {
    return this.query((log) => {
      const row = log.sql.findOwned.get(toText(id)) as OwnedRow | undefined;
      return row && log.current(ownedOf(row));
    });
  }

  async findByKey(user: string, key: string): Promise<{ record: ExecutionRecord; fingerprint: string } | undefined> {
    return this.query((log) => {
      const known = log.sql.findKey.get(toText(user), toText(key)) as { fingerprint: string; execution: string } | undefined;
      const row = known && (log.sql.find.get(known.execution) as ExecutionRow | undefined);
      return row && { record: log.current(recordOf(row)), fingerprint: fromText(known.fingerprint) };
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

  async countUnfinished(): Promise<UnfinishedCount[]> {
    const rows = this.query(({ sql }) => sql.countUnfinished.all()) as unknown as UnfinishedCount[];
    return rows.map((row) => ({ ...row, workflow: fromText(row.workflow) }));
  }

  async read(id: string, after: number, page: Page): Promise<EventBatch | undefined> {
    return this.query((log) => {
      const events = log.read(id, after, page);
      if (!events) throw log.sql.findRemoved.get(toText(id)) ? removed(id) : missing(id);
      return events.length ? new EventBatch(id, events) : undefined;
    });
  }

  async readAllAfter(position: number, page: Page): Promise<LogPage> {
    return this.query((log) => log.readAll(position, page));
  }

  async lastPosition(): Promise<number> {
    return this.query((log) => log.position);
  }

  openCursor(name: string): Promise<number> {
    return this.writer.operate((log) => log.openCursor(name));
  }

  async saveCursor(name: string, position: number): Promise<void> {
    await this.writer.operate(({ sql }) => sql.saveCursor.run(toText(name), position));
  }

  async saveWorkflow(user: string, definition: WorkflowDefinition, now: number, most?: { count: number; bytes: number }): Promise<boolean> {
    const text = JSON.stringify(definition);
    const [owner, name] = [toText(user), toText(definition.name)];
    return this.writer.operate(({ sql }) => {
      const others = sql.sumWorkflows.get(owner, name) as { count: number; bytes: number };
      if (most && (others.count >= most.count || others.bytes + Buffer.byteLength(text) > most.bytes)) return false;
      sql.saveWorkflow.run(owner, name, text, now);
      return true;
    });
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

  async saveKey(key: KeyRecord): Promise<void> {
    const { id, hash, name, user, roles, scopes, createdAt, createdBy, expiresAt, lastUsedAt } = key;
    const row = [
      toText(id), toText(hash), name === null ? null : toText(name), toText(user), JSON.stringify(roles), scopes && JSON.stringify(scopes),
      createdAt, toText(createdBy), expiresAt, lastUsedAt,
    ];
    await this.writer.operate(({ sql }) => sql.saveKey.run(...row));
  }

  async findKey(hash: string): Promise<KeyRecord | undefined> {
    const row = this.query(({ sql }) => sql.findApiKey.get(toText(hash)));
    return row && storedKeyOf(row);
  }

  async listKeys(): Promise<KeyRecord[]> {
    return this.query(({ sql }) => sql.listKeys.all()).map(storedKeyOf);
  }

  async deleteKey(id: string): Promise<boolean> {
    return (await this.writer.operate(({ sql }) => sql.deleteKey.run(toText(id)))).changes === 1;
  }

  async touchKey(id: string, at: number): Promise<void> {
    await this.writer.operate(({ sql }) => sql.touchKey.run(at, toText(id)));
  }

  async sweep(before: number, forgetBefore: number, now: number): Promise<number> {
    const { mayBeCutShort } = this;
    this.mayBeCutShort = true;
    if (mayBeCutShort) await sweepLeftOver(this.writer);
    const removed = await sweep(this.writer, before, forgetBefore, now);
    this.mayBeCutShort = false;
    if ((await this.cache.sweep(now)) > 0) await giveSpaceBack(this.writer);
    return removed;
  }

  async findRemoved(id: string): Promise<{ user: string } | undefined> {
    const row = this.query(({ sql }) => sql.findRemoved.get(toText(id))) as { user: string } | undefined;
    return row && { user: fromText(row.user) };
  }

  private async look(): Promise<JournalHealth> {
    // A file that fails is tried again by the writer itself.
    if (this.health$.value.ready) await this.writer.operate(({ sql }) => sql.probe.run(Date.now())).catch(() => undefined);
    return this.health$.value;
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
    const batches = kept.map(({ id, events, recordedAt }) => new EventBatch(id, events, recordedAt));
    for (const batch of batches) {
      this.tails.push(batch);
      if (batch.terminal) this.tails.forget(batch.executionId);
    }
    const events = batches.reduce((sum, batch) => sum + batch.events.length, 0);
    const position = this.database?.log.position ?? UNKNOWN;
    const after = this.told ?? position;
    this.told = position;
    if (created.length || batches.length) this.commits$.next({ created, batches, events, durationMs, after, position });
  }

  private onFailure(error: unknown): void {
    // Of a commit that failed and went through all the same, not everything may be told of: readers shall look.
    this.told = UNKNOWN;
    if (needsReopen(error)) {
      this.disconnect();
      if (isDamaged(error)) this.damage = { state: stateOf(this.path), error };
    }
    this.setHealth({ ready: false, reason: error instanceof OpenError ? error.message : explain(error, this.path) });
  }

  private connect(): OpenDatabase {
    if (this.damage?.state === stateOf(this.path)) throw this.damage.error;
    this.damage = undefined;
    this.mayBeCutShort = true;
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

/** No position: nobody stands there. */
const UNKNOWN = -1;

function missing(id: string): StepcastError {
  return new StepcastError('not_found', `there is no execution ${id}`);
}
