/**
 * So many queries run at once: each is a process with memory of its own, and a workflow may ask a thousand questions. Those
 * that wait do so in line, users by turns.
 */
import { FairQueue, type Queued } from '../../../llm/limits/fair.queue.js';

interface Waiting extends Queued {
  go: () => void;
}

export class QueryPlaces {
  private readonly queue = new FairQueue<Waiting>();

  constructor(private free: number) {}

  /** Resolves when there is a place; what it answers gives that back, once. @throws the reason of the signal. */
  async take(user: string | undefined, signal: AbortSignal): Promise<() => void> {
    signal.throwIfAborted();
    if (this.free > 0) this.free--;
    else {
      const { promise, resolve, reject } = Promise.withResolvers<void>();
      const waiting: Waiting = { user, go: resolve };
      const leave = (): void => {
        this.queue.remove(waiting);
        reject(signal.reason as Error);
      };
      this.queue.add(waiting);
      signal.addEventListener('abort', leave, { once: true });
      // A place that is handed on is never free in between.
      await promise.finally(() => signal.removeEventListener('abort', leave));
    }
    return () => this.next();
  }

  private next(): void {
    const [head] = this.queue.heads();
    if (!head) {
      this.free++;
      return;
    }
    this.queue.takeHead(head.user);
    head.go();
  }
}
