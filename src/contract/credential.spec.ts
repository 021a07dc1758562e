import { describe, expect, it } from '@jest/globals';
import { SignJWT, UnsecuredJWT } from 'jose';
import { isBearerToken } from './credential.js';

describe('what may be a key or a token', () => {
  it('is a token where it is a JWT', async () => {
    const signed = await new SignJWT({ sub: 'carol', roles: ['admin'] }).setProtectedHeader({ alg: 'HS256', typ: 'JWT' }).sign(Buffer.alloc(32));
    expect(isBearerToken(signed)).toBe(true);
    expect(isBearerToken(`${signed}.more`)).toBe(false);
    // Of which no service takes any.
    expect(isBearerToken(new UnsecuredJWT({ sub: 'carol' }).encode())).toBe(false);
  });

  it.each(['alice-key-0123456789', 'eyJhbGciOiJIUzI1NiJ9', 'sk.two.parts', 'eyJ.a b.c', ''])('%p is a key', (key) => {
    expect(isBearerToken(key)).toBe(false);
  });
});
