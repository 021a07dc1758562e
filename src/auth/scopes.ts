import { StepcastError } from '../contract/errors.js';
import { isAdmin, type Principal } from './principal.js';

/** What a credential can be limited to. An app's own routes may ask for scopes of its own. */
export const SCOPES = ['workflows:run', 'executions:read', 'executions:cancel', 'metrics:read'] as const;

export type Scope = (typeof SCOPES)[number];

/** A credential with scopes has these and no others, an admin's too; one without has all but the metrics, which need an admin. */
export function hasScope(principal: Principal, scope: string): boolean {
  if (principal.scopes) return principal.scopes.includes(scope);
  return scope !== 'metrics:read' || isAdmin(principal);
}

/** @throws StepcastError `forbidden` */
export function requireScope(principal: Principal, scope: string): void {
  if (hasScope(principal, scope)) return;
  throw new StepcastError('forbidden', `this needs the scope "${scope}", which the ${principal.scopes ? 'credential does not have' : 'credential of an admin has'}; use one that has it`);
}

/**
 * What the claims of a token limit it to: `scope`, a text with spaces between (RFC 9068), or else `scopes`, a list.
 * Nothing where neither is there.
 * @throws TypeError for a claim of another type: to pass it by would take a limit away.
 */
export function scopesOf({ scope, scopes }: { scope?: unknown; scopes?: unknown }): readonly string[] | undefined {
  const claim = scope === undefined ? scopes : scope;
  if (claim === undefined) return undefined;
  if (typeof claim === 'string') return claim.split(' ').filter((name) => name !== '');
  if (Array.isArray(claim) && claim.every((name) => typeof name === 'string')) return claim;
  throw new TypeError('no list of scopes');
}
