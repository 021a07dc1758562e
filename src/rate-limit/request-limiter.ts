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
}

/**
 * Counts requests by key. A key's window opens with its first request, so that not all keys are set free at the same
 * moment. Counted in this process unless another store of the library is given.
 */
export class RequestLimiter {
  private readonly store: RateLimiterAbstract;

  constructor(readonly rate: RateLimit, store?: RateLimiterAbstract) {
    this.store = store ?? new Memory({ points: rate.points, duration: rate.seconds, keyPrefix: '' });
  }

  /** @throws StepcastError `rate_limited` with `retryAfterSeconds`, where the key has used its requests up. */
  async consume(key: string): Promise<Quota> {
    try {
      return this.quota(await this.store.consume(key));
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      const { resetSeconds } = this.quota(error);
      throw new StepcastError(
        'rate_limited',
        `more than ${this.rate.points} requests in ${this.rate.seconds} s; try again in ${resetSeconds} s`,
        { retryAfterSeconds: resetSeconds },
      );
    }
  }

  /** Takes back what `consume` counted; nothing where that window is over, or a new one would start with credit. */
  async refund(key: string): Promise<void> {
    const used = await this.store.get(key);
    if (used && used.msBeforeNext > 0 && used.consumedPoints > 0) await this.store.reward(key);
  }

  private quota({ remainingPoints, msBeforeNext }: RateLimiterRes): Quota {
    return { limit: this.rate.points, remaining: remainingPoints, resetSeconds: Math.max(1, Math.ceil(msBeforeNext / 1000)) };
  }
}
