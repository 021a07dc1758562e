import { StepcastError } from '../contract/errors.js';
import { type Principal } from './principal.js';

/** Where guards leave the principal, on Express and on Fastify requests alike. */
interface WithPrincipal {
  principal?: Principal;
}

/** Says who makes the request; for guards. */
export function setPrincipal(request: object, principal: Principal): void {
  (request as WithPrincipal).principal = principal;
}

/** Whether a guard has said who makes the request. */
export function hasPrincipal(request: object): boolean {
  return (request as WithPrincipal).principal !== undefined;
}

/** @throws StepcastError `unauthenticated` where no guard has said who makes the request. */
export function principalOf(request: object): Principal {
  const { principal } = request as WithPrincipal;
  if (!principal) throw new StepcastError('unauthenticated', 'this needs a user; authenticate with a key, a token or, on streams, a ticket');
  return principal;
}
