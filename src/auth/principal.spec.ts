import { describe, expect, it } from '@jest/globals';
import { canAccess, isAdmin, isUserName, type Principal } from './principal.js';

const principal = (user: string, ...roles: string[]): Principal => ({ user, roles, method: 'custom', credentialId: 'abc' });

describe('principal', () => {
  it('gives access to what is its own, and to admins everything', () => {
    expect(canAccess(principal('alice'), 'alice')).toBe(true);
    expect(canAccess(principal('alice'), 'bob')).toBe(false);
    expect(canAccess(principal('alice', 'admin'), 'bob')).toBe(true);
  });

  it('takes no other spelling for the admin role or an owner', () => {
    expect(isAdmin(principal('admin'))).toBe(false);
    expect(isAdmin(principal('alice', 'Admin', 'administrator'))).toBe(false);
    expect(canAccess(principal('alice'), 'Alice')).toBe(false);
    expect(canAccess(principal('alice'), '')).toBe(false);
  });

  it('takes as a user name any text of 1 to 200 characters that UTF-8 keeps apart', () => {
    for (const name of ['a', 'a'.repeat(200), 'auth0|5f7c', 'ann@example.com', 'Zoë', '李', '😀', '__proto__']) expect(isUserName(name)).toBe(true);
    for (const name of ['', 'a'.repeat(201), 'a\nb', 'a\u0000', 'a\u0085', '\ud800', undefined, null, 7, ['a']]) expect(isUserName(name)).toBe(false);
  });
});
