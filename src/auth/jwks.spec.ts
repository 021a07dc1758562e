import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { createHmac, generateKeyPairSync } from 'node:crypto';
import { type Alg, JwksServer, signed, type SigningKey, signingKey } from '../../test/support/jwks-server.js';
import { JWKS_ALGORITHMS, type JwksUrlOptions, JwtVerifier, jwtWarnings } from './jwt.verifier.js';

const UNAVAILABLE = { code: 'authentication_unavailable', status: 503, options: { retryAfterSeconds: 1 } };
const UNAUTHENTICATED = { code: 'unauthenticated' };
const first = signingKey('first');
const second = signingKey('second');

describe('the keys of an issuer', () => {
  let issuer: JwksServer;
  beforeEach(async () => {
    issuer = await JwksServer.start(first);
  });
  afterEach(() => issuer.close());

  const verifier = (caching: JwksUrlOptions['caching'] = {}) => new JwtVerifier({ jwksUrl: issuer.url, caching });
  const user = async (by: JwtVerifier, key: SigningKey) => (await by.verify(await signed(key))).user;

  it.each<Alg>(['RS256', 'PS256', 'ES256', 'EdDSA'])('are fetched once, and check tokens of %s', async (alg) => {
    const key = signingKey('k', alg);
    issuer.keys = [first, key];
    const by = verifier();
    expect(await Promise.all([user(by, key), user(by, key), user(by, first)])).toEqual(['carol', 'carol', 'carol']);
    expect(await user(by, key)).toBe('carol');
    expect(issuer.requests).toBe(1);
  });

  it('are not fetched before the first token', () => {
    verifier();
    expect(issuer.requests).toBe(0);
  });

  it('are fetched anew for a key that is not among them: a rotation needs no restart', async () => {
    const by = verifier({ cooldownMs: 0 });
    expect(await user(by, first)).toBe('carol');
    issuer.keys = [second];
    expect(await user(by, second)).toBe('carol');
    await expect(user(by, first)).rejects.toMatchObject({ ...UNAUTHENTICATED, message: expect.stringContaining('does not list') });
  });

  it('are not fetched for each key that someone makes up', async () => {
    const by = verifier();
    expect(await user(by, first)).toBe('carol');
    const refused = async (kid: string) => expect(by.verify(await signed(second, {}, { kid }))).rejects.toMatchObject(UNAUTHENTICATED);
    for (let i = 0; i < 5; i++) await refused(`made-up-${i}`);
    expect(issuer.requests).toBe(3);
    await Promise.all(Array.from({ length: 20 }, (_, i) => refused(`made-up-at-once-${i}`)));
    expect(issuer.requests).toBe(3);
  });

  it('are fetched anew at once where they have just been fetched: a rotation does not wait', async () => {
    const by = verifier();
    expect(await user(by, first)).toBe('carol');
    issuer.keys = [first, second];
    expect(await Promise.all(Array.from({ length: 20 }, () => user(by, second)))).toEqual(Array(20).fill('carol'));
    expect(issuer.requests).toBe(2);
    const third = signingKey('third');
    issuer.keys = [second, third];
    expect(await user(by, third)).toBe('carol');
    expect(issuer.requests).toBe(3);
    await expect(user(by, first)).rejects.toMatchObject(UNAUTHENTICATED);
  });

  it('are fetched once for tokens by a key that is not among them, where they are the first', async () => {
    const by = verifier();
    // Made before: one that came when the keys are there would have them fetched anew.
    const tokens = await Promise.all(Array.from({ length: 20 }, () => signed(second)));
    await Promise.all(tokens.map((token) => expect(by.verify(token)).rejects.toMatchObject(UNAUTHENTICATED)));
    expect(issuer.requests).toBe(1);
  });

  it('are fetched anew when they are old, and a key that is gone then is not taken any more', async () => {
    const by = verifier({ cacheMs: 0 });
    expect(await user(by, first)).toBe('carol');
    issuer.keys = [second];
    await expect(user(by, first)).rejects.toMatchObject(UNAUTHENTICATED);
    expect(await user(by, second)).toBe('carol');
  });

  it.each<[string, (issuer: JwksServer) => unknown]>([
    ['is gone', (server) => server.close()],
    ['answers 500', (server) => (server.instead = (response) => response.writeHead(500).end())],
    ['answers with a page', (server) => (server.instead = (response) => response.end('<html>'))],
    ['answers with other JSON', (server) => (server.instead = (response) => response.end('{"keys":7}'))],
    ['answers with more than any set of keys has', (server) => (server.instead = (response) => response.end(JSON.stringify({ keys: [], more: 'x'.repeat(2 ** 20) })))],
    ['leads elsewhere', (server) => (server.instead = (response) => response.writeHead(302, { location: '/other' }).end())],
    ['does not answer', (server) => (server.instead = () => undefined)],
  ])('that cannot be had, as their server %s, are nobody\'s fault: 503, and back by themselves', async (_how, fail) => {
    await fail(issuer);
    const by = verifier({ retryMs: 0, timeoutMs: 4000 });
    const error = await user(by, first).catch((reason: unknown) => reason);
    expect(error).toMatchObject(UNAVAILABLE);
    expect(String((error as Error).cause)).toContain(issuer.url);
    issuer.instead = undefined;
    await issuer.close();
    await issuer.open();
    expect(await user(by, first)).toBe('carol');
  });

  it('that are known go on while they cannot be fetched; whether another one is new nobody can tell', async () => {
    const by = verifier({ cacheMs: 0, cooldownMs: 0 });
    expect(await user(by, first)).toBe('carol');
    await issuer.close();
    expect(await user(by, first)).toBe('carol');
    await expect(user(by, second)).rejects.toMatchObject(UNAVAILABLE);
    await expect(by.verify(await signed({ ...first, privateKey: second.privateKey }))).rejects.toMatchObject(UNAUTHENTICATED);
  });

  it('that are known are not waited for again and again, while their server does not answer', async () => {
    const by = verifier({ cacheMs: 0, retryMs: 0, timeoutMs: 4000 });
    expect(await user(by, first)).toBe('carol');
    issuer.instead = () => undefined;
    for (let i = 0; i < 4; i++) expect(await user(by, first)).toBe('carol');
    expect(issuer.requests).toBe(2);
  });

  it('that are known do not go on for ever', async () => {
    const by = verifier({ cacheMs: 0, staleMs: 0 });
    expect(await user(by, first)).toBe('carol');
    await issuer.close();
    await expect(user(by, first)).rejects.toMatchObject(UNAVAILABLE);
  });

  it('are left alone for a while after a failure, however many ask', async () => {
    issuer.instead = (response) => response.writeHead(500).end();
    const by = verifier({ retryMs: 60_000 });
    for (let i = 0; i < 5; i++) await expect(user(by, first)).rejects.toMatchObject(UNAVAILABLE);
    expect(issuer.requests).toBe(1);
  });

  it('check a token by none of them where it does not say by which and several could be', async () => {
    issuer.keys = [first, second];
    const by = verifier();
    await expect(by.verify(await signed(first, {}, { kid: undefined }))).rejects.toMatchObject({ ...UNAUTHENTICATED, message: expect.stringContaining('kid') });
    issuer.keys = [first];
    expect((await verifier().verify(await signed(first, {}, { kid: undefined }))).user).toBe('carol');
  });

  it('take no token that chooses its algorithm: no HMAC with a public key, no none, no other kind than their own', async () => {
    const rsa = signingKey('rsa', 'RS256');
    issuer.keys = [rsa];
    const by = verifier();
    const exp = Math.floor(Date.now() / 1000) + 60;
    const forge = (header: object, sign: (text: string) => string) => {
      const text = [header, { sub: 'carol', exp }].map((part) => Buffer.from(JSON.stringify(part)).toString('base64url')).join('.');
      return `${text}.${sign(text)}`;
    };
    const pem = rsa.publicKey.export({ type: 'spki', format: 'pem' });
    for (const alg of ['HS256', 'HS384', 'HS512']) {
      await expect(by.verify(forge({ alg, kid: 'rsa' }, (text) => createHmac(alg.replace('HS', 'sha'), pem).update(text).digest('base64url')))).rejects.toMatchObject({ ...UNAUTHENTICATED, message: expect.stringContaining('RS256') });
    }
    for (const alg of ['none', 'None', 'RS1', '']) await expect(by.verify(forge({ alg, kid: 'rsa' }, () => ''))).rejects.toMatchObject(UNAUTHENTICATED);
    // Of the right key, by an algorithm that the issuer's own entry does not name.
    await expect(by.verify(await signed(rsa, {}, { alg: 'PS256' }))).rejects.toMatchObject(UNAUTHENTICATED);
    // A key that the token brings along is not looked at.
    const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const own = { kid: 'rsa', alg: 'ES256' as const, privateKey, publicKey };
    await expect(by.verify(await signed(own, {}, { jwk: publicKey.export({ format: 'jwk' }), jku: issuer.url } as object))).rejects.toMatchObject(UNAUTHENTICATED);
    expect(await user(by, rsa)).toBe('carol');
  });

  it('come with a warning where anyone could put in their own, or tokens for others are taken', () => {
    const [issuerAndAudience, url] = [{ issuer: 'i', audience: 'a' }, 'https://id.example/keys'];
    expect(jwtWarnings({ jwksUrl: url, ...issuerAndAudience })).toEqual([]);
    expect(jwtWarnings({ jwksUrl: 'http://127.0.0.1:1/keys', ...issuerAndAudience })).toEqual([]);
    expect(jwtWarnings({ secret: 'x'.repeat(32) })).toEqual([]);
    for (const options of [{ issuer: 'i' }, { audience: 'a' }, {}]) expect(jwtWarnings({ jwksUrl: url, ...options })).toEqual([expect.stringContaining('STEPCAST_JWT_AUDIENCE')]);
    for (const host of ['id.example', '127.0.0.1.evil.example', 'localhost.example']) expect(jwtWarnings({ jwksUrl: `http://${host}/keys`, ...issuerAndAudience })).toEqual([expect.stringContaining('https')]);
  });

  it('take the algorithms that are configured, and no others', async () => {
    const rsa = signingKey('rsa', 'RS256');
    issuer.keys = [rsa, first];
    const narrow = new JwtVerifier({ jwksUrl: issuer.url, algorithms: ['ES256'] });
    expect(await user(narrow, first)).toBe('carol');
    await expect(user(narrow, rsa)).rejects.toMatchObject({ ...UNAUTHENTICATED, message: expect.stringContaining('not signed with ES256') });
    for (const algorithms of [[], ['HS256'], ['none'], ['RS256', 'HS256']]) {
      expect(() => new JwtVerifier({ jwksUrl: issuer.url, algorithms })).toThrow(expect.objectContaining({ code: 'invalid_input' }));
    }
    for (const jwksUrl of ['', 'keys.json', 'file:///etc/keys', 'data:,{}']) expect(() => new JwtVerifier({ jwksUrl })).toThrow(expect.objectContaining({ code: 'invalid_input' }));
    expect(JWKS_ALGORITHMS.filter((name) => /^HS|none/i.test(name))).toEqual([]);
  });
});
