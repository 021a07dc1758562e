/** The clock of the machine drifts by less than that between two looks at it; by more, it was set. */
const DRIFT_MS = 100;

/** Times of the day as moments of a clock that nobody sets: what lay between two, and what was when, is told by these. */
export class SteadyTime {
  /** How far the time of the day is ahead of the other clock. */
  private ahead: number;

  /** @param now Milliseconds since the epoch. @param ticks Milliseconds of a clock that nobody sets. */
  constructor(private readonly now: () => number, private readonly ticks: () => number) {
    this.ahead = now() - ticks();
  }

  get moment(): number {
    return this.momentOf(Infinity);
  }

  /** @param time Of the day, as it is set now. What is yet to come was recorded before the clock was set back, or follows such: it is told as now. */
  momentOf(time: number): number {
    const now = this.now();
    const ahead = now - this.ticks();
    if (Math.abs(ahead - this.ahead) > DRIFT_MS) this.ahead = ahead;
    return Math.min(time, now) - this.ahead;
  }
}
