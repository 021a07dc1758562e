import { StepcastError } from '../contract/errors.js';
import { type RateLimit } from './rate-limit.parser.js';
import { type Quota } from './request-limiter.js';

/** Express's response, or Fastify's reply. */
export type HttpAnswer = { header(name: string, value: string): unknown };

/**
 * Writes `RateLimit-Policy` and `RateLimit` (draft-ietf-httpapi-ratelimit-headers from its 8th version on: structured
 * fields with quota `q` per window `w`, and `r` remaining for `t` seconds).
 */
export function setRateLimitHeaders(answer: HttpAnswer, { points, seconds }: RateLimit, { remaining, resetSeconds }: Quota): void {
  answer.header('RateLimit-Policy', `"default";q=${points};w=${seconds}`);
  answer.header('RateLimit', `"default";r=${remaining};t=${resetSeconds}`);
}

/** Writes them for what `consume` answers or refuses; passes both on. */
export async function withRateLimitHeaders(answer: HttpAnswer, rate: RateLimit, consume: () => Promise<Quota>): Promise<Quota> {
  try {
    const quota = await consume();
    setRateLimitHeaders(answer, rate, quota);
    return quota;
  } catch (error) {
    if (error instanceof StepcastError && error.options.retryAfterSeconds !== undefined) {
      setRateLimitHeaders(answer, rate, { limit: rate.points, remaining: 0, resetSeconds: error.options.retryAfterSeconds });
    }
    throw error;
  }
}
