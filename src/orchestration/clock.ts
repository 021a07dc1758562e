import { Injectable } from '@nestjs/common';

/** Time and chance, so that tests can give their own. */
@Injectable()
export class Clock {
  /** Milliseconds since the epoch. */
  now(): number {
    return Date.now();
  }

  /** 0 ≤ x < 1. */
  random(): number {
    return Math.random();
  }
}
