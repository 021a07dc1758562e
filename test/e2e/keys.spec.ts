import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { Controller, Get, UseGuards } from '@nestjs/common';
import { AuthGuard } from '../../src/auth/auth.guard.js';
import { type AuthenticationRequest, Authenticator } from '../../src/auth/authenticator.js';
import { type Principal } from '../../src/auth/principal.js';
import { RequireScope, ScopeGuard } from '../../src/auth/scope.guard.js';
import { SCOPES } from '../../src/auth/scopes.js';
import { TokenVerifier, type TokenIdentity } from '../../src/auth/token.verifier.js';
import { StepcastError } from '../../src/contract/errors.js';
import { agent, workflow } from '../../src/orchestration/definition/builder.js';
import { StreamRights } from '../../src/streaming/sse/stream.rights.js';
import { TestApp } from '../support/app.js';
import { assertWhole } from '../support/assert-whole.js';
import { type Client, KEYS } from '../support/client.js';
import { type EventReader, isFarewell } from '../support/sse.js';

const waiting = workflow('waiting', agent('g', 'gate'));

interface Added {
  id: string;
  key: string;
}

let app: TestApp;
afterEach(() => app.close());

describe('keys that admins add', () => {
  beforeEach(async () => {
    app = await TestApp.start({ streaming: { rightsCheckMs: 30_000 } });
  });

  const add = async (body: object): Promise<Added> => {
    const answer = await app.root.post('/keys', body);
    expect([answer.status, answer.text]).toEqual([201, expect.any(String)]);
    return answer.json as Added;
  };
  const by = ({ key }: Added): Client => app.as({ 'x-api-key': key });

  it('let their user in at once, with their roles and scopes, and over a restart', async () => {
    const [carol, admin, limited] = [await add({ user: 'carol' }), await add({ user: 'ada', roles: ['admin'] }), await add({ user: 'carol', scopes: ['executions:read'] })];
    const id = await by(carol).start(workflow('w', agent('e', 'echo')));
    for (const [added, status, post] of [[carol, 200, 202], [admin, 200, 202], [limited, 200, 403]] as const) {
      expect([(await by(added).get(`/executions/${id}`)).status, (await by(added).post('/executions', { workflow: waiting })).status]).toEqual([status, post]);
    }
    expect((await app.alice.get(`/executions/${id}`)).status).toBe(404);
    expect((await by(admin).get('/keys')).status).toBe(200);
    app = await app.restart();
    expect((await by(carol).get(`/executions/${id}`)).status).toBe(200);
    expect((await by(limited).post('/executions', { workflow: waiting })).status).toBe(403);
  });

  it('are listed beside those of the configuration, by an id that opens nothing', async () => {
    const added = await add({ user: 'carol', name: 'import', scopes: ['executions:read'], expiresAt: '2099-01-01T00:00:00Z' });
    const { keys } = (await app.root.get('/keys')).json as { keys: { id: string; user: string; origin: string }[] };
    expect(keys.map(({ user, origin }) => `${user} ${origin}`)).toEqual(['alice configured', 'bob configured', 'root configured', 'carol stored']);
    expect(keys.at(-1)).toMatchObject({ id: added.id, name: 'import', roles: [], scopes: ['executions:read'], createdBy: 'root', expiresAt: '2099-01-01T00:00:00.000Z', lastUsedAt: null });
    for (const { id } of keys) expect((await app.as({ 'x-api-key': id }).get('/executions')).status).toBe(401);
    expect((await by(added).get('/executions')).status).toBe(200);
    expect(((await app.root.get('/keys')).json as { keys: { lastUsedAt: string | null }[] }).keys.at(-1)?.lastUsedAt).toMatch(/^20/);
  });

  it('are nowhere in the files of the journal', async () => {
    const { key } = await add({ user: 'carol' });
    expect((await app.as({ 'x-api-key': key }).get('/executions')).status).toBe(200);
    for (const name of readdirSync(app.dataDir)) expect([name, readFileSync(join(app.dataDir, name)).includes(key.slice(4))]).toEqual([name, false]);
  });

  it('P15: are void at once when they are revoked: requests, tickets and streams, which are told; what they started goes on', async () => {
    const [added, other] = [await add({ user: 'carol' }), await add({ user: 'carol' })];
    const id = await by(added).start(waiting);
    const { ticket } = (await by(added).post(`/executions/${id}/tickets`)).json as { ticket: string };
    const { ticket: unused } = (await by(added).post(`/executions/${id}/tickets`)).json as { ticket: string };
    const streams = await Promise.all([by(added).openExecution(id), by(added).open('/stream'), app.as(undefined).openExecution(id, `?ticket=${ticket}`)]);
    const lasting = await by(other).openExecution(id);
    for (const stream of [...streams, lasting]) await stream.untilEvent('step_started');

    // It finds them by itself within half a minute: that it looks at once is seen of it alone.
    const look = jest.spyOn(app.nest.get(StreamRights), 'checkAll');
    expect((await app.root.request('DELETE', `/keys/${added.id}`)).status).toBe(204);
    expect(look).toHaveBeenCalled();
    for (const stream of streams) {
      expect(await stream.whenEnded()).toBe('end');
      const last = stream.frames.at(-1);
      expect(last && isFarewell(last)).toBe(true);
      expect(last?.data).toContain('the key that this stream was opened with is not taken any more');
    }
    expect((await by(added).get('/executions')).status).toBe(401);
    expect((await app.as(undefined).openExecution(id, `?ticket=${unused}`)).status).toBe(401);
    expect((await app.root.request('DELETE', `/keys/${added.id}`)).status).toBe(404);
    app.stage.gate(id, 'g').open();
    await lasting.whenEnded();
    assertWhole(lasting.events);
  });

  it('of the configuration cannot be revoked, and stay good', async () => {
    const { keys } = (await app.root.get('/keys')).json as { keys: { id: string }[] };
    for (const { id } of keys) expect(await app.root.request('DELETE', `/keys/${id}`)).toMatchObject({ status: 409, json: { code: 'conflict' } });
    expect((await app.alice.get('/executions')).status).toBe(200);
  });

  it('end at their time', async () => {
    const id = await by(await add({ user: 'carol' })).start(waiting);
    /** A key with a stream of it. On a busy machine a short life may be over before that is open. */
    const opened = async (lifeMs = 1000): Promise<{ added: Added; stream: EventReader }> => {
      const { status, json } = await app.root.post('/keys', { user: 'carol', expiresAt: new Date(Date.now() + lifeMs).toISOString() });
      const stream = status === 201 ? await by(json as Added).openExecution(id) : undefined;
      return stream?.status === 200 ? { added: json as Added, stream } : opened(lifeMs * 2);
    };
    const { added, stream } = await opened();
    expect(await stream.whenEnded()).toBe('end');
    expect(stream.frames.at(-1)?.data).toContain('the key that this stream was opened with has expired');
    // Who has the whole key is told why; who has not learns nothing of it.
    expect(await by(added).get('/executions')).toMatchObject({ status: 401, json: { code: 'unauthenticated', detail: expect.stringMatching(/^the API key has expired at 20\S+Z; ask an admin for a new one$/) } });
    expect((await app.as({ 'x-api-key': `${added.key.slice(0, -1)}${added.key.endsWith('A') ? 'E' : 'A'}` }).get('/executions')).json).toMatchObject({ detail: expect.stringContaining('not known here') });
    app.stage.gate(id, 'g').open();
  });

  it('are for admins to see, add and revoke', async () => {
    const { id } = await add({ user: 'carol' });
    const widened = await add({ user: 'alice', roles: ['admin'], scopes: ['workflows:run'] });
    for (const [client, status] of [[app.alice, 403], [by(widened), 403], [app.as(undefined), 401]] as const) {
      for (const [method, path] of [['GET', '/keys'], ['POST', '/keys'], ['DELETE', `/keys/${id}`]] as const) {
        expect([method, (await client.request(method, path, { body: { user: 'alice', roles: ['admin'] } })).status]).toEqual([method, status]);
      }
    }
    expect(((await app.root.get('/keys')).json as { keys: object[] }).keys).toHaveLength(5);
  });

  it('are refused with every fault of a body that makes none', async () => {
    const bodies: [string, object][] = [
      ['/user', {}], ['/user', { user: '' }], ['/user', { user: 1 }], ['/user', { user: 'a\nb' }], ['/user', { user: 'a'.repeat(201) }], ['/user', { user: '\ud800' }],
      ['/name', { user: 'a', name: '' }], ['/name', { user: 'a', name: 1 }], ['/roles', { user: 'a', roles: 'admin' }], ['/roles', { user: 'a', roles: [1] }], ['/roles', { user: 'a', roles: ['a b'] }],
      ['/scopes', { user: 'a', scopes: ['x'.repeat(101)] }], ['/scopes', { user: 'a', scopes: Array(51).fill('a') }], ['/scopes', { user: 'a', scopes: {} }],
      ['/expiresAt', { user: 'a', expiresAt: 'soon' }], ['/expiresAt', { user: 'a', expiresAt: '2020-01-01T00:00:00Z' }], ['/expiresAt', { user: 'a', expiresAt: 4e12 }], ['/key', { user: 'a', key: 'my-own' }],
    ];
    for (const [path, body] of bodies) {
      const answer = await app.root.post('/keys', body);
      expect([body, answer.status, (answer.json as { errors: { path: string }[] }).errors[0]?.path.startsWith(path)]).toEqual([body, 400, true]);
    }
  });
});

describe('scopes of keys', () => {
  const faultsOf = async (scopes: string[]) => {
    const answer = await app.root.post('/keys', { user: 'carol', scopes });
    return [answer.status, (answer.json as { errors?: unknown }).errors];
  };

  it('are those there are: others would make a key that opens nothing', async () => {
    app = await TestApp.start();
    const known = `known are ${SCOPES.join(', ')}`;
    expect(await faultsOf([...SCOPES, 'workflow:run', 'all'])).toEqual([400, [
      { path: '/scopes/4', message: `"workflow:run" is not a scope; did you mean workflows:run? (${known})` },
      { path: '/scopes/5', message: `"all" is not a scope (${known})` },
    ]]);
    expect(((await app.root.get('/keys')).json as { keys: object[] }).keys).toHaveLength(3);
    for (const scopes of [[...SCOPES], []]) expect(await faultsOf(scopes)).toEqual([201, undefined]);
    expect((await app.root.post('/keys', { user: 'carol', roles: ['an-own-one'], scopes: null })).status).toBe(201);
  });

  it('may be an app\'s own, which its controllers and providers ask for', async () => {
    @Controller('reports')
    @UseGuards(AuthGuard, ScopeGuard)
    class Base {
      @Get()
      @RequireScope('reports:read')
      read(): string {
        return 'read';
      }
    }
    @Controller('reports')
    class Reports extends Base {}
    @RequireScope('reports:live')
    class Live {}
    app = await TestApp.start({ controllers: [Reports], providers: [Live, { provide: 'a', useValue: null }, { provide: 'b', useFactory: () => 1 }] });
    expect(await faultsOf(['reports:live'])).toEqual([201, undefined]);
    expect(await faultsOf(['report:read'])).toEqual([400, [{ path: '/scopes/0', message: expect.stringMatching(/did you mean reports:read\? \(known are .*reports:read, reports:live\)$/) }]]);
    const { key } = (await app.root.post('/keys', { user: 'carol', scopes: ['reports:read'] })).json as Added;
    expect(await app.as({ 'x-api-key': key }).get('//reports')).toMatchObject({ status: 200, text: 'read' });
  });
});

describe('an app with users of its own', () => {
  it('that bring tokens of another kind says whose they are, until when and for what; keys stay as they are', async () => {
    const sessions = new Map<string, TokenIdentity>([['s-1', { user: 'carol' }], ['s-2', { user: 'ada', roles: ['admin'] }], ['s-3', { user: 'carol', scopes: ['executions:read'] }], ['s-4', { user: 'a\u0000' }]]);
    class Sessions extends TokenVerifier {
      async verify(token: string): Promise<TokenIdentity> {
        const session = sessions.get(token);
        if (!session) throw new StepcastError('unauthenticated', 'this session is over; log in');
        return session;
      }
      override async isStillValid({ user }: Principal): Promise<boolean> {
        return [...sessions.values()].some((session) => session.user === user);
      }
    }
    app = await TestApp.start({ streaming: { tokenVerifier: new Sessions(), rightsCheckMs: 50 } });
    const session = (token: string) => app.as({ authorization: `Bearer ${token}` });
    const id = await session('s-1').start(waiting);
    expect(await Promise.all(['s-1', 's-2', 's-3', 's-4', 's-5'].map(async (token) => (await session(token).get(`/executions/${id}`)).status))).toEqual([200, 200, 200, 401, 401]);
    expect((await session('s-3').post(`/executions/${id}/cancel`)).status).toBe(403);
    expect((await session('s-5').get('/executions')).json).toMatchObject({ detail: 'this session is over; log in' });
    expect((await app.as({ 'x-api-key': KEYS.alice }).get('/executions')).status).toBe(200);
    expect((await session('s-2').post('/keys', { user: 'carol' })).status).toBe(201);
    const stream = await session('s-1').openExecution(id);
    await stream.untilEvent('step_started');
    for (const token of ['s-1', 's-3']) sessions.delete(token);
    expect(await stream.whenEnded()).toBe('end');
    expect(stream.frames.at(-1)?.data).toContain('the token that this stream was opened with is not taken any more');
    app.stage.gate(id, 'g').open();
  });

  it('that it knows in another way has no keys here', async () => {
    class Everybody extends Authenticator {
      async authenticate(_request: AuthenticationRequest): Promise<Principal> {
        return { user: 'root', roles: ['admin'], method: 'custom', credentialId: 'x' };
      }
      async isStillValid(): Promise<boolean> {
        return true;
      }
    }
    app = await TestApp.start({ streaming: { authenticator: new Everybody() } });
    for (const [method, path] of [['GET', '/keys'], ['POST', '/keys'], ['DELETE', '/keys/x']] as const) {
      expect((await app.root.request(method, path, { body: { user: 'x' } })).json).toMatchObject({ code: 'not_found', detail: expect.stringContaining('authenticator of its own') });
    }
  });
});
