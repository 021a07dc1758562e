import { type CanActivate, type ExecutionContext, Injectable } from '@nestjs/common';
import { addressKey } from './address-key.js';
import { AuthenticationLimiter } from './authentication-limiter.js';
import { type HttpAnswer, withRateLimitHeaders } from './rate-limit.headers.js';
import { RequestLimiter } from './request-limiter.js';

/** What counts of a request: Express's and Fastify's both have the address, guards leave the principal. */
interface CountedRequest {
  ip?: string;
  principal?: { user: string };
}

/**
 * Counts a request against its user, or against its address where nobody is authenticated, and tells on every answer
 * what is left. It stands after the guards that authenticate.
 */
@Injectable()
export class RateLimitGuard implements CanActivate {
  constructor(
    private readonly limiter: RequestLimiter,
    private readonly authentication: AuthenticationLimiter,
  ) {}

  async canActivate(context: ExecutionContext): Promise<boolean> {
    const http = context.switchToHttp();
    const request = http.getRequest<CountedRequest>();
    await this.authentication.succeeded(request);
    await withRateLimitHeaders(http.getResponse<HttpAnswer>(), this.limiter.rate, () => this.limiter.consume(keyOf(request)));
    return true;
  }
}

function keyOf({ principal, ip }: CountedRequest): string {
  return principal ? `user:${principal.user}` : `address:${addressKey(ip)}`;
}
