/**
 * A bucket that holds a minute's worth and fills at an even rate, as the providers' own do: who keeps to the same figures
 * does not run into theirs. It may come to owe: what turned out to be more than was thought is paid off before anything else
 * goes. Time is passed in, in milliseconds of a clock that nobody sets.
 */
const MINUTE_MS = 60_000;
/** What binary fractions may be off by. */
const NOISE = 1e-6;

export class TokenBucket {
  private level: number;

  constructor(readonly perMinute: number, private at: number) {
    this.level = perMinute;
  }

  /**
   * Milliseconds until `count` can be taken, after `ahead` have been; 0 where it can be now. Of more than the bucket ever
   * holds, until it is full.
   */
  delay(count: number, now: number, ahead = 0): number {
    this.fill(now);
    const missing = Math.min(count, this.perMinute) + ahead - this.level;
    return missing <= NOISE ? 0 : Math.ceil((missing * MINUTE_MS) / this.perMinute - NOISE);
  }

  /** Takes them in any case. */
  take(count: number, now: number): void {
    this.fill(now);
    this.level -= count;
  }

  /** Gives back what was taken too much; below zero, takes what was taken too little. */
  give(count: number, now: number): void {
    this.fill(now);
    this.level = Math.min(this.perMinute, this.level + count);
  }

  isFull(now: number): boolean {
    this.fill(now);
    return this.level >= this.perMinute;
  }

  private fill(now: number): void {
    this.level = Math.min(this.perMinute, this.level + ((now - this.at) * this.perMinute) / MINUTE_MS);
    this.at = now;
  }
}
