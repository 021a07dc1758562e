/**
 * The live end of the logs that are being followed: the latest batches of each, shared by all its followers, and the
 * callbacks that wake them. A log that nobody follows has no tail and costs nothing.
 */
import { type EventBatch } from './event-batch.js';

const DEFAULT_BUFFER_EVENTS = 1000;

export class Tail {
  private readonly batches: EventBatch[] = [];
  private events = 0;
  readonly followers = new Set<() => void>();
  bufferSize = DEFAULT_BUFFER_EVENTS;

  push(batch: EventBatch): void {
    this.batches.push(batch);
    this.events += batch.events.length;
    while (this.events > this.bufferSize && this.batches.length > 1) {
      this.events -= (this.batches.shift() as EventBatch).events.length;
    }
    for (const wake of [...this.followers]) wake();
  }

  /** The batch that holds the event after `seq`, cut to what comes after; nothing where the tail does not reach back so far or has no more. */
  next(seq: number): EventBatch | undefined {
    for (let i = this.batches.length - 1; i >= 0; i--) {
      const batch = this.batches[i] as EventBatch;
      if (batch.firstSeq <= seq + 1) return batch.lastSeq > seq ? batch.after(seq) : undefined;
    }
    return undefined;
  }

  /** The last number that has come by, or 0. */
  get lastSeq(): number {
    return this.batches.at(-1)?.lastSeq ?? 0;
  }
}

export class TailRegistry {
  private readonly tails = new Map<string, Tail>();
  private readonly sizes = new Map<string, number>();

  /** How many events the tail of an execution keeps, from now until `forget`. */
  setBufferSize(id: string, events: number): void {
    if (events === DEFAULT_BUFFER_EVENTS) return;
    this.sizes.set(id, events);
    const tail = this.tails.get(id);
    if (tail) tail.bufferSize = events;
  }

  forget(id: string): void {
    this.sizes.delete(id);
  }

  push(batch: EventBatch): void {
    this.tails.get(batch.executionId)?.push(batch);
  }

  join(id: string, wake: () => void): Tail {
    let tail = this.tails.get(id);
    if (!tail) {
      tail = new Tail();
      tail.bufferSize = this.sizes.get(id) ?? DEFAULT_BUFFER_EVENTS;
      this.tails.set(id, tail);
    }
    tail.followers.add(wake);
    return tail;
  }

  leave(id: string, wake: () => void): void {
    const tail = this.tails.get(id);
    tail?.followers.delete(wake);
    if (tail?.followers.size === 0) this.tails.delete(id);
  }
}
