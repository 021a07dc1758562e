/**
 * The live end of the logs that are being followed: the latest batches of each, shared by all its followers. A batch
 * that every follower has passed is let go at once, so what is kept is what a slow one has yet to take, and no more of
 * it than the bound: who falls behind that reads from the journal. A log that nobody follows has no tail.
 */
import { type EventBatch } from './event-batch.js';

const DEFAULT_BUFFER_EVENTS = 1000;
/** Characters of JSON; a bound for logs whose events are large. */
const MAX_TAIL_LENGTH = 4 * 1024 * 1024;

export interface Follower {
  /** The number of the last event it has taken. */
  readonly cursor: number;
  /** There is something new. Must not throw: the commit of others tells it. */
  wake(): void;
  /** The journal is closed: nothing will come any more. */
  end(): void;
}

export class Tail {
  private readonly batches: { batch: EventBatch; length: number }[] = [];
  private events = 0;
  private length = 0;
  private last = 0;
  private isEnded = false;
  readonly followers = new Set<Follower>();

  constructor(public bufferSize = DEFAULT_BUFFER_EVENTS) {}

  push(batch: EventBatch): void {
    let length = 0;
    for (const { json } of batch.events) length += json.length;
    this.batches.push({ batch, length });
    this.events += batch.events.length;
    this.length += length;
    this.last = batch.lastSeq;
    this.isEnded = batch.terminal;
    while ((this.events > this.bufferSize || this.length > MAX_TAIL_LENGTH) && this.batches.length > 1) this.shift();
    for (const follower of [...this.followers]) follower.wake();
    this.letGo();
  }

  /** The batch that holds the event after `seq`, cut to what comes after; nothing where the tail does not reach back so far or has no more. */
  next(seq: number): EventBatch | undefined {
    if (seq >= this.last) return undefined;
    for (let i = this.batches.length - 1; i >= 0; i--) {
      const { batch } = this.batches[i] as { batch: EventBatch };
      if (batch.firstSeq <= seq + 1) return batch.after(seq);
    }
    return undefined;
  }

  /** The last number that has come by, or 0. */
  get lastSeq(): number {
    return this.last;
  }

  /** Whether the last event that has come by was the terminal one. */
  get ended(): boolean {
    return this.isEnded;
  }

  /** Events that are kept for followers that have yet to take them. */
  get kept(): number {
    return this.events;
  }

  /** Lets go of what every follower has passed. */
  letGo(): void {
    const [oldest] = this.batches;
    if (!oldest) return;
    let passed = this.last;
    for (const { cursor } of this.followers) {
      // Mostly the first that is looked at. There may be thousands, who all take the last batch and leave in one turn.
      if (cursor < oldest.batch.lastSeq) return;
      passed = Math.min(passed, cursor);
    }
    while (this.batches[0] && this.batches[0].batch.lastSeq <= passed) this.shift();
  }

  private shift(): void {
    const first = this.batches.shift();
    this.events -= first?.batch.events.length ?? 0;
    this.length -= first?.length ?? 0;
  }
}

export class TailRegistry {
  private readonly tails = new Map<string, Tail>();
  private readonly sizes = new Map<string, number>();
  private isClosed = false;

  /** How many events the tail of an execution may keep, from now until `forget`. */
  setBufferSize(id: string, events: number): void {
    if (events === DEFAULT_BUFFER_EVENTS) this.sizes.delete(id);
    else this.sizes.set(id, events);
    const tail = this.tails.get(id);
    if (tail) tail.bufferSize = events;
  }

  forget(id: string): void {
    this.sizes.delete(id);
  }

  push(batch: EventBatch): void {
    this.tails.get(batch.executionId)?.push(batch);
  }

  join(id: string, follower: Follower): Tail {
    let tail = this.tails.get(id);
    if (!tail) {
      tail = new Tail(this.sizes.get(id));
      this.tails.set(id, tail);
    }
    tail.followers.add(follower);
    return tail;
  }

  leave(id: string, follower: Follower): void {
    const tail = this.tails.get(id);
    if (!tail?.followers.delete(follower)) return;
    if (tail.followers.size === 0) this.tails.delete(id);
    else tail.letGo();
  }

  get closed(): boolean {
    return this.isClosed;
  }

  /** Ends all followers, and those to come. */
  close(): void {
    this.isClosed = true;
    for (const tail of [...this.tails.values()]) for (const follower of [...tail.followers]) follower.end();
  }
}
