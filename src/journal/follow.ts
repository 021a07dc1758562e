/**
 * Past and live in one function (P3, P5). A follower is a cursor and nothing else: it takes the batch after its
 * cursor from the shared tail where the tail reaches back so far, else a page from the journal, and sleeps where
 * neither has one. What is appended between a page and the sleep wakes it, so there is no seam; what it cannot take
 * yet (`ready`) stays where it is, so a slow reader costs no memory and can never slow the writer (P8). While the
 * journal cannot be read, it waits; when the journal closes, it completes.
 */
import { filter, Observable, take } from 'rxjs';
import { StepcastError } from '../contract/errors.js';
import { type EventBatch } from './event-batch.js';
import { type JournalHealth, type Page, type ReadyGate } from './journal.types.js';
import { type TailRegistry } from './tail.js';

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
    if (tails.closed) {
      subscriber.complete();
      return;
    }
    let cursor = after;
    let pumping = false;
    /** What the reader is waited for with. */
    let gate: Promise<void> | undefined;
    /** Where the tail stood when the journal was last asked. */
    let seen = 0;

    const deliver = (batch: EventBatch) => {
      cursor = batch.lastSeq;
      subscriber.next(batch);
      if (batch.terminal) subscriber.complete();
    };

    /** Gives what the tail holds, synchronously; false where the journal or the reader (`gate`) has to be waited for. */
    const pumpTail = (): boolean => {
      while (!subscriber.closed) {
        gate = ready?.();
        if (gate) return false;
        const batch = tail.next(cursor);
        if (batch) deliver(batch);
        else if (tail.lastSeq === 0 || tail.lastSeq > cursor) return false;
        else if (!tail.ended) return true;
        else subscriber.complete();
      }
      return true;
    };

    /** A page after `from`; waits while the journal is not available. */
    const readPage = async (from: number, page: Page): Promise<EventBatch | undefined> => {
      while (!subscriber.closed) {
        try {
          return await log.read(id, from, page);
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
    };

    const pump = async () => {
      while (!subscriber.closed) {
        if (gate) {
          await gate;
          // A turn between two askings, so that a gate that never opens does not stop the loop.
          await nextTurn();
        }
        if (pumpTail()) return;
        if (gate) continue;
        seen = tail.lastSeq;
        const page = await readPage(cursor, PAGE);
        if (subscriber.closed) return;
        if (!page) {
          // Asleep until woken, or at the end already.
          if (cursor === after && after > 0 && (await readPage(after - 1, { limit: 1 }))?.terminal) subscriber.complete();
          return;
        }
        deliver(page);
        await nextTurn();
      }
    };

    const wake = () => {
      if (pumping) return;
      pumping = true;
      try {
        if (pumpTail()) {
          pumping = false;
          return;
        }
      } catch (error) {
        subscriber.error(error);
        return;
      }
      pump().then(
        () => {
          pumping = false;
          tail.letGo();
          // What came while the journal was being asked, or the last promise settled, found the pump still busy.
          if (!subscriber.closed && tail.lastSeq > Math.max(cursor, seen)) wake();
        },
        (error: unknown) => subscriber.error(error),
      );
    };

    const follower = { get cursor() { return cursor; }, wake, end: () => subscriber.complete() };
    const tail = tails.join(id, follower);
    subscriber.add(() => tails.leave(id, follower));
    wake();
  });
}

function nextTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
