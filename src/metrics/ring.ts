/**
 * Counts of the recent past: a ring of rows, one for each step of time, of counters side by side, and behind them of columns
 * that keep the highest of what they are raised to. A clock that was set back adds to the newest row, so nothing is lost and
 * nothing is counted twice.
 */
export class Ring {
  private readonly cells: Uint32Array;
  /** The step of the newest row. */
  private newest = -1;
  private readonly width: number;

  /** @param peaks How many columns keep the highest, behind the `counters`. */
  constructor(
    private readonly stepMs: number,
    private readonly rows: number,
    private readonly counters: number,
    peaks = 0,
  ) {
    this.width = counters + peaks;
    this.cells = new Uint32Array(rows * this.width);
  }

  /** @param now Milliseconds. */
  add(now: number, column: number, more = 1): void {
    const cell = this.cellOf(now, column);
    this.cells[cell] = (this.cells[cell] as number) + more;
  }

  /** @param column One behind the counters. @param value A whole number of at most 32 bits. */
  raise(now: number, column: number, value: number): void {
    const cell = this.cellOf(now, column);
    this.cells[cell] = Math.max(this.cells[cell] as number, value);
  }

  /** Each column over the last `windowMs`, the step that is under way included: sums, and the highest of those behind the counters. */
  sums(now: number, windowMs: number): number[] {
    this.advance(now);
    const sums = new Array<number>(this.width).fill(0);
    const rows = Math.min(this.rows, Math.ceil(windowMs / this.stepMs), this.newest + 1);
    for (let back = 0; back < rows; back++) {
      const row = ((this.newest - back) % this.rows) * this.width;
      for (let column = 0; column < this.counters; column++) sums[column] = (sums[column] as number) + (this.cells[row + column] as number);
      for (let column = this.counters; column < this.width; column++) sums[column] = Math.max(sums[column] as number, this.cells[row + column] as number);
    }
    return sums;
  }

  private cellOf(now: number, column: number): number {
    this.advance(now);
    return (this.newest % this.rows) * this.width + column;
  }

  private advance(now: number): void {
    const step = Math.floor(now / this.stepMs);
    const { newest, rows, width, cells } = this;
    if (step === newest) return;
    if (newest < 0 || step - newest >= rows || newest - step >= rows) {
      // All that there is is older than the ring, or of a clock that was wrong altogether.
      cells.fill(0);
      this.newest = step;
      return;
    }
    for (let next = newest + 1; next <= step; next++) cells.fill(0, (next % rows) * width, (next % rows + 1) * width);
    this.newest = Math.max(newest, step);
  }
}
