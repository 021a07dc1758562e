import { type RateLimit } from './rate-limit.parser.js';

/** How often users may ask, and how many streams they may have open. */
export abstract class RateLimitOptions {
  abstract rateLimit: RateLimit;
  abstract startLimit?: RateLimit;
  abstract maxStreamsPerUser: number;
  abstract maxStreams: number;
}
