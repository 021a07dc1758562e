import { Injectable } from '@nestjs/common';

/** What `setTimeout` can wait for; beyond it, it does not wait at all. */
const LONGEST_MS = 2 ** 31 - 1;

/** Time and chance, so that tests can give their own. */
@Injectable()
export class Clock {
  /** Milliseconds since the epoch. */
  now(): number {
    return Date.now();
  }

  /** Milliseconds that have gone by since a time; 0 where the clock was set back to before it. */
  since(time: number): number {
    return Math.max(0, this.now() - time);
  }

  /**
   * Milliseconds of a clock that nobody sets; its zero means nothing. What lasts within this process is measured with it, as
   * the time of the day may be set while it lasts.
   */
  ticks(): number {
    return performance.now();
  }

  /** Calls `run` once that many milliseconds, of `ticks`, have gone by, or earlier where they are more than 24 days; answers what calls it off. */
  after(ms: number, run: () => void): () => void {
    const timer = setTimeout(run, Math.min(LONGEST_MS, Math.max(0, ms)));
    return () => clearTimeout(timer);
  }

  /** 0 ≤ x < 1. */
  random(): number {
    return Math.random();
  }
}
