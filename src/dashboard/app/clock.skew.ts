/**
 * How far the clock here is ahead of the service's, from the `Date` of its answers: each bounds it, as what is answered was
 * answered between the request and now. Where the bounds leave room for none at all, there is none: clocks are mostly right,
 * and a `Date` has whole seconds.
 */
export class ClockSkew {
  private lowMs = -Infinity;
  private highMs = Infinity;

  /** Milliseconds; negative where it is behind. */
  get aheadMs(): number {
    return this.lowMs > 0 ? this.lowMs : this.highMs < 0 ? this.highMs : 0;
  }

  /** @param date As the header has it. */
  heard(date: string | null, sentMs: number, receivedMs: number): void {
    const ms = Date.parse(date ?? '');
    if (Number.isNaN(ms)) return;
    const low = sentMs - (ms + 1000);
    const high = receivedMs - ms;
    const isOfBefore = low > this.highMs || high < this.lowMs;
    // Bounds that exclude one another: a clock was set meanwhile.
    this.lowMs = isOfBefore ? low : Math.max(this.lowMs, low);
    this.highMs = isOfBefore ? high : Math.min(this.highMs, high);
  }
}
