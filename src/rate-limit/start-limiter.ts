/**
 * Counts what a user starts. Only what is really started counts: the place is taken before, so that parallel starts
 * cannot get round the limit, and given back where the start is refused, or repeats an earlier one by its key.
 */
import { type HttpAnswer, tellingRate, tellRate } from './rate-limit.headers.js';
import { type RateLimit } from './rate-limit.parser.js';
import { RequestLimiter } from './request-limiter.js';

export class StartLimiter {
  private readonly limiter: RequestLimiter;

  constructor(rate: RateLimit) {
    this.limiter = new RequestLimiter(rate, { name: 'starts', counts: 'starts' });
  }

  /** Starts, and tells on `answer` what is left. @throws StepcastError `rate_limited`, and what `start` throws. */
  async count<T extends { created: boolean }>(user: string, answer: HttpAnswer, start: () => Promise<T>): Promise<T> {
    const { limiter } = this;
    const quota = await tellingRate(answer, limiter, () => limiter.consume(user));
    let created = false;
    try {
      const started = await start();
      ({ created } = started);
      return started;
    } finally {
      if (!created) {
        await limiter.refund(user, quota);
        tellRate(answer, limiter, { ...quota, remaining: quota.remaining + 1 });
      }
    }
  }
}
