/** Tokens of an issuer whose keys are behind a URL: a real server of keys, and the service's API, over sockets. */
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { type JWTPayload } from 'jose';
import { agent, workflow } from '../../src/orchestration/definition/builder.js';
import { TestApp } from '../support/app.js';
import { assertWhole } from '../support/assert-whole.js';
import { JwksServer, signed, type SigningKey, signingKey } from '../support/jwks-server.js';

const [first, second] = [signingKey('first', 'RS256'), signingKey('second', 'EdDSA')];
const claims = { iss: 'https://id.example', aud: 'stepcast' };
const waiting = workflow('waiting', agent('g', 'gate'));
const seconds = () => Math.floor(Date.now() / 1000);

let issuer: JwksServer;
let app: TestApp;
beforeEach(async () => {
  issuer = await JwksServer.start(first);
  app = await TestApp.start({ streaming: { rightsCheckMs: 50, jwt: { jwksUrl: issuer.url, issuer: claims.iss, audience: claims.aud, caching: { cooldownMs: 0, cacheMs: 0, retryMs: 0 } } } });
});
afterEach(async () => {
  await app.close();
  await issuer.close();
});

const bearer = async (key: SigningKey, more: JWTPayload = {}) => app.as({ authorization: `Bearer ${await signed(key, { ...claims, ...more })}` });

describe('tokens by the keys of an issuer', () => {
  it('are let in over a rotation of the keys, without a restart, and not by a key that is gone', async () => {
    expect((await (await bearer(first)).get('/executions')).status).toBe(200);
    issuer.keys = [first, second];
    for (const key of [first, second]) expect((await (await bearer(key)).get('/executions')).status).toBe(200);
    issuer.keys = [second];
    expect((await (await bearer(second)).get('/executions')).status).toBe(200);
    expect(await (await bearer(first)).get('/executions')).toMatchObject({ status: 401, json: { code: 'unauthenticated' } });
  });

  it.each<[string, JWTPayload]>([
    ['of another issuer', { iss: 'https://other.example' }], ['of none', { iss: undefined }], ['for another service', { aud: 'other' }], ['for none', { aud: undefined }],
    ['that have expired', { exp: seconds() - 60 }], ['without an end', { exp: undefined }], ['without a user', { sub: undefined }], ['not yet valid', { nbf: seconds() + 3600 }],
  ])('%s are 401', async (_what, more) => {
    expect(await (await bearer(first, more)).get('/executions')).toMatchObject({ status: 401, json: { code: 'unauthenticated' } });
  });

  it('within 30 s of clocks that differ are let in', async () => {
    for (const more of [() => ({ exp: seconds() - 5 }), () => ({ nbf: seconds() + 20 })]) expect((await (await bearer(first, more())).get('/executions')).status).toBe(200);
  });

  it('that cannot be checked, as the issuer is down, are 503 and not 401; streams that are open, and known keys, go on', async () => {
    const carol = await bearer(first);
    const id = await carol.start(waiting);
    const reader = await carol.openExecution(id);
    await reader.untilEvent('step_started');
    await issuer.close();
    const refused = await (await bearer(second)).get('/executions');
    expect(refused).toMatchObject({ status: 503, headers: { 'retry-after': '1' }, json: { code: 'authentication_unavailable' } });
    expect(refused.headers['www-authenticate']).toBeUndefined();
    expect((await carol.get(`/executions/${id}`)).status).toBe(200);
    app.stage.gate(id, 'g').open();
    expect(await reader.whenEnded()).toBe('end');
    assertWhole(reader.events);
    await issuer.open();
    issuer.keys = [second];
    expect((await (await bearer(second)).get('/executions')).status).toBe(200);
  });

  it('that cannot be checked cost nobody an attempt: an outage locks no address out', async () => {
    await app.close();
    await issuer.close();
    app = await TestApp.start({ streaming: { rateLimit: { points: 3, seconds: 3600 }, jwt: { jwksUrl: issuer.url, caching: { retryMs: 0 } } } });
    for (let i = 0; i < 6; i++) expect((await (await bearer(first)).get('/executions')).status).toBe(503);
    await issuer.open();
    expect((await (await bearer(first)).get('/executions')).status).toBe(200);
  });
});
