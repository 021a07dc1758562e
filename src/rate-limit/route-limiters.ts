import { Injectable } from '@nestjs/common';
import { type RateLimitOptions } from './rate-limit.decorators.js';
import { RequestLimiter } from './request-limiter.js';

/** The limiters of routes with `@RateLimit`: one for each decorator, whichever guard asks for it. */
@Injectable()
export class RouteLimiters {
  private readonly limiters = new WeakMap<RateLimitOptions, RequestLimiter>();

  of(options: RateLimitOptions): RequestLimiter {
    let limiter = this.limiters.get(options);
    if (!limiter) this.limiters.set(options, (limiter = new RequestLimiter(options, { name: options.name ?? 'route' })));
    return limiter;
  }
}
