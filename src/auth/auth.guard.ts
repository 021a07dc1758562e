import { type CanActivate, type ExecutionContext, Injectable } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import { ALLOW_TICKET_METADATA } from './auth.decorators.js';
import { Authenticator } from './authenticator.js';
import { setPrincipal } from './request-principal.js';

/** What Express's and Fastify's requests have in common, and Node's own request below Fastify's. */
interface HttpRequest {
  headers: Record<string, string | string[] | undefined>;
  query?: unknown;
  rawHeaders?: readonly string[];
  raw?: { rawHeaders?: readonly string[] };
}

/** Says who makes a request, or refuses it with `unauthenticated`. */
@Injectable()
export class AuthGuard implements CanActivate {
  constructor(
    private readonly authenticator: Authenticator,
    private readonly reflector: Reflector,
  ) {}

  async canActivate(context: ExecutionContext): Promise<boolean> {
    const request = context.switchToHttp().getRequest<HttpRequest>();
    if (isLeftToTicket(request) && this.allowsTicket(context)) return true;
    const rawHeaders = request.rawHeaders ?? request.raw?.rawHeaders;
    setPrincipal(request, await this.authenticator.authenticate({ headers: request.headers, ...(rawHeaders && { rawHeaders }) }));
    return true;
  }

  private allowsTicket(context: ExecutionContext): boolean {
    return this.reflector.getAllAndOverride<boolean | undefined>(ALLOW_TICKET_METADATA, [context.getHandler(), context.getClass()]) ?? false;
  }
}

/** A credential in a header outweighs a ticket: whoever sends both is known by the header, or refused for it. */
function isLeftToTicket({ headers, query }: HttpRequest): boolean {
  const hasTicket = typeof query === 'object' && query !== null && 'ticket' in query;
  return hasTicket && headers['authorization'] === undefined && headers['x-api-key'] === undefined;
}
