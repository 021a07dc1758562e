/** OWASP ASVS 5.0.0 over HTTP: keys and tickets (V7) and access control (V8); docs/security.md lists them. HTTP itself (V4) is in asvs-5-http.spec.ts, tokens (V9) in asvs-5-tokens.spec.ts. */
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { SCOPES } from '../../src/auth/scopes.js';
import { MemoryTicketStore, TICKET_LIFETIME_MS, TicketStore } from '../../src/auth/ticket.store.js';
import { agent, input, workflow } from '../../src/orchestration/definition/builder.js';
import { TestApp } from '../support/app.js';
import { type Client, KEYS } from '../support/client.js';
import { MarkdownPage } from '../support/markdown.js';
import { type EventReader, isFarewell } from '../support/sse.js';
import { bearer, forged, inSeconds, SECRET } from './support/forged.js';
import { AttackedService } from './support/service.js';

const page = new MarkdownPage('docs/security.md');
const JSON_ONLY = { accept: 'application/json' };
const quick = workflow('quick', agent('e', 'echo'));
const waiting = workflow('waiting', input('ask'));

describe('keys, tickets and the streams that they open', () => {
  let app: TestApp;
  /** Milliseconds that have gone by for tickets: their time goes on only where a test says so. */
  let aheadMs = 0;
  beforeEach(async () => {
    aheadMs = 0;
    const madeAt = Date.now();
    const tickets = new MemoryTicketStore({ now: () => madeAt + aheadMs, ticks: () => aheadMs });
    // The clock of rights finds nothing within a test: what is revoked ends at once.
    app = await TestApp.start({ streaming: { rightsCheckMs: 30_000, jwt: { secret: SECRET } }, override: (builder) => builder.overrideProvider(TicketStore).useValue(tickets) });
  });
  afterEach(() => app.close());

  const add = async (body: object) => (await app.root.post('/keys', body)).json as { id: string; key: string };
  const by = ({ key }: { key: string }): Client => app.as({ 'x-api-key': key });
  const ticketOf = async (client: Client, path = '/tickets') => ((await client.post(path)).json as { ticket: string }).ticket;

  it('V7.2.1 V8.3.1 › are checked by the service that made them, with each request: those of another one, and what a client says of itself, open nothing', async () => {
    const other = await TestApp.start({ streaming: { jwt: { secret: `${SECRET} of another` } } });
    try {
      const { key } = (await other.root.post('/keys', { user: 'root', roles: ['admin'] })).json as { key: string };
      expect((await other.as({ 'x-api-key': key }).get('/keys')).status).toBe(200);
      const foreign = [{ 'x-api-key': key }, bearer(forged({ alg: 'HS256' }, { sub: 'root', roles: ['admin'], exp: inSeconds(60) }, `${SECRET} of another`))];
      for (const credential of foreign) expect((await app.as(credential).get('/executions')).status).toBe(401);
      expect((await app.as(undefined).get(`/stream?ticket=${await ticketOf(other.alice)}`)).status).toBe(401);
    } finally {
      await other.close();
    }
    expect((await app.as(undefined).get('/executions?user=root&admin=true', { cookie: 'user=root; admin=true', 'x-admin': 'true' })).status).toBe(401);
  });

  it('V7.2.2 › tickets are made anew for each connection, and a key may be given an end and a limit', async () => {
    const tickets = await Promise.all([1, 2].map(() => ticketOf(app.alice)));
    expect(new Set(tickets).size).toBe(2);
    expect(tickets.some((ticket) => ticket.includes('alice') || ticket.includes(KEYS.alice))).toBe(false);
    const limited = by(await add({ user: 'carol', scopes: ['executions:read'], expiresAt: new Date(Date.now() + 60_000).toISOString() }));
    expect([(await limited.get('/executions')).status, (await limited.post('/executions', { workflow: quick })).status]).toEqual([200, 403]);
  });

  it('V7.2.3 › have 256 random bits each, and none is like another', async () => {
    const made = [...await Promise.all(Array.from({ length: 200 }, () => ticketOf(app.alice))), ...(await Promise.all(Array.from({ length: 50 }, () => add({ user: 'carol' })))).map(({ key }) => key)];
    const secrets = made.map((text) => /^(?:tkt|stc)_([A-Za-z0-9_-]{43})$/.exec(text)?.[1] ?? '');
    expect([secrets.filter((secret) => Buffer.from(secret, 'base64url').length !== 32), new Set(secrets).size, new Set(secrets.map((secret) => secret.slice(0, 12))).size, new Set(secrets.map((secret) => secret.slice(-12))).size]).toEqual([[], 250, 250, 250]);
    // Every bit is one about as often as not: with 250 of them, 60 or fewer either way is out of reach of chance.
    const ones = Array.from({ length: 256 }, (_, bit) => secrets.filter((secret) => ((Buffer.from(secret, 'base64url')[bit >> 3] as number) >> (bit & 7)) & 1).length);
    expect(ones.filter((count) => count <= 60 || count >= 190)).toEqual([]);
  });

  it('V7.3.1 V7.3.2 › end by themselves: a ticket that is not used within a minute, and a key and its streams at their time', async () => {
    const id = await app.alice.start(waiting);
    const [late, inTime] = [await ticketOf(app.alice, `/executions/${id}/tickets`), await ticketOf(app.alice, `/executions/${id}/tickets`)];
    const open = async (ticket: string) => {
      const reader = await app.as(undefined).openExecution(id, `?ticket=${ticket}`);
      reader.close();
      return reader.status;
    };
    aheadMs = TICKET_LIFETIME_MS - 1;
    expect(await open(inTime)).toBe(200);
    aheadMs = TICKET_LIFETIME_MS;
    expect(await open(late)).toBe(401);
    /** A key with a stream of it. On a busy machine a short life may be over before that is open. */
    const opened = async (lifeMs = 1000): Promise<{ added: { id: string; key: string }; reader: EventReader }> => {
      const added = await add({ user: 'alice', expiresAt: new Date(Date.now() + lifeMs).toISOString() });
      const stream = added.key === undefined ? undefined : await by(added).openExecution(id);
      return stream?.status === 200 ? { added, reader: stream } : opened(lifeMs * 2);
    };
    const { added, reader } = await opened();
    expect([reader.status, await reader.whenEnded(), reader.frames.at(-1)?.data]).toEqual([200, 'end', expect.stringContaining('has expired')]);
    expect((await by(added).get('/executions')).status).toBe(401);
  });

  it('V7.4.1 V7.4.2 V7.4.5 V8.3.2 › end at once when an admin revokes them, all of a user\'s too: requests, unused tickets and open streams; others go on', async () => {
    const [first, second] = [await add({ user: 'carol', roles: ['admin'] }), await add({ user: 'carol' })];
    const id = await by(first).start(waiting);
    const unused = await Promise.all([ticketOf(by(first)), ticketOf(by(second), `/executions/${id}/tickets`)]);
    const used = await ticketOf(by(second));
    const streams = await Promise.all([by(first).openExecution(id), by(second).open('/stream'), app.as(undefined).open(`/stream?ticket=${used}`)]);
    const others = await app.root.openExecution(id);
    for (const stream of [...streams, others]) await stream.untilEvent('input_required');
    expect((await by(first).get('/keys')).status).toBe(200);
    const { keys } = (await app.root.get('/keys')).json as { keys: { id: string; user: string }[] };
    for (const key of keys.filter(({ user }) => user === 'carol')) expect((await app.root.request('DELETE', `/keys/${key.id}`)).status).toBe(204);
    for (const stream of streams) {
      expect(await stream.whenEnded()).toBe('end');
      const last = stream.frames.at(-1);
      expect(last && isFarewell(last)).toBe(true);
    }
    for (const key of [first, second]) for (const path of ['/keys', '/executions', `/executions/${id}`]) expect([path, (await by(key).get(path)).status]).toEqual([path, 401]);
    expect([(await app.as(undefined).get(`/stream?ticket=${unused[0]}`)).status, (await app.as(undefined).get(`/executions/${id}/stream?ticket=${unused[1]}`)).status]).toEqual([401, 401]);
    expect((await app.root.post(`/executions/${id}/input`, { value: 1 })).status).toBe(202);
    expect(await others.whenEnded()).toBe('end');
    expect(others.events.at(-1)?.type).toBe('workflow_completed');
  });

  it('V7.6.2 › no request leaves a session behind: no cookie is set or taken, and each one says anew who it is', async () => {
    const answers = [await app.alice.get('/executions'), await app.alice.post('/executions', { workflow: quick }), await app.alice.post('/tickets'), await app.as(undefined).get('/executions')];
    for (const { headers } of answers) expect(headers['set-cookie']).toBeUndefined();
    for (const cookie of [`x-api-key=${KEYS.alice}`, `authorization=${KEYS.alice}`, 'session=alice']) expect([cookie, (await app.as({ cookie }).get('/executions')).status]).toEqual([cookie, 401]);
  });
});

describe('who may do what', () => {
  let service: AttackedService;
  beforeAll(async () => {
    service = await AttackedService.start({ STEPCAST_JWT_SECRET: SECRET });
  });
  afterAll(() => service.close());

  const carol = (claims: object = {}) => service.as(bearer(forged({ alg: 'HS256' }, { sub: 'carol', exp: inSeconds(300), ...claims })));

  it('V8.1.1 V8.2.1 › is, route by route, what docs/security.md says: with the scope it is open, without it, or to nobody, it is not', async () => {
    const id = await carol().start(waiting);
    const rows = page.table('access').map(([route = '', scopes = '', others = '']) => ({ route: route.replaceAll('`', ''), scopes: [...scopes.matchAll(/`([^`]+)`/g)].map(([, scope]) => scope as string), others }));
    expect(rows.map(({ route }) => route).sort()).toEqual(service.routes().map(({ method, path }) => `${method} ${path}`).sort());
    const bodies: Record<string, object> = { 'POST /api/v1/executions': { workflow: {} }, 'POST /api/v1/executions/{id}/input': { stepId: 'none', value: 1 }, 'POST /api/v1/keys': {} };
    for (const { route, scopes, others } of rows) {
      const [method, path] = route.split(' ') as [string, string];
      const ask = async (client: Client) => {
        // Each comes to a refusal of its own behind the door, so that nothing is done: what is asked here is the door.
        const target = path === '/api/v1/keys/{id}' || path.includes('{name}') ? path.replaceAll(/\{\w+\}/g, 'none') : path.replaceAll(/\{\w+\}/g, path.endsWith('/cancel') ? 'none' : id);
        return (await client.request(method, `/${target}${path.endsWith('/stream') ? '?types=none' : ''}`, { headers: JSON_ONLY, ...(method === 'POST' ? { body: bodies[route] ?? {} } : {}) })).status;
      };
      if (scopes.length === 0 && others === 'everybody') {
        expect([route, (await ask(service.as())) === 401]).toEqual([route, false]);
        continue;
      }
      expect([route, await ask(service.as())]).toEqual([route, 401]);
      for (const missing of scopes) expect([route, missing, await ask(carol({ scopes: SCOPES.filter((scope) => scope !== missing) }))]).toEqual([route, missing, 403]);
      if (scopes.length > 0) expect([route, (await ask(carol({ scopes }))) === 403]).toEqual([route, false]);
      if (others === 'admins') expect([route, await ask(carol()), (await ask(service.as('root'))) === 403]).toEqual([route, 403, false]);
    }
    expect([...new Set(rows.flatMap(({ scopes }) => scopes))].sort()).toEqual([...SCOPES].sort());
    await carol().post(`/executions/${id}/cancel`, {});
  });

  it('V8.1.2 V8.2.3 › fields that are for some are for these alone: owners of executions for admins, a key for who adds it, once', async () => {
    const rows = Object.fromEntries(page.table('fields').map(([field = '', ...cells]) => [field.replaceAll('`', ''), cells]));
    expect(Object.keys(rows).sort()).toEqual(['executions[].user', 'key', 'queuePosition', 'user, status, progress, …']);
    const id = await carol().start(quick);
    await carol().follow(id);
    const listed = async (client: Client) => ((await client.get('/executions')).json as { executions: { id: string; user?: string }[] }).executions.find((each) => each.id === id);
    expect([(await listed(carol()))?.user, (await listed(service.as('root')))?.user, await listed(service.as('alice'))]).toEqual([undefined, 'carol', undefined]);
    const { key, id: keyId } = (await service.as('root').post('/keys', { user: 'carol' })).json as { key: string; id: string };
    expect((await service.as('root').get('/keys')).text.includes(key)).toBe(false);
    expect((await service.as('root').get(`/keys/${keyId}`)).status).toBe(404);
    expect((await carol().post('/executions', { workflow: quick, user: 'alice' })).json).toMatchObject({ code: 'invalid_request', errors: [{ path: '/user' }] });
  });

  it('V8.2.2 V8.4.1 › users are kept apart while they do the same at the same time, by the same names: neither is sent anything of the other', async () => {
    const [alice, bob] = [service.as('alice'), service.as('bob')];
    const theirs = (client: Client) => Promise.all(Array.from({ length: 5 }, (_, n) => client.post('/executions', { workflow: { ...quick, name: 'same' }, sessionId: 'same', input: n }, { 'idempotency-key': `same-${n}` })));
    const readers = await Promise.all([alice, bob].map((client) => client.open('/stream?from=latest')));
    for (const client of [alice, bob]) expect((await client.post('/workflows', { ...quick, name: 'same' })).status).toBe(201);
    const ids = (await Promise.all([theirs(alice), theirs(bob)])).map((answers) => answers.map(({ json }) => (json as { id: string }).id));
    expect(new Set(ids.flat()).size).toBe(10);
    for (const [i, reader] of readers.entries()) {
      const [own, foreign] = [ids[i] as string[], ids[1 - i] as string[]];
      for (const id of own) await reader.until((frame) => frame.event === 'workflow_completed' && (frame.data ?? '').includes(id));
      reader.close();
      expect(reader.frames.filter(({ data = '' }) => foreign.some((id) => data.includes(id)))).toEqual([]);
    }
    for (const [i, client] of [alice, bob].entries()) {
      const { text } = await client.get('/executions?sessionId=same&workflow=same&limit=200');
      expect([(ids[i] as string[]).every((id) => text.includes(id)), (ids[1 - i] as string[]).some((id) => text.includes(id))]).toEqual([true, false]);
    }
    expect((await alice.request('DELETE', '/workflows/same')).status).toBe(204);
    expect((await bob.get('/workflows/same')).status).toBe(200);
  });

  it('V8.1.3 V8.1.4 V8.2.4 › where a request comes from is no right: it counts failed attempts, of its own address, and nothing else', async () => {
    const said = page.table('context').map(([attribute = '']) => attribute);
    expect(said).toEqual(['address of the connection', 'time', '`Origin`']);
    await using strict = await AttackedService.disposable({ STEPCAST_RATE_LIMIT: '2/3600', STEPCAST_TRUST_PROXY: 'loopback' });
    const from = (address: string, key = 'guess') => strict.as({ 'x-api-key': key }).get('/executions', { 'x-forwarded-for': address });
    expect([(await from('203.0.113.1')).status, (await from('203.0.113.1')).status, (await from('203.0.113.1')).status]).toEqual([401, 401, 429]);
    expect([(await from('203.0.113.1', KEYS.alice)).status, (await from('203.0.113.2', KEYS.alice)).status]).toEqual([429, 200]);
    for (const address of ['127.0.0.1', '10.0.0.1', '::1']) expect([address, (await strict.as().get('/executions', { 'x-forwarded-for': address })).status]).toEqual([address, 401]);
  });

  it('V8.4.2 › the routes of admins take no address for a right, no ticket, no limited credential, and no expired one', async () => {
    const id = await service.as('root').start(quick);
    const { ticket } = (await service.as('root').post('/tickets')).json as { ticket: string };
    const scoped = carol({ roles: ['admin'], scopes: [...SCOPES] });
    const expired = carol({ roles: ['admin'], exp: inSeconds(-60) });
    for (const [method, path] of [['GET', '/keys'], ['POST', '/keys'], ['DELETE', '/keys/x']] as const) {
      const ask = async (client: Client, query = '') => (await client.request(method, `${path}${query}`, method === 'POST' ? { body: { user: 'eve', roles: ['admin'] } } : {})).status;
      expect([path, await ask(service.as()), await ask(service.as(), `?ticket=${ticket}`), await ask(scoped), await ask(expired), await ask(service.as('alice'))]).toEqual([path, 401, 401, 403, 401, 403]);
    }
    expect((await service.as('root').get(`/executions/${id}`)).status).toBe(200);
  });
});
