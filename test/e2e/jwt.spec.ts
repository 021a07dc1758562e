import { createHmac, generateKeyPairSync } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type JWTPayload, SignJWT } from 'jose';
import { agent, workflow } from '../../src/orchestration/definition/builder.js';
import { TestApp } from '../support/app.js';
import { KEYS } from '../support/client.js';

const secret = 'a secret of thirty-two bytes, or more';
const claims = { iss: 'https://issuer.example', aud: 'stepcast' };
const now = () => Math.floor(Date.now() / 1000);

let app: TestApp;
beforeAll(async () => {
  app = await TestApp.start({ streaming: { jwt: { secret, issuer: claims.iss, audience: claims.aud } } });
});
afterAll(() => app.close());

const sign = (payload: JWTPayload, { key = secret, alg = 'HS256' } = {}) =>
  new SignJWT({ ...claims, sub: 'carol', exp: now() + 60, ...payload }).setProtectedHeader({ alg }).sign(Buffer.from(key));
const bearer = (token: string) => app.as({ authorization: `Bearer ${token}` });
/** Of which the header says what it likes, and the signature is made of it by HMAC or not at all. */
const forge = (header: object, payload: object, signed = true) => {
  const text = [header, payload].map((part) => Buffer.from(JSON.stringify(part)).toString('base64url')).join('.');
  return `${text}.${signed ? createHmac('sha256', secret).update(text).digest('base64url') : ''}`;
};

describe('bearer tokens', () => {
  it('name their user, who owns what he starts', async () => {
    const carol = bearer(await sign({}));
    const id = await carol.start(workflow('own', agent('e', 'echo')));
    expect((await carol.follow(id)).at(-1)?.type).toBe('workflow_completed');
    expect((await app.alice.get(`/executions/${id}`)).status).toBe(404);
    expect((await bearer(await sign({ sub: 'dave' })).get(`/executions/${id}`)).status).toBe(404);
    expect((await bearer(await sign({ sub: 'dave', roles: ['admin'] })).get(`/executions/${id}`)).status).toBe(200);
    expect((await bearer(await sign({ sub: 'dave', roles: ['administrator'] })).get(`/executions/${id}`)).status).toBe(404);
    expect((await bearer(await sign({ sub: 'dave', roles: 'admin' })).get(`/executions/${id}`)).status).toBe(404);
  });

  it('are the same user as a key of that name', async () => {
    const id = await app.alice.start(workflow('own', agent('e', 'echo')));
    expect((await bearer(await sign({ sub: 'alice' })).get(`/executions/${id}`)).status).toBe(200);
  });

  const refused: [string, () => Promise<string> | string][] = [
    ['that have expired', () => sign({ exp: now() - 60 })],
    ['without exp', () => sign({ exp: undefined })],
    ['without sub', () => sign({ sub: undefined })],
    ['with an empty sub', () => sign({ sub: '' })],
    ['that are not valid yet', () => sign({ nbf: now() + 120 })],
    ['of another issuer', () => sign({ iss: 'https://other.example' })],
    ['for another audience', () => sign({ aud: 'others' })],
    ['without an issuer', () => sign({ iss: undefined })],
    ['signed with another secret', () => sign({}, { key: 'another secret of thirty-two bytes' })],
    ['signed with another algorithm', () => sign({}, { alg: 'HS512', key: 'x'.repeat(64) })],
    ['without a signature', () => forge({ alg: 'none' }, { ...claims, sub: 'carol', exp: now() + 60 }, false)],
    ['that say alg none and are signed', () => forge({ alg: 'none' }, { ...claims, sub: 'carol', exp: now() + 60 })],
    ['that say RS256 and are signed with the secret', () => forge({ alg: 'RS256' }, { ...claims, sub: 'carol', exp: now() + 60 })],
    ['of RS256', () => new SignJWT({ ...claims, sub: 'carol', exp: now() + 60 }).setProtectedHeader({ alg: 'RS256' }).sign(generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey)],
    ['with a critical header that nobody knows', () => forge({ alg: 'HS256', crit: ['x'], x: 1 }, { ...claims, sub: 'carol', exp: now() + 60 })],
    ['whose payload is no object', () => forge({ alg: 'HS256' }, ['carol'])],
    ['that are none', () => 'nonsense'],
    ['that are a key', () => KEYS.alice],
  ];
  it.each(refused)('%s are 401, with a challenge and nothing of the token in it', async (_what, make) => {
    const token = await make();
    for (const path of ['/executions', '/stream']) {
      const answer = await bearer(token).get(path);
      expect(answer).toMatchObject({ status: 401, json: { code: 'unauthenticated' } });
      expect(answer.headers['www-authenticate']).toMatch(/^Bearer/);
      expect(answer.text).not.toContain(token.split('.')[1] ?? token);
    }
  });

  it('in another form than Bearer <token> are 401', async () => {
    const token = await sign({});
    for (const authorization of [token, `Basic ${token}`, 'Bearer', 'Bearer ', `Bearer ${token} ${token}`, `Token ${token}`]) {
      expect([authorization.slice(0, 10), (await app.as({ authorization }).get('/executions')).status]).toEqual([authorization.slice(0, 10), 401]);
    }
    expect((await app.as({ authorization: `bearer ${token}` }).get('/executions')).status).toBe(200);
  });

  it('are taken in no other place, and with nothing beside them', async () => {
    const token = await sign({});
    expect((await app.as({ 'x-api-key': token }).get('/executions')).status).toBe(401);
    expect((await app.as({ authorization: `Bearer ${token}`, 'x-api-key': KEYS.alice }).get('/executions')).status).toBe(401);
    expect((await app.as(undefined).get(`/executions?access_token=${token}`)).status).toBe(401);
    expect((await app.as(undefined).get(`/stream?ticket=${token}`)).status).toBe(401);
  });
});
