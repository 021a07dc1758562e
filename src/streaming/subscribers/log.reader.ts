/**
 * A reader of all executions, at a place of its own. At the live end it is handed the commits themselves, in a queue with a
 * bound; a reader that falls behind that, or that comes back after a restart, reads from the journal until it has caught up.
 * So a slow one costs no memory, holds up neither the executions nor the other readers, and misses nothing but what
 * retention takes away meanwhile, which it reports.
 *
 * What a commit costs here is the same whatever is in it: it is looked at in a later turn.
 */
import { AsyncLocalStorage } from 'node:async_hooks';
import { filter, firstValueFrom } from 'rxjs';
import { StepcastError } from '../../contract/errors.js';
import { type RecordedEvent } from '../../journal/event-batch.js';
import { type Journal } from '../../journal/journal.js';
import { type Commit, type Page, type PlacedBatch } from '../../journal/journal.types.js';
import { type EventFilter } from './event.filter.js';
import { type FailureWatch } from './failure.watch.js';
import { nextTurn, orAborted, pause } from './persist.js';

const PAGE: Page = { limit: 500, maxLength: 256 * 1024 };
/** What waits at the live end for one reader, at the most. */
const MAX_QUEUE = { commits: 256, events: 2000, length: 4 * 1024 * 1024 };
/** Wanted events of one commit above which a reader with a cursor reads them from the journal: there each batch has a place. */
const MAX_WANTED = 32;
/** Batches without any wanted event that a cursor may lie behind. */
const CURSOR_SLACK = 1000;
const RETRY_MS = 100;

/** Wanted events of one execution; `position` is where the log stands after them. */
export interface Item {
  executionId: string;
  events: readonly RecordedEvent[];
  position: number;
}

/** Where the events go. */
export interface Sink {
  /**
   * Takes them, in this order within an execution. Calls `passed` with the index of each item that is dealt with for good;
   * resolves when all are, or soon after the signal has aborted. Must not reject.
   */
  take(items: readonly Item[], passed: (index: number) => void, signal: AbortSignal): Promise<void>;
  close?(): Promise<void>;
}

export interface ReaderOptions {
  filter: EventFilter;
  sink: Sink;
  watch: FailureWatch;
  /** The name of the cursor, for a reader that shall miss nothing over restarts. */
  cursor?: string;
}

export class LogReader {
  /** Everything up to here is dealt with; none before the first commit, or while the cursor is being opened. */
  private position: number | undefined;
  /** Where the log stands, as far as is known. */
  private target = 0;
  private queue: { commit: Commit; length: number }[] = [];
  private queued = { events: 0, length: 0 };
  /** Where the queue ends, with what is being delivered. */
  private end = -1;
  /** The queue does not begin where the reader stands: it reads from the journal. */
  private behind = false;
  private pumping: Promise<void> | undefined;
  private stopping = false;
  private readonly aborter = new AbortController();
  /** A commit is told in the context of whoever brought it about; its request and its span are not the subscriber's. */
  private readonly outside = AsyncLocalStorage.snapshot();
  private saved = 0;
  /** Where the last event stood that the subscriber has taken: what is saved at once. */
  private taken = 0;
  private saving: Promise<void> | undefined;

  constructor(private readonly journal: Journal, private readonly options: ReaderOptions) {}

  get name(): string {
    return this.options.watch.name;
  }

  /** Batches that are committed and not dealt with. */
  get lag(): number {
    return this.position === undefined ? 0 : Math.max(0, this.target - this.position);
  }

  /** Finds the place of a reader with a cursor; one without begins with the next commit. */
  async open(): Promise<void> {
    const { cursor } = this.options;
    if (cursor === undefined) return;
    const position = await this.whileAvailable(() => this.journal.openCursor(cursor));
    const target = await this.whileAvailable(() => this.journal.lastPosition());
    if (position === undefined || target === undefined) return;
    this.position = this.saved = position;
    this.target = Math.max(this.target, target);
    this.behind = true;
    this.wake();
  }

  /** @param length Characters of JSON in the commit. */
  offer(commit: Commit, length: number): void {
    if (commit.batches.length === 0) return;
    this.target = commit.position;
    if (this.position === undefined) {
      if (this.options.cursor !== undefined) return;
      this.position = this.end = commit.after >= 0 ? commit.after : commit.position;
    }
    const { queue, queued } = this;
    if (!this.behind) {
      const hasRoom = queue.length === 0 || (queue.length < MAX_QUEUE.commits && queued.events + commit.events <= MAX_QUEUE.events && queued.length + length <= MAX_QUEUE.length);
      if (hasRoom && commit.after === this.end) {
        queue.push({ commit, length });
        queued.events += commit.events;
        queued.length += length;
        this.end = commit.position;
      } else this.fallBehind();
    }
    this.wake();
  }

  /** Delivers what is committed for so long at the most, as far as it works at once, and ends. */
  async stop(graceMs: number): Promise<void> {
    this.stopping = true;
    const { signal } = this.aborter;
    const drained = this.pumping?.then(() => this.aborter.abort());
    if (drained && !this.options.watch.failing) await pause(graceMs, signal);
    this.aborter.abort();
    await this.pumping;
    await this.options.sink.close?.();
    await this.saving;
    this.taken = this.position ?? 0;
    await this.save();
  }

  private fallBehind(): void {
    this.behind = true;
    this.clearQueue();
  }

  private clearQueue(): void {
    this.queue = [];
    this.queued = { events: 0, length: 0 };
  }

  private wake(): void {
    if (this.pumping || this.stopping) return;
    this.pumping = this.outside(() => this.pump()).catch((error: unknown) => this.stumble(error)).then(() => {
      this.pumping = undefined;
      if (this.behind || this.queue.length) this.wake();
    });
  }

  /** Nothing that goes wrong in here may end the process: it is read anew, from where the reader stands. */
  private async stumble(error: unknown): Promise<void> {
    this.options.watch.failed(error);
    this.fallBehind();
    await pause(RETRY_MS, this.aborter.signal);
  }

  private async pump(): Promise<void> {
    const { signal } = this.aborter;
    await nextTurn();
    while (!signal.aborted) {
      if (this.behind) {
        await this.readPage();
        await nextTurn();
      } else {
        const first = this.queue.shift();
        if (!first) return;
        this.queued.events -= first.commit.events;
        this.queued.length -= first.length;
        await this.takeCommit(first.commit);
      }
    }
  }

  private async takeCommit({ batches, position }: Commit): Promise<void> {
    const from = this.position as number;
    const items = this.itemsOf(batches.map((batch) => ({ batch, position: from })));
    const last = items.at(-1);
    if (!last) return this.passTo(position, false);
    const wanted = items.reduce((sum, { events }) => sum + events.length, 0);
    if (this.options.cursor !== undefined && wanted > MAX_WANTED) {
      this.fallBehind();
      return;
    }
    last.position = position;
    await this.deliver(items, position);
  }

  private async readPage(): Promise<void> {
    const from = this.position as number;
    const page = await this.whileAvailable(() => this.journal.readAllAfter(from, PAGE));
    if (!page) return;
    if (page.removed > 0) this.options.watch.skipped(page.removed);
    const items = this.itemsOf(page.batches);
    if (items.length) await this.deliver(items, page.position);
    else this.passTo(page.position, false);
    if (this.position !== page.position || page.position < this.target) return;
    this.behind = false;
    this.end = page.position;
  }

  private itemsOf(placed: readonly PlacedBatch[]): Item[] {
    const items: Item[] = [];
    for (const { batch, position } of placed) {
      const events = this.options.filter.select(batch);
      if (events.length) items.push({ executionId: batch.executionId, events, position });
    }
    return items;
  }

  private async deliver(items: readonly Item[], position: number): Promise<void> {
    const { signal } = this.aborter;
    const done = new Set<number>();
    let next = 0;
    const passed = (index: number) => {
      done.add(index);
      while (done.delete(next)) next++;
      const item = items[next - 1];
      if (item) this.passTo(item.position, true);
    };
    // A subscriber that never comes back must not keep the process.
    await orAborted(this.options.sink.take(items, passed, signal), signal);
    if (next === items.length) this.passTo(position, true);
  }

  private passTo(position: number, taken: boolean): void {
    this.position = position;
    if (taken) this.taken = position;
    if (!this.saving) void this.save();
  }

  /** Saves the cursor where that is due, and again where it has moved on meanwhile. */
  private save(): Promise<void> {
    const isDue = () => this.taken > this.saved || (this.position as number) > this.saved + CURSOR_SLACK;
    const { cursor } = this.options;
    if (cursor === undefined || this.position === undefined || !isDue()) return Promise.resolve();
    const saveOn = async () => {
      while (isDue()) {
        const position = this.position as number;
        await this.journal.saveCursor(cursor, position);
        this.saved = position;
      }
    };
    // Where the journal fails, the next event that is taken saves it, or the next life gets some events again.
    return (this.saving = saveOn().catch(() => undefined).then(() => void (this.saving = undefined)));
  }

  /** What it answers; waits while the journal is not available, and answers nothing where the signal aborts meanwhile. */
  private async whileAvailable<T>(ask: () => Promise<T>): Promise<T | undefined> {
    const { signal } = this.aborter;
    while (!signal.aborted) {
      try {
        return await ask();
      } catch (error) {
        if (!(error instanceof StepcastError && error.code === 'journal_unavailable')) throw error;
      }
      await orAborted(firstValueFrom(this.journal.health$.pipe(filter((health) => health.ready))), signal);
      await pause(RETRY_MS, signal);
    }
    return undefined;
  }
}
