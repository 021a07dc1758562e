import { type CanActivate, type ExecutionContext, Injectable } from '@nestjs/common';
import { isAdmin, type Principal } from '../../auth/principal.js';
import { principalOf } from '../../auth/request-principal.js';
import { StepcastError } from '../../contract/errors.js';
import { requestOf } from '../http/http.types.js';

/** Lets admins pass, by a credential that is not limited: one that is could give itself a wider one. */
@Injectable()
export class AdminGuard implements CanActivate {
  canActivate(context: ExecutionContext): boolean {
    requireAdmin(principalOf(requestOf(context)));
    return true;
  }
}

/** @throws StepcastError `forbidden` */
export function requireAdmin(principal: Principal): void {
  if (!isAdmin(principal)) throw new StepcastError('forbidden', 'this is for admins; use the credential of one');
  if (principal.scopes) throw new StepcastError('forbidden', 'this is not for credentials that are limited to scopes; use one of an admin that is not');
}
