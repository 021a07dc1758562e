import { type CanActivate, type ExecutionContext, Injectable } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import { addressKey } from './address-key.js';
import { AuthenticationLimiter } from './authentication-limiter.js';
import { RATE_LIMIT_METADATA, type RateLimitOptions } from './rate-limit.decorators.js';
import { tellingRate, untell } from './rate-limit.headers.js';
import { RequestLimiter } from './request-limiter.js';
import { RouteLimiters } from './route-limiters.js';

/** What counts of a request: Express's and Fastify's both have the address, guards leave the principal. */
interface CountedRequest {
  ip?: string;
  principal?: { user: string };
}

/**
 * Counts a request against its user, or against its address where nobody is authenticated, and tells on every answer
 * what is left. It stands after the guards that authenticate. `@RateLimit` gives a route a limit of its own.
 */
@Injectable()
export class RateLimitGuard implements CanActivate {
  constructor(
    private readonly limiter: RequestLimiter,
    private readonly authentication: AuthenticationLimiter,
    private readonly routes: RouteLimiters,
    private readonly reflector: Reflector,
  ) {}

  async canActivate(context: ExecutionContext): Promise<boolean> {
    if (context.getType() !== 'http') return true;
    const http = context.switchToHttp();
    const request = http.getRequest<CountedRequest>();
    await this.authentication.takeBack(request);
    const own = this.reflector.getAllAndOverride<RateLimitOptions | false | undefined>(RATE_LIMIT_METADATA, [context.getHandler(), context.getClass()]);
    const response = http.getResponse<Parameters<typeof untell>[0]>();
    if (own !== undefined) untell(response, this.limiter);
    if (own === false) return true;
    const limiter = own ? this.routes.of(own) : this.limiter;
    const key = await keyOf(request, own?.by);
    await tellingRate(response, limiter, () => limiter.consume(key));
    return true;
  }
}

async function keyOf(request: CountedRequest, by: RateLimitOptions['by']): Promise<string> {
  const named = typeof by === 'function' ? await by(request as never) : undefined;
  if (named) return `named:${named}`;
  return request.principal && by !== 'address' ? `user:${request.principal.user}` : `address:${addressKey(request.ip)}`;
}
