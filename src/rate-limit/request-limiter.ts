import { createRequire } from 'node:module';
import { type RateLimiterAbstract, type RateLimiterRes } from 'rate-limiter-flexible';
import { StepcastError } from '../contract/errors.js';
import { type RateLimit } from './rate-limit.parser.js';

type Library = typeof import('rate-limiter-flexible');

const require = createRequire(import.meta.url);
// By file: the front door of the package loads its stores for a dozen databases at every start.
const Memory = require('rate-limiter-flexible/lib/RateLimiterMemory.js') as Library['RateLimiterMemory'];
const Refused = require('rate-limiter-flexible/lib/RateLimiterRes.js') as Library['RateLimiterRes'];

/** What is left of a key's requests. */
export interface Quota {
  limit: number;
  remaining: number;
  /** Whole seconds, rounded up, until the window is over and the full limit is back. */
  resetSeconds: number;
  /** Milliseconds since the epoch when the window is over. */
  resetAt: number;
}

export interface RequestLimiterOptions {
  /** Names the limit in `RateLimit`; default `default`. */
  name?: string;
  /** What is counted, as messages say it; default `requests`. */
  counts?: string;
  /** Another store of the library than this process's memory. */
  store?: RateLimiterAbstract;
}

/**
 * Counts requests by key. A key's window opens with its first request, so that not all keys are set free at the same
 * moment. Counted in this process unless another store of the library is given.
 */
export class RequestLimiter {
  readonly name: string;
  private readonly counts: string;
  private readonly store: RateLimiterAbstract;

  constructor(readonly rate: RateLimit, { name = 'default', counts = 'requests', store }: RequestLimiterOptions = {}) {
    this.name = name;
    this.counts = counts;
    this.store = store ?? new Memory({ points: rate.points, duration: rate.seconds, keyPrefix: '' });
  }

  /** @throws StepcastError `rate_limited` with `retryAfterSeconds`, where the key has used its requests up. */
  async consume(key: string): Promise<Quota> {
    try {
      return this.quota(await this.store.consume(key));
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      const quota = this.quota(error);
      const { resetSeconds } = quota;
      // What is refused does not count, or those that are taken back would leave the key refused all the same.
      await this.refund(key, quota);
      throw new StepcastError(
        'rate_limited',
        `more than ${this.rate.points} ${this.counts} in ${this.rate.seconds} s; try again in ${resetSeconds} s`,
        { retryAfterSeconds: resetSeconds },
      );
    }
  }

  /** Takes back what `consume` counted; nothing where that window is over, or another one would get credit for it. */
  async refund(key: string, { resetAt }: Pick<Quota, 'resetAt'>): Promise<void> {
    const used = await this.store.get(key);
    if (!used || used.msBeforeNext <= 0 || used.consumedPoints <= 0) return;
    // Windows of a key are at least their length apart; a clock is read to the millisecond, and stores may be elsewhere.
    if (Math.abs(Date.now() + used.msBeforeNext - resetAt) < (this.rate.seconds * 1000) / 2) await this.store.reward(key);
  }

  private quota({ remainingPoints, msBeforeNext }: RateLimiterRes): Quota {
    return { limit: this.rate.points, remaining: remainingPoints, resetSeconds: secondsOf(msBeforeNext, this.rate), resetAt: Date.now() + msBeforeNext };
  }
}

/** Whole seconds. Never more than a window: where the clock was set back, the store would tell of an hour, though it keeps the window by a timer. */
function secondsOf(ms: number, { seconds }: RateLimit): number {
  return Math.min(seconds, Math.max(1, Math.ceil(ms / 1000)));
}
