/** Why a signal has aborted: whoever was to speak has not. */
export class Silence extends Error {}

/**
 * Bounds a silence: aborts `signal` when nothing has been heard for a time. While something else is waited for, such as a
 * tool, the time stands still.
 */
export class IdleWatch {
  private readonly controller = new AbortController();
  private timer: NodeJS.Timeout | undefined;
  private pauses = 0;
  private stopped = false;

  constructor(private readonly ms: number) {
    this.heard();
  }

  get signal(): AbortSignal {
    return this.controller.signal;
  }

  get expired(): boolean {
    return this.controller.signal.aborted;
  }

  heard(): void {
    if (this.pauses > 0 || this.stopped) return;
    if (this.timer) this.timer.refresh();
    else this.timer = setTimeout(() => this.controller.abort(new Silence(`nothing was heard for ${this.ms} ms`)), this.ms);
  }

  /** Waits for `work` with the clock at rest. */
  async aside<T>(work: () => Promise<T>): Promise<T> {
    this.pauses++;
    this.rest();
    try {
      return await work();
    } finally {
      if (--this.pauses === 0) this.heard();
    }
  }

  /** For good. */
  stop(): void {
    this.stopped = true;
    this.rest();
  }

  private rest(): void {
    clearTimeout(this.timer);
    this.timer = undefined;
  }
}
