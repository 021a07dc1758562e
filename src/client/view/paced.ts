/** Passes a value on at once, and those that follow at most so often: of what comes meanwhile, the last. For a live region, as nobody can listen to sixty lines a second. */
export class Paced<T> {
  private timer: ReturnType<typeof setTimeout> | undefined;
  private waiting: { value: T } | undefined;

  /** @param everyMs Milliseconds between two. */
  constructor(private readonly pass: (value: T) => void, private readonly everyMs = 1000) {}

  offer(value: T): void {
    this.waiting = { value };
    if (this.timer === undefined) this.next();
  }

  stop(): void {
    clearTimeout(this.timer);
    this.timer = undefined;
    this.waiting = undefined;
  }

  private readonly next = (): void => {
    this.timer = undefined;
    if (!this.waiting) return;
    const { value } = this.waiting;
    this.waiting = undefined;
    this.timer = setTimeout(this.next, this.everyMs);
    this.pass(value);
  };
}
