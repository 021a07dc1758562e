import { describe, expect, it } from '@jest/globals';
import { SignJWT } from 'jose';
import { ApiKeyStore } from './api-key.store.js';
import { type AuthenticationRequest } from './authenticator.js';
import { DefaultAuthenticator } from './default.authenticator.js';
import { JwtVerifier } from './jwt.verifier.js';
import { type Principal } from './principal.js';
import { type TokenIdentity, TokenVerifier } from './token.verifier.js';

const SECRET = 'a secret of thirty-two bytes, or more';
let now = Date.UTC(2026, 10, 20);
const apiKeys = new ApiKeyStore([{ user: 'alice', key: 'key-of-alice' }, { user: 'root', key: 'key-of-root', roles: ['admin'] }]);
const jwt = new JwtVerifier({ secret: SECRET, now: () => now });
const authenticator = new DefaultAuthenticator({ apiKeys, tokens: jwt });
const tokenOf = (sub: string) => new SignJWT({ sub }).setExpirationTime(now / 1000 + 60).setProtectedHeader({ alg: 'HS256' }).sign(new TextEncoder().encode(SECRET));
const ask = (headers: AuthenticationRequest['headers'], rawHeaders?: string[]) => authenticator.authenticate({ headers, ...(rawHeaders && { rawHeaders }) });
const refused = (message: RegExp) => expect.objectContaining({ code: 'unauthenticated', status: 401, message: expect.stringMatching(message) });

describe('DefaultAuthenticator', () => {
  it('knows users by X-API-Key and by bearer token', async () => {
    await expect(ask({ 'x-api-key': 'key-of-alice' })).resolves.toMatchObject({ user: 'alice', method: 'api_key' });
    await expect(ask({ authorization: `Bearer ${await tokenOf('bob')}` })).resolves.toMatchObject({ user: 'bob', method: 'jwt' });
    await expect(ask({ authorization: `bearer   ${await tokenOf('bob')}` })).resolves.toMatchObject({ user: 'bob' });
  });

  it('takes each kind in its own header alone', async () => {
    await expect(ask({ authorization: 'Bearer key-of-alice' })).rejects.toEqual(refused(/malformed.*X-API-Key/));
    await expect(ask({ 'x-api-key': await tokenOf('bob') })).rejects.toEqual(refused(/API key is not known/));
  });

  it('says what to send where nothing was sent', async () => {
    await expect(ask({})).rejects.toEqual(refused(/send "X-API-Key: <key>" or "Authorization: Bearer <JWT>"$/));
    await expect(new DefaultAuthenticator({ apiKeys }).authenticate({ headers: {} })).rejects.toEqual(refused(/send "X-API-Key: <key>"$/));
    await expect(new DefaultAuthenticator({ tokens: jwt }).authenticate({ headers: {} })).rejects.toEqual(refused(/send "Authorization: Bearer <JWT>"$/));
  });

  it('refuses the kind it was not given', async () => {
    const headers = { authorization: `Bearer ${await tokenOf('bob')}` };
    await expect(new DefaultAuthenticator({ apiKeys }).authenticate({ headers })).rejects.toEqual(refused(/not taken here; send "X-API-Key/));
    await expect(new DefaultAuthenticator({ tokens: jwt }).authenticate({ headers: { 'x-api-key': 'key-of-alice' } })).rejects.toEqual(refused(/not taken here; send "Auth/));
    expect(() => new DefaultAuthenticator({})).toThrow(expect.objectContaining({ code: 'invalid_input' }));
  });

  it('refuses both headers at once, right ones and empty ones too', async () => {
    const authorization = `Bearer ${await tokenOf('alice')}`;
    await expect(ask({ 'x-api-key': 'key-of-alice', authorization })).rejects.toEqual(refused(/send one of them/));
    await expect(ask({ 'x-api-key': '', authorization })).rejects.toEqual(refused(/send one of them/));
    await expect(ask({ 'x-api-key': 'key-of-alice', authorization: '' })).rejects.toEqual(refused(/send one of them/));
  });

  it('refuses a header that was sent twice, the same twice too', async () => {
    const authorization = `Bearer ${await tokenOf('alice')}`;
    await expect(ask({ 'x-api-key': ['key-of-alice', 'key-of-alice'] })).rejects.toEqual(refused(/x-api-key was sent more than once/));
    await expect(ask({ authorization: [authorization, authorization] })).rejects.toEqual(refused(/authorization was sent more than once/));
    await expect(ask({ authorization }, ['Authorization', authorization, 'AUTHORIZATION', 'Bearer x'])).rejects.toEqual(refused(/authorization was sent more/));
    await expect(ask({ 'x-api-key': ['key-of-alice'] }, ['X-Api-Key', 'key-of-alice', 'Cookie', 'x-api-key'])).resolves.toMatchObject({ user: 'alice' });
  });

  it.each(['Basic YWxpY2U6a2V5', 'Bearer', 'Bearer ', 'Bearer a b', 'Token abc', 'Bearerabc', ''])('refuses Authorization: %j', async (authorization) => {
    await expect(ask({ authorization })).rejects.toEqual(refused(/does not hold a bearer token; send/));
  });

  it.each(['', 'key-of-alic', 'key-of-alice2', 'key-of-alice, key-of-root'])('refuses X-API-Key: %j, without repeating it', async (key) => {
    await expect(ask({ 'x-api-key': key })).rejects.toEqual(refused(/^the API key is not known here; check it for a slip, or ask for a new one$/));
  });

  it('P15: a right ends with its key', async () => {
    const principal = await ask({ 'x-api-key': 'key-of-alice' });
    expect(await authenticator.isStillValid(principal)).toBe(true);
    const without = new DefaultAuthenticator({ apiKeys: new ApiKeyStore([{ user: 'root', key: 'key-of-root' }]), tokens: jwt });
    expect(await without.isStillValid(principal)).toBe(false);
    expect(await new DefaultAuthenticator({ tokens: jwt }).isStillValid(principal)).toBe(false);
  });

  it('P15: a right ends with its token', async () => {
    const principal = await ask({ authorization: `Bearer ${await tokenOf('bob')}` });
    expect(await authenticator.isStillValid(principal)).toBe(true);
    now += 89_999;
    expect(await authenticator.isStillValid(principal)).toBe(true);
    now += 1;
    expect(await authenticator.isStillValid(principal)).toBe(false);
  });

  it('P15: a ticket is good as long as the credential it was asked for with', async () => {
    const viaTicket = ({ method, ...principal }: Principal): Principal => ({ ...principal, method: 'ticket', ...(method !== 'ticket' && { origin: method }) });
    const byKey = viaTicket(await ask({ 'x-api-key': 'key-of-root' }));
    const byToken = viaTicket(await ask({ authorization: `Bearer ${await tokenOf('bob')}` }));
    expect(await authenticator.isStillValid(byKey)).toBe(true);
    expect(await authenticator.isStillValid(byToken)).toBe(true);
    now += 90_000;
    expect(await authenticator.isStillValid(byKey)).toBe(true);
    expect(await authenticator.isStillValid(byToken)).toBe(false);
    expect(await new DefaultAuthenticator({ tokens: jwt }).isStillValid(byKey)).toBe(false);
  });

  it.each(['', 'a'.repeat(201), 'a\nb', '\ud800', 7])('takes no user from a verifier of the app\'s own that cannot be one: %j', async (user) => {
    class Own extends TokenVerifier {
      async verify(): Promise<TokenIdentity> {
        return { user: user as string };
      }
    }
    const own = new DefaultAuthenticator({ tokens: new Own() });
    await expect(own.authenticate({ headers: { authorization: 'Bearer x' } })).rejects.toEqual(refused(/does not name a user/));
  });

  it('vouches for no principal of another authenticator', async () => {
    expect(await authenticator.isStillValid({ user: 'alice', roles: [], method: 'custom', credentialId: 'x' })).toBe(false);
    expect(await authenticator.isStillValid({ user: 'alice', roles: [], method: 'ticket', credentialId: 'x' })).toBe(false);
  });
});
