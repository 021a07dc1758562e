/**
 * A signal that aborts with another one, or when a time is over. `end` lets go of both, so that neither a timer nor a
 * listener stays behind for work that is done.
 */
export class Deadline {
  /** Whether it has aborted because the time is over. */
  over = false;
  private readonly controller = new AbortController();
  private readonly timer: NodeJS.Timeout;
  private readonly follow = () => this.controller.abort(this.parent.reason);

  constructor(readonly ms: number, private readonly parent: AbortSignal) {
    if (parent.aborted) this.follow();
    else parent.addEventListener('abort', this.follow, { once: true });
    this.timer = setTimeout(() => {
      this.over = !this.controller.signal.aborted;
      this.controller.abort(new DOMException(`took longer than ${ms} ms`, 'TimeoutError'));
    }, ms);
  }

  get signal(): AbortSignal {
    return this.controller.signal;
  }

  /** The work, or a rejection with the reason as soon as the signal aborts: work may ignore it. */
  race<T>(work: PromiseLike<T> | T): Promise<T> {
    const { signal } = this;
    return new Promise((resolve, reject) => {
      const stop = () => reject(signal.reason as Error);
      if (signal.aborted) stop();
      else signal.addEventListener('abort', stop, { once: true });
      Promise.resolve(work).then(resolve, reject).finally(() => signal.removeEventListener('abort', stop));
    });
  }

  end(): void {
    clearTimeout(this.timer);
    this.parent.removeEventListener('abort', this.follow);
  }
}
