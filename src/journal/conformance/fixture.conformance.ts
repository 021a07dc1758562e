/** What the topics of the suite share: executions, their owners, and readers that keep a record. */
import { randomUUID } from 'node:crypto';
import { setImmediate as turn } from 'node:timers/promises';
import { filter, firstValueFrom, type Subscription } from 'rxjs';
import { type EventType, type ExecutionEvent } from '../../contract/events.js';
import { type ExecutionStatus } from '../../contract/state.js';
import { type EventBatch, RecordedEvent } from '../event-batch.js';
import { type Journal } from '../journal.js';
import { type ExecutionRecord, type Head, type NewExecution } from '../journal.types.js';

/** A journal under test, open on data of its own. */
export interface OpenJournal {
  journal: Journal;
  /** Closes the journal and opens the same data anew. */
  reopen(): Promise<Journal>;
  /** Closes it and removes its data. */
  dispose(): Promise<void>;
}

export function execution(over: Partial<NewExecution> = {}): NewExecution {
  return {
    id: randomUUID(), user: 'ann', workflow: 'research', sessionId: null, source: 'data', definition: { name: 'research', steps: [] },
    fingerprint: 'f1', input: { topic: 'tides' }, createdAt: 1_700_000_000_000, ...over,
  };
}

export async function whenReady(journal: Journal): Promise<void> {
  await firstValueFrom(journal.health$.pipe(filter((health) => health.ready)));
}

/** Lets everything that is due run, `count` times over. */
export async function turns(count = 5): Promise<void> {
  for (let i = 0; i < count; i++) await turn();
}

export function recorded(executionId: string, seq: number, type: EventType = 'message', text = `event ${seq}`): RecordedEvent {
  const data = type === 'message' ? { level: 'info', text } : type === 'workflow_completed' ? { result: text } : { reason: text };
  const event = { seq, type, executionId, workflow: 'research', timestamp: '2026-11-20T08:00:00.123Z', progress: 0, data } as ExecutionEvent;
  return new RecordedEvent(seq, type, JSON.stringify(event), event);
}

const TERMINAL = { completed: 'workflow_completed', failed: 'workflow_failed', cancelled: 'workflow_cancelled' } as const;

/** The one who appends to an execution; `log` is what its log must be. */
export class Owner {
  readonly log: string[] = [];
  lost = 0;
  readonly head: Head = { status: 'running', progress: 0, startedAt: 1_700_000_000_001, finishedAt: null, error: null };

  constructor(private readonly journal: Journal, readonly id: string, readonly epoch: number, public seq = 0) {}

  static async start(journal: Journal, over: Partial<NewExecution> = {}): Promise<Owner> {
    const { record } = await journal.create(execution(over));
    return Owner.of(journal, record);
  }

  static of(journal: Journal, record: ExecutionRecord): Owner {
    return new Owner(journal, record.id, record.epoch, record.lastSeq);
  }

  append(count = 1, text?: string): this {
    for (let i = 0; i < count; i++) this.add('message', text);
    return this;
  }

  finish(status: Extract<ExecutionStatus, keyof typeof TERMINAL> = 'completed', at = 1_700_000_009_000): this {
    Object.assign(this.head, { status, finishedAt: at, progress: status === 'completed' ? 1 : this.head.progress });
    this.add(TERMINAL[status]);
    return this;
  }

  private add(type: EventType, text?: string): void {
    const event = recorded(this.id, ++this.seq, type, text);
    this.log.push(event.json);
    this.journal.append(this.id, this.epoch, event, this.head, () => this.lost++);
  }
}

/** A follower that writes down what it is given, and whose gate can be shut. */
export class Reader {
  readonly json: string[] = [];
  readonly batches: EventBatch[] = [];
  /** Resolves when the follower completes, rejects with its error. */
  readonly finished: Promise<void>;
  private readonly subscription: Subscription;
  private gate: { promise: Promise<void>; open: () => void } | undefined;
  private waiters: { count: number; resolve: () => void }[] = [];
  /** What it does with a batch beside writing it down. */
  onBatch: ((batch: EventBatch, reader: Reader) => void) | undefined;

  constructor(journal: Pick<Journal, 'follow'>, id: string, readonly after = 0, options: { shut?: boolean; onBatch?: Reader['onBatch'] } = {}) {
    this.onBatch = options.onBatch;
    if (options.shut) this.shut();
    let done!: () => void;
    let failed!: (error: unknown) => void;
    this.finished = new Promise((resolve, reject) => ([done, failed] = [resolve, reject]));
    this.finished.catch(() => undefined);
    this.subscription = journal.follow(id, after, () => this.gate?.promise).subscribe({
      next: (batch) => {
        this.batches.push(batch);
        this.json.push(...batch.events.map((event) => event.json));
        this.onBatch?.(batch, this);
        for (const { resolve } of this.waiters.filter(({ count }) => this.json.length >= count)) resolve();
      },
      error: failed,
      complete: done,
    });
  }

  /** Resolves when at least `count` events have come. */
  until(count: number): Promise<void> {
    if (this.json.length >= count) return Promise.resolve();
    return new Promise((resolve) => this.waiters.push({ count, resolve }));
  }

  shut(): void {
    if (this.gate) return;
    let open!: () => void;
    this.gate = { promise: new Promise((resolve) => (open = resolve)), open };
  }

  open(): void {
    this.gate?.open();
    this.gate = undefined;
  }

  get isShut(): boolean {
    return this.gate !== undefined;
  }

  leave(): void {
    this.subscription.unsubscribe();
  }
}

/** Reads a whole log page by page. */
export async function readAll(journal: Journal, id: string, after = 0): Promise<string[]> {
  const json: string[] = [];
  for (let cursor = after; ; ) {
    const page = await journal.read(id, cursor, { limit: 1000 });
    if (!page) return json;
    json.push(...page.events.map((event) => event.json));
    cursor = page.lastSeq;
  }
}
