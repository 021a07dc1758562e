import { type CanActivate, type ExecutionContext, Injectable } from '@nestjs/common';
import { AuthenticationLimiter } from './authentication-limiter.js';
import { type HttpAnswer, tellingRate } from './rate-limit.headers.js';
import { RequestLimiter } from './request-limiter.js';

/**
 * Stands before the guards that authenticate, and counts the attempt against its address. `RateLimitGuard`, which
 * stands after them and so is reached only by what they let in, takes it back: use both, in the order
 * `@UseGuards(AuthenticationLimitGuard, AuthGuard, RateLimitGuard)`.
 */
@Injectable()
export class AuthenticationLimitGuard implements CanActivate {
  constructor(
    private readonly limiter: RequestLimiter,
    private readonly authentication: AuthenticationLimiter,
  ) {}

  async canActivate(context: ExecutionContext): Promise<boolean> {
    if (context.getType() !== 'http') return true;
    const http = context.switchToHttp();
    await tellingRate(http.getResponse<HttpAnswer>(), this.limiter, () =>
      this.authentication.begin(http.getRequest<{ ip?: string }>()),
    );
    return true;
  }
}
