import { Injectable } from '@nestjs/common';

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

  /** 0 ≤ x < 1. */
  random(): number {
    return Math.random();
  }
}
