import { type CanActivate, type ExecutionContext, Injectable } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';

/**
 * What every answer of a route for users carries, on any platform and beside whatever an app sets itself: it is the
 * user's own, so that nothing on the way keeps it, and it is what it says it is. First in line: refusals carry it too.
 */
@Injectable()
export class ApiHeadersGuard implements CanActivate {
  constructor(private readonly adapterHost: HttpAdapterHost) {}

  canActivate(context: ExecutionContext): boolean {
    const { httpAdapter } = this.adapterHost;
    const response = context.switchToHttp().getResponse<object>();
    httpAdapter.setHeader(response, 'Cache-Control', 'no-store');
    httpAdapter.setHeader(response, 'X-Content-Type-Options', 'nosniff');
    return true;
  }
}
