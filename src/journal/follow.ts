/**
 * Past and live in one function (P3, P5). A follower is a cursor and nothing else: it takes the batch after its
 * cursor from the shared tail where the tail reaches back so far, else a page from the journal, and sleeps where
 * neither has one. What is appended between a page and the sleep wakes it, so there is no seam; what it cannot take
 * yet (`ready`) stays where it is, so a slow reader costs no memory and can never slow the writer (P8). While the
 * journal cannot be read, it waits; when the journal closes, it completes.
 */
import { filter, Observable, type Subscriber, take } from 'rxjs';
import { StepcastError } from '../contract/errors.js';
import { type EventBatch } from './event-batch.js';
import { type JournalHealth, type Page, type ReadyGate } from './journal.types.js';
import { type Follower, type Tail, type TailRegistry } from './tail.js';

/** Pages are small enough to let others have a turn between two, and to keep a slow reader's share of memory small. */
const PAGE: Page = { limit: 500, maxLength: 256 * 1024 };
/** Between a read that failed and the next, where the journal says it is well. */
const RETRY_MS = 100;

interface Log {
  readonly health$: Observable<JournalHealth>;
  read(id: string, after: number, page: Page): Promise<EventBatch | undefined>;
}

export function followLog(log: Log, tails: TailRegistry, id: string, after: number, ready?: ReadyGate): Observable<EventBatch> {
  return new Observable((subscriber) => {
    if (tails.closed) subscriber.complete();
    else new LogFollower(log, tails, id, after, ready, subscriber).wake();
  });
}

/** A class and not closures: it is one object a reader, and there are many readers who sleep. */
class LogFollower implements Follower {
  cursor: number;
  private readonly tail: Tail;
  private pumping = false;
  /** What the reader is waited for with. */
  private gate: Promise<void> | undefined;
  /** Where the tail stood when the journal was last asked. */
  private seen = 0;

  constructor(
    private readonly log: Log,
    private readonly tails: TailRegistry,
    private readonly id: string,
    private readonly after: number,
    private readonly ready: ReadyGate | undefined,
    private readonly subscriber: Subscriber<EventBatch>,
  ) {
    this.cursor = after;
    this.tail = tails.join(id, this);
    subscriber.add(this);
  }

  /** The reader has left, or has all. */
  unsubscribe(): void {
    this.tails.leave(this.id, this);
  }

  end(): void {
    this.subscriber.complete();
  }

  wake(): void {
    if (this.pumping) return;
    this.pumping = true;
    try {
      if (this.pumpTail()) {
        this.pumping = false;
        return;
      }
    } catch (error) {
      this.subscriber.error(error);
      return;
    }
    this.pump().then(
      () => {
        this.pumping = false;
        this.tail.letGo();
        // What came while the journal was being asked, or the last promise settled, found the pump still busy.
        if (!this.subscriber.closed && this.tail.lastSeq > Math.max(this.cursor, this.seen)) this.wake();
      },
      (error: unknown) => this.subscriber.error(error),
    );
  }

  private deliver(batch: EventBatch): void {
    this.cursor = batch.lastSeq;
    this.subscriber.next(batch);
    if (batch.terminal) this.subscriber.complete();
  }

  /** Gives what the tail holds, synchronously; false where the journal or the reader (`gate`) has to be waited for. */
  private pumpTail(): boolean {
    const { tail, subscriber } = this;
    while (!subscriber.closed) {
      this.gate = this.ready?.();
      if (this.gate) return false;
      const batch = tail.next(this.cursor);
      if (batch) this.deliver(batch);
      else if (tail.lastSeq === 0 || tail.lastSeq > this.cursor) return false;
      else if (!tail.ended) return true;
      else subscriber.complete();
    }
    return true;
  }

  private async pump(): Promise<void> {
    const { tail, subscriber, after } = this;
    while (!subscriber.closed) {
      await this.gate;
      // A turn for each page: so that a gate that never opens does not stop the loop, and that followers which share a
      // response find it full as soon as one of them has filled it.
      await nextTurn();
      if (this.pumpTail()) return;
      if (this.gate) continue;
      this.seen = tail.lastSeq;
      const page = await this.readPage(this.cursor, PAGE);
      if (subscriber.closed) return;
      if (!page) {
        // Asleep until woken, or at the end already.
        if (this.cursor === after && after > 0 && (await this.readPage(after - 1, { limit: 1 }))?.terminal) subscriber.complete();
        return;
      }
      this.deliver(page);
    }
  }

  /** A page after `from`; waits while the journal is not available. */
  private async readPage(from: number, page: Page): Promise<EventBatch | undefined> {
    const { log, subscriber } = this;
    while (!subscriber.closed) {
      try {
        return await log.read(this.id, from, page);
      } catch (error) {
        if (!(error instanceof StepcastError && error.code === 'journal_unavailable')) throw error;
      }
      await new Promise<void>((resolve) => {
        const retry = () => void setTimeout(resolve, RETRY_MS).unref();
        // Where the reader leaves, nothing holds on to this promise, and so to the pump.
        subscriber.add(log.health$.pipe(filter((health) => health.ready), take(1)).subscribe(retry));
      });
    }
    return undefined;
  }
}

function nextTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
