import { createHmac, generateKeyPairSync } from 'node:crypto';
import { inspect } from 'node:util';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { SignJWT, UnsecuredJWT } from 'jose';
import { StepcastError } from '../contract/errors.js';
import { type JwtSecretOptions, JwtVerifier } from './jwt.verifier.js';
import { type Principal } from './principal.js';

const SECRET = 'a secret of thirty-two bytes, or more';
const bytes = new TextEncoder().encode(SECRET);
const NOW = Date.UTC(2026, 10, 20);
const seconds = NOW / 1000;

const sign = (claims: Record<string, unknown>, alg = 'HS256', secret: Parameters<SignJWT['sign']>[0] = bytes) =>
  new SignJWT({ sub: 'alice', exp: seconds + 600, ...claims }).setProtectedHeader({ alg }).sign(secret);
const verifier = (options: Partial<JwtSecretOptions> = {}) => new JwtVerifier({ secret: SECRET, now: () => NOW, ...options });

async function refusal(token: string, by = verifier()): Promise<string> {
  const error: unknown = await by.verify(token).then(() => undefined, (reason: unknown) => reason);
  expect(error).toBeInstanceOf(StepcastError);
  const { code, message, cause } = error as StepcastError;
  expect({ code, cause }).toEqual({ code: 'unauthenticated', cause: undefined });
  for (const part of token.split('.')) if (part.length > 8) expect(message).not.toContain(part);
  return message;
}

describe('JwtVerifier', () => {
  it('answers the user, the roles and the end of a good token', async () => {
    const principal = await verifier().verify(await sign({ roles: ['admin', 'x'] }));
    expect(principal).toEqual({
      user: 'alice', roles: ['admin', 'x'], expiresAt: (seconds + 600) * 1000,
    });
  });

  it('takes the secret as bytes too, and keeps it from view', async () => {
    await expect(verifier({ secret: bytes }).verify(await sign({}))).resolves.toMatchObject({ user: 'alice' });
    const shown = inspect(verifier(), { depth: Infinity, showHidden: true });
    expect(shown).not.toContain('thirty-two');
    expect(shown).not.toContain(inspect(Buffer.from(SECRET)).slice(8, 40));
  });

  it('refuses a secret of fewer than 32 bytes', () => {
    expect(() => verifier({ secret: 'x'.repeat(31) })).toThrow(expect.objectContaining({ code: 'invalid_input', message: expect.stringContaining('32') }));
    expect(() => verifier({ secret: 'ü'.repeat(16) })).not.toThrow();
  });

  it.each([['a string', 'admin'], ['a list with others', ['admin', 7]], ['an object', { admin: true }], ['null', null]])(
    'ignores a roles claim that is %s', async (_name, roles) => {
      await expect(verifier().verify(await sign({ roles }))).resolves.toMatchObject({ roles: [] });
    });

  it.each<[string, Record<string, unknown>, string[] | undefined]>([
    ['no claim', {}, undefined], ['a text', { scope: 'executions:read  workflows:run' }, ['executions:read', 'workflows:run']], ['an empty text', { scope: '' }, []], ['a list', { scopes: ['a', 'b'] }, ['a', 'b']],
    ['an empty list', { scopes: [] }, []], ['a list as scope', { scope: ['a'] }, ['a']], ['a text as scopes', { scopes: 'a b' }, ['a', 'b']], ['both', { scope: 'a', scopes: ['b'] }, ['a']],
  ])('limits a token to its scopes: %s', async (_name, claims, scopes) => {
    expect((await verifier().verify(await sign(claims))).scopes).toEqual(scopes);
  });

  it.each([['a number', 1], ['an object', {}], ['true', true], ['null', null], ['a list with others', ['a', 1]]])('refuses a scope claim that is %s: to pass it by would take a limit away', async (_name, scope) => {
    expect(await refusal(await sign({ scope }))).toMatch(/scope claim is of the wrong type/);
    expect(await refusal(await sign({ scopes: scope }))).toMatch(/scope claim is of the wrong type/);
  });

  it('takes a token up to 30 s past its exp and before its nbf', async () => {
    await expect(verifier().verify(await sign({ exp: seconds - 29, nbf: seconds + 30 }))).resolves.toMatchObject({ user: 'alice' });
    expect(await refusal(await sign({ exp: seconds - 30 }))).toMatch(/expired; get a new one/);
    expect(await refusal(await sign({ nbf: seconds + 31 }))).toMatch(/not valid yet/);
  });

  it('P15: a principal is valid exactly as long as its token is taken', async () => {
    let now = NOW;
    const moving = verifier({ now: () => now });
    const token = await sign({ exp: seconds + 600 });
    const identity = await moving.verify(token);
    const principal: Principal = { roles: [], ...identity, method: 'jwt', credentialId: 'c' };
    now = NOW + 629_999;
    expect(await moving.isStillValid(principal)).toBe(true);
    await expect(moving.verify(token)).resolves.toEqual(identity);
    now = NOW + 630_000;
    expect(await moving.isStillValid(principal)).toBe(false);
    await expect(moving.verify(token)).rejects.toThrow(/expired/);
  });

  it('demands exp and sub', async () => {
    expect(await refusal(await sign({ exp: undefined }))).toMatch(/exp claim is missing/);
    expect(await refusal(await sign({ sub: undefined }))).toMatch(/sub claim is missing/);
    const body = (claims: object) => ['{"alg":"HS256"}', JSON.stringify(claims)].map((part) => Buffer.from(part).toString('base64url')).join('.');
    const typed = body({ sub: 'alice', exp: `${seconds + 600}` });
    expect(await refusal(`${typed}.${createHmac('sha256', SECRET).update(typed).digest('base64url')}`)).toMatch(/exp claim is of the wrong type/);
  });

  it.each([['null', null], ['true', true], ['a number', 5], ['an object', { toString: 1 }], ['a list', ['JWT']]])('refuses a typ that is %s, and passes by a claim of that name', async (_name, typ) => {
    const signed = [{ alg: 'HS256', typ }, { sub: 'alice', exp: seconds + 600 }].map((part) => Buffer.from(JSON.stringify(part)).toString('base64url')).join('.');
    expect(await refusal(`${signed}.${createHmac('sha256', SECRET).update(signed).digest('base64url')}`)).toMatch(/its type \(typ\)/);
    await expect(verifier().verify(await sign({ typ, token_use: typ }))).resolves.toMatchObject({ user: 'alice' });
  });

  it.each<[string, Record<string, unknown>, string]>([
    ['typ', {}, 'logout+jwt'], ['at_hash', { at_hash: 'x' }, 'JWT'], ['c_hash', { c_hash: 'x' }, 'JWT'], ['events', { events: {} }, 'JWT'],
    ['typ', { typ: 'ID' }, 'JWT'], ['typ', { typ: 'Refresh' }, 'JWT'], ['typ', { typ: 'Offline' }, 'JWT'], ['typ', { typ: 'Logout' }, 'JWT'], ['token_use', { token_use: 'id' }, 'JWT'], ['token_use', { token_use: 'refresh' }, 'JWT'],
  ])('refuses a token of another kind, as its %s says: %j, %s', async (name, claims, typ) => {
    const token = await new SignJWT({ sub: 'alice', exp: seconds + 600, ...claims }).setProtectedHeader({ alg: 'HS256', typ }).sign(bytes);
    expect(await refusal(token)).toMatch(new RegExp(`\\b${name}\\b.*send an access token`));
  });

  it.each<[Record<string, unknown>, string]>([[{}, 'JWT'], [{}, 'at+jwt'], [{}, 'application/AT+JWT'], [{ typ: 'Bearer' }, 'JWT'], [{ token_use: 'access' }, 'JWT'], [{ nonce: 'n' }, 'JWT']])('takes an access token that says so: %j %s', async (claims, typ) => {
    const token = await new SignJWT({ sub: 'alice', exp: seconds + 600, ...claims }).setProtectedHeader({ alg: 'HS256', typ }).sign(bytes);
    await expect(verifier().verify(token)).resolves.toMatchObject({ user: 'alice' });
  });

  it.each([['empty', ''], ['too long', 'a'.repeat(201)], ['with a line break', 'a\nb'], ['with NUL', 'a\u0000'], ['a lone surrogate', '\ud800'], ['a number', 7], ['a list', ['alice']]])(
    'refuses a sub that is %s', async (_name, sub) => {
      expect(await refusal(await sign({ sub }))).toMatch(/sub claim does not name a user/);
    });

  it('bounds an end beyond all dates', async () => {
    const { expiresAt } = await verifier().verify(await sign({ exp: 1e300 }));
    expect(new Date(expiresAt ?? NaN).getTime()).toBe(8.64e15);
  });

  it('checks issuer and audience where they are set, and only there', async () => {
    const strict = verifier({ issuer: 'https://issuer.example', audience: ['stepcast', 'other'] });
    await expect(strict.verify(await sign({ iss: 'https://issuer.example', aud: 'stepcast' }))).resolves.toMatchObject({ user: 'alice' });
    await expect(strict.verify(await sign({ iss: 'https://issuer.example', aud: ['x', 'other'] }))).resolves.toMatchObject({ user: 'alice' });
    expect(await refusal(await sign({ iss: 'https://evil.example', aud: 'stepcast' }), strict)).toMatch(/iss claim is not the one/);
    expect(await refusal(await sign({ iss: 'https://issuer.example', aud: 'x' }), strict)).toMatch(/aud claim is not the one/);
    expect(await refusal(await sign({ aud: 'stepcast' }), strict)).toMatch(/iss claim is missing/);
    await expect(verifier().verify(await sign({ iss: 'anyone', aud: 'anything' }))).resolves.toMatchObject({ user: 'alice' });
  });

  it('refuses a signature by another secret, and a token that was changed', async () => {
    expect(await refusal(await sign({}, 'HS256', new TextEncoder().encode('y'.repeat(32))))).toMatch(/signature does not match/);
    const [header, , signature] = (await sign({})).split('.');
    const payload = Buffer.from(JSON.stringify({ sub: 'root', roles: ['admin'], exp: seconds + 600 })).toString('base64url');
    expect(await refusal(`${header}.${payload}.${signature}`)).toMatch(/signature does not match/);
  });

  it('refuses none and every algorithm but HS256, with the same secret too', async () => {
    const unsecured = new UnsecuredJWT({ sub: 'alice', exp: seconds + 600 }).encode();
    expect(await refusal(unsecured)).toMatch(/HS256|malformed/);
    const long = new TextEncoder().encode('z'.repeat(64));
    for (const alg of ['HS384', 'HS512']) expect(await refusal(await sign({}, alg, long), verifier({ secret: long }))).toMatch(/not signed with HS256/);
    const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
    expect(await refusal(await sign({}, 'RS256', privateKey))).toMatch(/not signed with HS256/);
    const [, payload] = (await sign({})).split('.');
    for (const alg of ['none', 'None', 'hs256']) {
      const header = Buffer.from(JSON.stringify({ alg })).toString('base64url');
      expect(await refusal(`${header}.${payload}.`)).toMatch(/HS256|malformed/);
    }
  });

  it('refuses any text that is no token as malformed', async () => {
    for (const text of ['', '.', '..', 'key-of-alice', 'a.b.c', 'eyJhbGciOiJIUzI1NiJ9.e30.', `${await sign({})}.x`]) expect(await refusal(text)).not.toBe('');
    expect(await refusal('key-of-alice')).toMatch(/malformed.*X-API-Key/);
    const part = fc.string({ unit: 'binary', maxLength: 60 });
    await fc.assert(fc.asyncProperty(fc.array(part, { maxLength: 5 }), async (parts) => void (await refusal(parts.join('.')))));
  });
});
