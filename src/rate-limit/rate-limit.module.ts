/** What counts requests, starts and open streams, and refuses those that are too many. Takes `RateLimitOptions`. */
import { Global, Module } from '@nestjs/common';
import { AuthenticationLimiter } from './authentication-limiter.js';
import { RateLimitOptions } from './rate-limit.options.js';
import { RequestLimiter } from './request-limiter.js';
import { RouteLimiters } from './route-limiters.js';
import { StartLimiter } from './start-limiter.js';
import { StreamLimiter } from './stream-limiter.js';

const PROVIDERS = [
  { provide: RequestLimiter, inject: [RateLimitOptions], useFactory: ({ rateLimit }: RateLimitOptions) => new RequestLimiter(rateLimit) },
  { provide: AuthenticationLimiter, inject: [RequestLimiter], useFactory: (limiter: RequestLimiter) => new AuthenticationLimiter(limiter) },
  { provide: StartLimiter, inject: [RateLimitOptions], useFactory: ({ startLimit, rateLimit }: RateLimitOptions) => new StartLimiter(startLimit ?? rateLimit) },
  { provide: StreamLimiter, inject: [RateLimitOptions], useFactory: ({ maxStreamsPerUser, maxStreams }: RateLimitOptions) => new StreamLimiter(maxStreamsPerUser, maxStreams) },
  RouteLimiters,
];

@Global()
@Module({ providers: PROVIDERS, exports: PROVIDERS })
export class RateLimitModule {}
