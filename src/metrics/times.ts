/**
 * Times of the recent past, in the last columns of a ring: how many there were in each bucket, and the longest and the
 * shortest of each. A quantile is an estimate between these two, so that it is never a time beyond those that there were.
 */
import { Ring } from './ring.js';

const HOUR_MS = 60 * 60_000;
/** Upper bounds of the buckets of time, in milliseconds. */
const BOUNDS = [
  1, 2, 5, 10, 25, 50, 100, 250, 500, 1000, 2500, 5000, 10_000, 30_000, 60_000, 120_000, 300_000, 600_000, 1_800_000, HOUR_MS, 3 * HOUR_MS, 12 * HOUR_MS, 24 * HOUR_MS,
];
const BUCKETS = BOUNDS.length + 1;
/** What the ring can hold: almost 50 days. */
const MAX_MS = 2 ** 32 - 1;

/** Milliseconds. */
export interface Quantiles {
  p50: number;
  p95: number;
  p99: number;
}

/** A ring of `counters` columns of counts, and of times behind them. */
export class TimesRing {
  private readonly ring: Ring;
  /** How many of the columns are counts: those behind them are the longest times, and then the shortest. */
  private readonly counts: number;

  constructor(stepMs: number, rows: number, private readonly counters: number) {
    this.counts = counters + BUCKETS;
    this.ring = new Ring(stepMs, rows, this.counts, 2 * BUCKETS);
  }

  add(now: number, counter: number): void {
    this.ring.add(now, counter);
  }

  addTime(now: number, ms: number): void {
    const bucket = bucketOf(ms);
    const whole = Math.min(Math.max(Math.round(ms), 0), MAX_MS);
    this.ring.add(now, this.counters + bucket);
    this.ring.raise(now, this.counts + bucket, whole);
    // The shortest as what is missing to the most there can be: the highest of that is kept, and 0 is none.
    this.ring.raise(now, this.counts + BUCKETS + bucket, MAX_MS - whole);
  }

  over(now: number, windowMs: number): TimesOver {
    return new TimesOver(this.ring.sums(now, windowMs), this.counters);
  }
}

/** What a ring, or several together, holds of a window. */
export class TimesOver {
  constructor(private readonly columns: readonly number[], private readonly counters: number) {}

  static of(all: readonly TimesOver[], counters: number): TimesOver {
    const columns = new Array<number>(counters + 3 * BUCKETS).fill(0);
    const counts = counters + BUCKETS;
    for (const each of all) each.columns.forEach((value, i) => (columns[i] = i < counts ? (columns[i] as number) + value : Math.max(columns[i] as number, value)));
    return new TimesOver(columns, counters);
  }

  count(counter: number): number {
    return this.columns[counter] as number;
  }

  /** How many times there are. */
  get times(): number {
    return this.columns.slice(this.counters, this.counters + BUCKETS).reduce((sum, count) => sum + count, 0);
  }

  get quantiles(): Quantiles | null {
    const { times } = this;
    return times === 0 ? null : { p50: this.quantile(times * 0.5), p95: this.quantile(times * 0.95), p99: this.quantile(times * 0.99) };
  }

  /** As if the times in its bucket lay evenly between the shortest and the longest of them. */
  private quantile(rank: number): number {
    let below = 0;
    for (let bucket = 0; bucket < BUCKETS; bucket++) {
      const at = this.counters + bucket;
      const count = this.count(at);
      if (count > 0 && below + count >= rank) {
        const longest = this.count(at + BUCKETS);
        const shortest = MAX_MS - this.count(at + 2 * BUCKETS);
        return Math.round(shortest + ((rank - below) / count) * (longest - shortest));
      }
      below += count;
    }
    return 0;
  }
}

function bucketOf(ms: number): number {
  let i = 0;
  while (i < BOUNDS.length && ms > (BOUNDS[i] as number)) i++;
  return i;
}
