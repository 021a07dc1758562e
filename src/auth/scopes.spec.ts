import { describe, expect, it } from '@jest/globals';
import { type Principal } from './principal.js';
import { hasScope, requireScope, SCOPES } from './scopes.js';

const principal = (roles: string[], scopes?: string[]): Principal => ({ user: 'ann', roles, method: 'jwt', credentialId: 'c', ...(scopes && { scopes }) });
const scopesOf = (who: Principal) => SCOPES.filter((scope) => hasScope(who, scope));

describe('what a credential is good for', () => {
  it('is all but the metrics without scopes, and the metrics too where it is an admin\'s', () => {
    expect(scopesOf(principal([]))).toEqual(['workflows:run', 'executions:read', 'executions:cancel']);
    expect(scopesOf(principal(['admin']))).toEqual(SCOPES);
    expect(hasScope(principal([]), 'own:scope')).toBe(true);
  });

  it('is its scopes alone, where it has some, and nothing where it has none of ours; an admin\'s too', () => {
    for (const roles of [[], ['admin']]) {
      for (const scope of SCOPES) expect(scopesOf(principal(roles, ['x', scope]))).toEqual([scope]);
      expect(scopesOf(principal(roles, ['openid', 'workflows:ru', 'WORKFLOWS:RUN', 'workflows:run executions:read']))).toEqual([]);
      expect(scopesOf(principal(roles, []))).toEqual([]);
    }
  });

  it('is refused by the name of the scope that is missing', () => {
    expect(() => requireScope(principal([], ['executions:read']), 'workflows:run')).toThrow(expect.objectContaining({ code: 'forbidden', message: expect.stringContaining('"workflows:run"') }));
    expect(() => requireScope(principal([]), 'metrics:read')).toThrow(expect.objectContaining({ code: 'forbidden', message: expect.stringContaining('admin') }));
    expect(() => requireScope(principal([], ['executions:read']), 'executions:read')).not.toThrow();
  });
});
