/** OWASP ASVS 5.0.0, self-contained tokens (V9) and what of OAuth a service that takes tokens has to see to (V10.3), over HTTP; docs/security.md lists them. */
import { createPublicKey, generateKeyPairSync } from 'node:crypto';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { exportJWK, type JWTPayload, SignJWT } from 'jose';
import { agent, input, workflow } from '../../src/orchestration/definition/builder.js';
import { TestApp } from '../support/app.js';
import { JwksServer, signed, type SigningKey, signingKey } from '../support/jwks-server.js';
import { Web } from '../tools/support/web.js';
import { bearer, forged, inSeconds, SECRET } from './support/forged.js';

const CLAIMS = { iss: 'https://id.example', aud: 'stepcast' };
const quick = workflow('quick', agent('e', 'echo'));
const waiting = workflow('waiting', input('ask'));
const payload = (more: JWTPayload = {}) => ({ ...CLAIMS, sub: 'carol', exp: inSeconds(60), ...more });

let app: TestApp;
const statusOf = async (token: string) => (await app.as(bearer(token)).get('/executions')).status;
/** That each is refused as what it is, without a word of it in the answer, by lists and by streams. */
async function expectRefused(tokens: Record<string, string>): Promise<void> {
  for (const [what, token] of Object.entries(tokens)) {
    for (const path of ['/executions', '/stream']) {
      const answer = await app.as(bearer(token)).get(path);
      expect([what, path, answer.status, answer.json.code]).toEqual([what, path, 401, 'unauthenticated']);
      for (const part of token.split('.').filter(({ length }) => length > 12)) expect([what, answer.text.includes(part)]).toEqual([what, false]);
    }
  }
}

describe('tokens signed with the secret of the service', () => {
  const sign = (more: JWTPayload = {}, header: object = {}) => forged({ alg: 'HS256', ...header }, payload(more));
  beforeAll(async () => {
    app = await TestApp.start({ streaming: { jwt: { secret: SECRET, issuer: CLAIMS.iss, audience: CLAIMS.aud } } });
  });
  afterAll(() => app.close());

  it('V9.1.1 › one whose content, header or signature was changed, exchanged or left out is refused', async () => {
    const [good, other] = [sign(), sign({ sub: 'dave' })];
    expect(await statusOf(good)).toBe(200);
    const [head, body, signature] = good.split('.') as [string, string, string];
    const [otherHead, otherBody, otherSignature] = other.split('.') as [string, string, string];
    const flip = (text: string, at: number) => text.slice(0, at) + (text[at] === 'A' ? 'B' : 'A') + text.slice(at + 1);
    await expectRefused({
      'content of another': [head, otherBody, signature].join('.'), 'signature of another': [head, body, otherSignature].join('.'), 'a changed signature': [head, body, flip(signature, 5)].join('.'), 'no signature': [head, body, ''].join('.'),
      'half a signature': [head, body, signature.slice(0, 20)].join('.'), 'two parts': [head, body].join('.'), 'four parts': [head, body, signature, signature].join('.'), 'a changed content': [head, flip(body, 8), signature].join('.'),
      'a changed header': [Buffer.from('{"alg":"HS256","x":1}').toString('base64url'), body, signature].join('.'), 'another secret': forged({ alg: 'HS256' }, payload(), `${SECRET}!`), 'an empty secret': forged({ alg: 'HS256' }, payload(), ''),
      'an encrypted one': [otherHead, body, 'a', 'b', signature].join('.'), 'an unencoded payload': forged({ alg: 'HS256', b64: false, crit: ['b64'] }, payload()), 'no JSON': forged({ alg: 'HS256' }, 'carol'), 'a list': forged({ alg: 'HS256' }, [payload()]),
    });
  });

  it('V9.1.2 › one that names another algorithm than HS256 is refused, none in every writing first of all', async () => {
    const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
    const none = ['none', 'None', 'NONE', 'nOnE', '', ' none'].flatMap((alg): [string, string][] => [[`unsigned ${alg}`, forged({ alg }, payload(), null)], [`signed ${alg}`, forged({ alg }, payload())]]);
    await expectRefused({
      ...Object.fromEntries(none), 'no algorithm': forged({}, payload()), 'HS512 by the secret': forged({ alg: 'HS512' }, payload(), SECRET, 'sha512'), 'HS384 by the secret': forged({ alg: 'HS384' }, payload(), SECRET, 'sha384'), 'in small letters': forged({ alg: 'hs256' }, payload()),
      'RS256 by a key of its own': await new SignJWT(payload()).setProtectedHeader({ alg: 'RS256' }).sign(privateKey), 'RS256, signed with the secret': forged({ alg: 'RS256' }, payload()), 'a list of algorithms': forged({ alg: ['HS256', 'none'] }, payload()),
    });
  });

  it('V9.2.1 › one is taken from its nbf to its exp, with 30 s for clocks that differ, and not without an end', async () => {
    for (const within of [{ exp: inSeconds(-15) }, { nbf: inSeconds(15) }, { nbf: inSeconds(-60) }, { exp: 1e14 }]) expect([within, await statusOf(sign(within))]).toEqual([within, 200]);
    await expectRefused({
      'after its end': sign({ exp: inSeconds(-45) }), 'long after': sign({ exp: 0 }), 'before its beginning': sign({ nbf: inSeconds(60) }), 'without an end': sign({ exp: undefined }), 'an end that is a text': forged({ alg: 'HS256' }, { ...payload(), exp: String(inSeconds(60)) }),
      'an end that is null': forged({ alg: 'HS256' }, { ...payload(), exp: null }), 'a beginning that is a text': forged({ alg: 'HS256' }, { ...payload(), nbf: 'now' }), 'an end below zero': sign({ exp: -1 }),
    });
  });

  it('V9.2.2 › one of another kind is refused, by its type or by what it holds: ID and refresh tokens, notices of a logout', async () => {
    for (const typ of ['JWT', 'jwt', 'at+jwt', 'application/at+jwt', 'AT+JWT']) expect([typ, await statusOf(sign({}, { typ }))]).toEqual([typ, 200]);
    for (const access of [{ typ: 'Bearer' }, { token_use: 'access' }, { nonce: 'n' }]) expect([access, await statusOf(sign(access))]).toEqual([access, 200]);
    await expectRefused({
      'a logout token': sign({}, { typ: 'logout+jwt' }), 'an event': sign({}, { typ: 'secevent+jwt' }), 'a proof of possession': sign({}, { typ: 'dpop+jwt' }), 'something else': sign({}, { typ: 'JOSE' }),
      'the ID token of a code flow': sign({ at_hash: 'x' }), 'the ID token of a hybrid flow': sign({ c_hash: 'x' }), 'an ID token of Keycloak': sign({ typ: 'ID' }), 'a refresh token of Keycloak': sign({ typ: 'Refresh' }), 'an ID token of Cognito': sign({ token_use: 'id' }),
      'a logout token without a type': sign({ events: { 'http://schemas.openid.net/event/backchannel-logout': {} } }),
    });
  });

  it('V9.2.3 V10.3.1 › one that the issuer has made for others, or another issuer for us, is refused', async () => {
    expect(await statusOf(sign({ aud: ['other', 'stepcast'] }))).toBe(200);
    await expectRefused({
      'another audience': sign({ aud: 'other' }), 'no audience': sign({ aud: undefined }), 'a list without us': sign({ aud: ['other', 'stepcast2'] }), 'a longer name': sign({ aud: 'stepcast.example' }), 'other letters': sign({ aud: 'Stepcast' }), 'an empty list': sign({ aud: [] }),
      'an object': forged({ alg: 'HS256' }, { ...payload(), aud: { stepcast: true } }), 'another issuer': sign({ iss: 'https://id.example.evil' }), 'an issuer with a slash': sign({ iss: 'https://id.example/' }), 'no issuer': sign({ iss: undefined }),
    });
  });

  it('V10.3.2 › sub, roles and scope of a token decide together; a claim that cannot be read takes nothing away from the limit', async () => {
    const as = (more: JWTPayload) => app.as(bearer(sign(more)));
    const id = await as({}).start(waiting);
    const can = async (more: JWTPayload) => [
      (await as(more).get(`/executions/${id}`)).status, (await as(more).post('/executions', { workflow: quick })).status, (await as(more).get('/keys')).status,
    ];
    expect(await can({})).toEqual([200, 202, 403]);
    expect(await can({ scope: 'executions:read' })).toEqual([200, 403, 403]);
    expect(await can({ scope: '' })).toEqual([403, 403, 403]);
    expect(await can({ sub: 'dave' })).toEqual([404, 202, 403]);
    expect(await can({ sub: 'dave', roles: ['admin'] })).toEqual([200, 202, 200]);
    expect(await can({ sub: 'dave', roles: ['admin'], scope: 'executions:read' })).toEqual([200, 403, 403]);
    for (const roles of ['admin', { admin: true }, ['Admin'], [['admin']], 'user admin']) expect([roles, await can({ sub: 'dave', roles })]).toEqual([roles, [404, 202, 403]]);
    for (const scope of [1, true, null, {}, ['a', 1]]) expect([scope, await can({ scope })]).toEqual([scope, [401, 401, 401]]);
  });

  it('V10.3.3 › the user is the sub of the configured issuer, whatever other names a token has', async () => {
    const id = await app.as(bearer(sign({ sub: 'alice' }))).start(quick);
    const names = { preferred_username: 'alice', email: 'alice', name: 'alice', username: 'alice', uid: 'alice', client_id: 'alice', user: 'alice', upn: 'alice' };
    expect((await app.as(bearer(sign({ sub: 'mallory', ...names }))).get(`/executions/${id}`)).status).toBe(404);
    await expectRefused({ 'no sub': sign({ sub: undefined, ...names }), 'an empty sub': sign({ sub: '' }), 'a sub that is none': forged({ alg: 'HS256' }, { ...payload(), sub: ['alice'] }), 'half a character': sign({ sub: 'alice\ud800' }), 'a line break': sign({ sub: 'alice\n' }), 'too long': sign({ sub: 'a'.repeat(201) }) });
    for (const sub of ['Alice', 'alice ', ' alice', 'ａlice', 'alice\u200b']) expect([sub, (await app.as(bearer(sign({ sub }))).get(`/executions/${id}`)).status]).toEqual([sub, 404]);
  });
});

describe('tokens by the keys of an issuer', () => {
  const [first, other] = [signingKey('first', 'RS256'), signingKey('other', 'ES256')];
  let issuer: JwksServer;
  /** The attacker's own server of keys. */
  let evil: Web;
  beforeAll(async () => {
    evil = await Web.start();
  });
  afterAll(() => evil.close());
  afterEach(async () => {
    await app.close();
    await issuer.close();
  });
  const start = async (keys: SigningKey[], more: { algorithms?: string[]; caching?: object } = {}) => {
    issuer = await JwksServer.start(...keys);
    app = await TestApp.start({ streaming: { jwt: { jwksUrl: issuer.url, issuer: CLAIMS.iss, audience: CLAIMS.aud, ...more } } });
  };

  it('V9.1.2 › the public key of the issuer is no secret to sign with, in any of its forms, and a key signs by its own algorithm', async () => {
    await start([first, other]);
    expect(await statusOf(await signed(first, payload()))).toBe(200);
    const jwk = await exportJWK(first.publicKey);
    const pem = first.publicKey.export({ type: 'spki', format: 'pem' });
    const forms: Record<string, string | Buffer> = {
      pem, 'pem without its last line break': String(pem).trimEnd(), pkcs1: first.publicKey.export({ type: 'pkcs1', format: 'pem' }), der: first.publicKey.export({ type: 'spki', format: 'der' }),
      jwk: JSON.stringify(jwk), modulus: jwk.n as string, 'modulus in bytes': Buffer.from(jwk.n as string, 'base64url'), 'no key': '',
    };
    for (const hash of ['256', '384', '512']) {
      await expectRefused(Object.fromEntries(Object.entries(forms).map(([form, key]) => [`HS${hash} by ${form}`, forged({ alg: `HS${hash}`, kid: 'first' }, payload(), key, `sha${hash}`)])));
    }
    await expectRefused({
      none: forged({ alg: 'none', kid: 'first' }, payload(), null), 'RS256, by HMAC': forged({ alg: 'RS256', kid: 'first' }, payload(), pem), 'RS512 by a key for RS256': await signed(first, payload(), { alg: 'RS512' }),
      'the key of one and the id of the other': await signed(other, payload(), { kid: 'first' }), 'ES256 of zeros': `${forged({ alg: 'ES256', kid: 'other' }, payload(), null)}${Buffer.alloc(64).toString('base64url')}`,
    });
  });

  it('V9.1.2 › where the operator names the algorithms, others are refused, though the key is listed', async () => {
    await start([first, other], { algorithms: ['ES256'] });
    expect([await statusOf(await signed(other, payload())), await statusOf(await signed(first, payload()))]).toEqual([200, 401]);
  });

  it('V9.1.3 › a token brings no key and names no place for one: jwk, jku, x5c, x5u and ids that are paths lead nowhere', async () => {
    await start([first]);
    const own = signingKey('first', 'RS256');
    evil.serves('/keys.json', JSON.stringify({ keys: [{ ...(await exportJWK(own.publicKey)), kid: 'first', alg: 'RS256', use: 'sig' }] }), { 'content-type': 'application/json' });
    const jwk = await exportJWK(createPublicKey(own.privateKey));
    const url = evil.url('/keys.json');
    const headers: Record<string, object> = {
      'a key': { jwk }, 'a place of keys': { jku: url }, 'a place of certificates': { x5u: url }, certificates: { x5c: [own.publicKey.export({ type: 'spki', format: 'der' }).toString('base64')] }, 'a thumbprint': { x5t: 'x', 'x5t#S256': 'x' },
      'all of them': { jwk, jku: url, x5u: url }, 'an id that is a URL': { kid: url }, 'an id that is a path': { kid: '../../../../dev/null' }, 'an id that is a query': { kid: "first' UNION SELECT 'x" }, 'an id that is an object': { kid: { $ne: '' } }, 'no id': { kid: undefined },
      'an id that is a name of JavaScript': { kid: '__proto__' }, 'something critical': { crit: ['exp'], exp: 1 },
    };
    const make = (header: object) => new SignJWT(payload()).setProtectedHeader({ alg: 'RS256', kid: 'first', ...header }).sign(own.privateKey, { crit: { exp: true } });
    const tokens: Record<string, string> = {};
    for (const [what, header] of Object.entries(headers)) tokens[what] = await make(header);
    await expectRefused(tokens);
    // Empty keys that paths such as /dev/null stand for.
    await expectRefused({ 'an empty key': forged({ alg: 'HS256', kid: '../../../../dev/null' }, payload(), '') });
    expect([evil.visits, await statusOf(await signed(first, payload()))]).toEqual([[], 200]);
    // Ids that are made up have the keys fetched anew twice, and then once in half a minute, and not once each.
    expect(issuer.requests).toBeLessThan(4);
  });

  it('V7.6.1 › a key that the issuer has taken back lets nobody in any more, without a restart', async () => {
    await start([first], { caching: { cacheMs: 0, cooldownMs: 0, retryMs: 0 } });
    const token = await signed(first, payload());
    expect(await statusOf(token)).toBe(200);
    issuer.keys = [other];
    expect([await statusOf(token), await statusOf(await signed(other, payload()))]).toEqual([401, 200]);
  });
});
