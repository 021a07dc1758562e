/**
 * Past and live in one function (P3, P5). A follower is a cursor and nothing else: it takes the batch after its
 * cursor from the shared tail where the tail reaches back so far, else a page from the journal, and sleeps where
 * neither has one. What is appended between a page and the sleep wakes it, so there is no seam; what it cannot take
 * yet (`ready`) stays where it is, so a slow reader costs no memory and can never slow the writer (P8).
 */
import { Observable } from 'rxjs';
import { type EventBatch } from './event-batch.js';
import { type Page, type ReadyGate } from './journal.types.js';
import { type TailRegistry } from './tail.js';

/** Pages are small enough to let others have a turn between two, and to keep a slow reader's share of memory small. */
const PAGE: Page = { limit: 500, maxLength: 256 * 1024 };

interface Log {
  read(id: string, after: number, page: Page): Promise<EventBatch | undefined>;
}

export function followLog(log: Log, tails: TailRegistry, id: string, after: number, ready?: ReadyGate): Observable<EventBatch> {
  return new Observable((subscriber) => {
    let cursor = after;
    let pumping = false;

    const deliver = (batch: EventBatch) => {
      cursor = batch.lastSeq;
      subscriber.next(batch);
      if (batch.terminal) subscriber.complete();
    };

    /** Gives what the tail holds, synchronously; false where the journal or the reader has to be waited for. */
    const pumpTail = (): boolean => {
      while (!subscriber.closed) {
        if (ready?.()) return false;
        const batch = tail.next(cursor);
        if (!batch) return tail.lastSeq > 0 && tail.lastSeq <= cursor;
        deliver(batch);
      }
      return true;
    };

    const pump = async () => {
      while (!subscriber.closed) {
        await ready?.();
        if (subscriber.closed || pumpTail()) return;
        if (ready?.()) continue;
        const seen = tail.lastSeq;
        const page = await log.read(id, cursor, PAGE);
        if (subscriber.closed) return;
        if (page) deliver(page);
        // Nothing to read, and nothing came by while reading: asleep until woken.
        else if (tail.lastSeq === seen) return;
        await new Promise((resolve) => setImmediate(resolve));
      }
    };

    const wake = () => {
      if (pumping) return;
      pumping = true;
      if (pumpTail()) {
        pumping = false;
        return;
      }
      pump().then(
        () => {
          pumping = false;
          // A batch that came while the last promise settled found the pump still busy.
          if (!subscriber.closed && tail.lastSeq > cursor) wake();
        },
        (error: unknown) => subscriber.error(error),
      );
    };

    const tail = tails.join(id, wake);
    subscriber.add(() => tails.leave(id, wake));
    wake();
  });
}
