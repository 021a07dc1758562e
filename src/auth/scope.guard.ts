import { type CanActivate, type ExecutionContext, Injectable, SetMetadata } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import { principalOf } from './request-principal.js';
import { requireScope, type Scope } from './scopes.js';

export const SCOPE_METADATA = 'stepcast:scope';

/** What the credential of a request must be good for; checked by `ScopeGuard`, which stands after `AuthGuard`. */
export const RequireScope = (scope: Scope | (string & {})) => SetMetadata(SCOPE_METADATA, scope);

/** Refuses credentials that are limited to other scopes than the route asks for. */
@Injectable()
export class ScopeGuard implements CanActivate {
  constructor(private readonly reflector: Reflector) {}

  canActivate(context: ExecutionContext): boolean {
    const scope = this.reflector.getAllAndOverride<string | undefined>(SCOPE_METADATA, [context.getHandler(), context.getClass()]);
    if (scope !== undefined) requireScope(principalOf(context.switchToHttp().getRequest<object>()), scope);
    return true;
  }
}
