/** The OWASP API Security Top 10 of 2023 as attacks on the service, over HTTP; docs/security.md lists them. Requests that the service sends itself are in owasp-api-2023-outgoing.spec.ts. */
import { statSync } from 'node:fs';
import { join } from 'node:path';
import { brotliCompressSync, deflateSync, gzipSync } from 'node:zlib';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { STORED_LIMITS } from '../../src/contract/definition.js';
import { type ExecutionEvent } from '../../src/contract/events.js';
import { Journal } from '../../src/journal/journal.js';
import { agent, input, iteration, workflow } from '../../src/orchestration/definition/builder.js';
import { Service } from '../openapi/support/service.js';
import { tempDir, TestApp } from '../support/app.js';
import { type Answer, API, Client, KEYS, type Started } from '../support/client.js';
import { eventually } from '../support/patience.js';
import { ServiceProcess } from '../support/process.js';
import { sendRaw, statusesIn } from './support/raw.js';
import { AttackedService } from './support/service.js';

const SSE = { accept: 'text/event-stream' };
const waiting = workflow('waiting', input('ask'));
const gated = workflow('gated', agent('g', 'gate'));
const quick = workflow('quick', agent('e', 'echo'));
const codeOf = ({ status, json }: Answer) => [status, (json as { code?: string } | undefined)?.code];

describe('a service with the users alice, bob and the admin root', () => {
  /** Its clients hold every answer against the OpenAPI document, whose objects are closed. */
  let service: Service;
  beforeAll(async () => {
    service = await Service.start();
  });
  afterAll(() => service.close());

  const startWaiting = async (client: Client, workflow: Parameters<Client['start']>[0] = waiting): Promise<string> => {
    const id = await client.start(workflow);
    const reader = await client.openExecution(id);
    await reader.untilEvent('input_required');
    reader.close();
    return id;
  };

  it('API1:2023 › what is another user\'s answers as if it were not there, on every route with an id, and nothing happens to it', async () => {
    await service.alice.post('/workflows', { ...waiting, name: 'secret' });
    const id = await startWaiting(service.alice, 'secret');
    const before = await service.alice.status(id);
    const bob = new Client(service.base, 'bob');
    /** Bodies that would do something to what the id stands for. */
    const bodyOf = (path: string, of: string): object | undefined => {
      if (path.includes('/chat/')) return { id: 'c', messages: [{ id: of, role: 'assistant', parts: [] }] };
      if (path.includes('/ag-ui/')) return { threadId: 't', runId: 'r', state: {}, messages: [{ id: 'm', role: 'user', content: 'x' }], tools: [], context: [], forwardedProps: {} };
      return path.endsWith('/input') ? { value: 1 } : {};
    };
    const routes = service.contract.operations.filter(({ path, spec }) => path.includes('{') && !spec.tags?.includes('keys'));
    expect(routes.length).toBeGreaterThan(8);
    for (const operation of routes) {
      const ask = (of: string, name: string) => bob.request(operation.method, `/${operation.path.replaceAll(/\{(\w+)\}/g, (_all, parameter) => (parameter === 'id' ? of : name))}`, {
        ...(operation.method === 'POST' ? { body: bodyOf(operation.path, of) } : {}), headers: SSE,
      });
      const [foreign, unknown] = [await ask(id, 'secret'), await ask('none', 'nosuch')];
      // A chat that is not there has nothing to go on with: that is no refusal.
      expect([operation.id, foreign.status]).toEqual([operation.id, operation.path.startsWith('/api/v1/chat/') && operation.method === 'GET' ? 204 : 404]);
      expect([foreign.status, foreign.text.replaceAll(id, 'none').replaceAll('secret', 'nosuch')]).toEqual([unknown.status, unknown.text]);
    }
    const own = await startWaiting(service.bob);
    for (const named of [id, `${own},${id}`]) expect(codeOf(await service.bob.get(`/stream?executions=${named}`, SSE))).toEqual([404, 'not_found']);
    expect(await service.alice.status(id)).toEqual(before);
    expect((await service.alice.get('/workflows/secret')).status).toBe(200);
    for (const [client, each] of [[service.alice, id], [service.bob, own]] as const) await client.post(`/executions/${each}/cancel`, {});
  });

  it('API1:2023 › lists, filters, cursors and idempotency keys lead to nothing of another user', async () => {
    const key = { 'idempotency-key': 'order-1' };
    const hers = (await service.alice.post('/executions', { workflow: quick, sessionId: 's-1' }, key)).json as Started;
    const his = (await service.bob.post('/executions', { workflow: quick, sessionId: 's-1' }, key)).json as Started;
    expect(his.id).not.toBe(hers.id);
    for (const id of [hers.id, his.id]) await service.root.follow(id);
    // Cursors that are made up, and go back to the beginning of everything.
    const listCursor = Buffer.from('o999999').toString('base64url');
    // His own comes after hers: what is before it would have been sent.
    const readers = await Promise.all(['m0', 'm0.1:0.2:0.3:0'].map((cursor) => service.bob.open(`/stream?lastEventId=${cursor}`)));
    for (const reader of readers) {
      await reader.until((frame) => frame.event === 'workflow_completed' && (frame.data ?? '').includes(his.id));
      reader.close();
      expect(reader.frames.some(({ data = '' }) => data.includes(hers.id))).toBe(false);
    }
    const answers = await Promise.all([
      service.bob.get('/executions?limit=200'), service.bob.get('/executions?sessionId=s-1'), service.bob.get(`/executions?cursor=${listCursor}`), service.bob.get('/executions?workflow=quick&status=completed'),
      service.bob.get(`/stream?executions=${his.id}`, SSE), service.bob.get(`/stream?executions=${his.id}&lastEventId=m0`, SSE),
    ]);
    for (const { text } of answers) expect([text.includes(his.id), text.includes(hers.id)]).toEqual([true, false]);
  });

  it('API3:2023 › fields that are not the caller\'s to set are refused by their names, and nothing is done', async () => {
    const id = await startWaiting(service.alice);
    const count = await service.alice.count();
    const fields = ['id', 'user', 'userId', 'owner', 'admin', 'isAdmin', 'roles', 'status', 'progress', 'seq', 'createdAt', 'epoch', 'result'];
    const bodies: [string, string, object][] = [
      ['POST', '/executions', { workflow: quick }], ['POST', '/workflows/brief/executions', { input: { text: 'It is short.' } }], ['POST', `/executions/${id}/input`, { value: 1 }],
      ['POST', `/executions/${id}/cancel`, {}], ['POST', '/workflows', quick], ['POST', '/tickets', {}], ['POST', `/executions/${id}/tickets`, {}],
    ];
    for (const [method, path, body] of bodies) {
      for (const field of fields) {
        const answer = await service.alice.request(method, path, { body: { ...body, [field]: 'root' } });
        expect([path, field, answer.status, (answer.json as { errors: { path: string }[] }).errors.map((fault) => fault.path)]).toEqual([path, field, 400, [`/${field}`]]);
      }
    }
    for (const field of ['id', 'key', 'hash', 'createdBy', 'origin', 'lastUsedAt']) {
      expect([field, (await service.root.post('/keys', { user: 'eve', [field]: 'x' })).status]).toEqual([field, 400]);
    }
    expect(codeOf(await service.alice.post('/executions', `{"workflow":${JSON.stringify(quick)},"__proto__":{"roles":["admin"]}}`))).toEqual([400, 'invalid_request']);
    expect([await service.alice.count(), (await service.alice.status(id)).status, (await service.root.get('/keys')).text.includes('eve')]).toEqual([count, 'waiting', false]);
    expect((await service.alice.get('/workflows/quick')).status).toBe(404);
    await service.alice.post(`/executions/${id}/cancel`, {});
  });

  it('API3:2023 › answers hold what is documented and no more: no hashes, no other users, nothing of the journal', async () => {
    const id = await service.alice.start(quick);
    await service.alice.follow(id);
    const keys = await service.root.get('/keys');
    const answers = [keys, await service.alice.get(`/executions/${id}`), await service.alice.get('/executions'), await service.alice.get(`/executions/${id}/events`), await service.alice.get('/workflows/brief'), await service.root.get(`/executions/${id}`)];
    // The documented schemas are closed and every answer was held against them; this says what must never come into them.
    for (const { text } of answers) expect(text).not.toMatch(/"(hash|epoch|ordinal|fingerprint|resumes|credentialId|idempotency\w*|password|secret)":/);
    for (const secret of Object.values(KEYS)) expect(answers.some(({ text }) => text.includes(secret))).toBe(false);
    expect(((await service.alice.get('/executions')).json as { executions: object[] }).executions.filter((each) => 'user' in each)).toEqual([]);
  });

  it('API5:2023 › what is for admins is refused to users, however path, method or request say otherwise', async () => {
    const routes = service.contract.operations.filter(({ spec }) => spec.tags?.some((tag) => ['keys', 'metrics'].includes(tag)));
    expect(routes.length).toBeGreaterThan(4);
    const pretences: Record<string, string>[] = [{}, { 'x-role': 'admin', 'x-user': 'root', 'x-forwarded-user': 'root' }, { 'x-original-url': '/api/v1/workflows', 'x-rewrite-url': '/api/v1/workflows' }, { 'x-http-method-override': 'GET' }, { cookie: 'role=admin' }];
    for (const operation of routes) {
      const body = operation.method === 'POST' ? { body: { user: 'alice', roles: ['admin'] } } : {};
      for (const headers of pretences) expect([operation.id, ...codeOf(await service.alice.call(operation, { id: 'x' }, '?admin=true&role=admin', { headers, ...body }))]).toEqual([operation.id, 403, 'forbidden']);
      expect([operation.id, (await service.nobody.call(operation, { id: 'x' }, '', body)).status]).toEqual([operation.id, 401]);
    }
    const written = ['/API/V1/KEYS', '/api/v1/keys/', '/api/v1/keys?x=1', '/api/v1/%6beys', '/api/v1//keys', '/api/v1/./keys', '/api/v1/workflows/../keys', '/api/v1/keys%2f', '/api/v1/keys;a=b', '//api/v1/keys', '/api/v1/keys%00', '/api/v1/\\keys', '/api/v1/keys/.json'];
    for (const path of written) {
      const [status] = statusesIn(await sendRaw(Number(new URL(service.base).port), `GET ${path} HTTP/1.1\r\nHost: x\r\nX-API-Key: ${KEYS.alice}\r\nConnection: close\r\n\r\n`));
      expect([path, [400, 403, 404].includes(status as number)]).toEqual([path, true]);
    }
  });

  it('API5:2023 › a credential of an admin that is limited to scopes gives itself no wider one', async () => {
    const { key } = (await service.root.post('/keys', { user: 'root', roles: ['admin'], scopes: ['workflows:run', 'executions:read', 'executions:cancel', 'metrics:read'] })).json as { key: string };
    const limited = service.as({ 'x-api-key': key });
    expect((await limited.get('/reliability')).status).toBe(200);
    for (const [method, path] of [['POST', '/keys'], ['GET', '/keys'], ['DELETE', '/keys/x']] as const) expect([path, ...codeOf(await limited.request(method, path, { body: { user: 'root', roles: ['admin'] } }))]).toEqual([path, 403, 'forbidden']);
  });
});

describe('a service that is asked for too much', () => {
  let app: TestApp;
  afterEach(() => app.close());

  it('API2:2023 › wrong credentials let nobody in by any route, and are counted by address, whatever right ones come between', async () => {
    app = await TestApp.start({ streaming: { rateLimit: { points: 40, seconds: 3600 } } });
    const { ticket } = (await app.alice.post('/tickets')).json as { ticket: string };
    const wrong: Record<string, string | string[]>[] = [
      {}, { 'x-api-key': '' }, { 'x-api-key': KEYS.alice.slice(0, -1) }, { 'x-api-key': KEYS.alice.toUpperCase() }, { 'x-api-key': `${KEYS.alice},${KEYS.root}` }, { 'x-api-key': [KEYS.alice, KEYS.root] },
      { authorization: `Bearer ${KEYS.root}` }, { authorization: `Basic ${Buffer.from(`root:${KEYS.root}`).toString('base64')}` }, { 'x-api-key': ticket }, { cookie: `x-api-key=${KEYS.root}` },
    ];
    for (const headers of wrong) expect([headers, ...codeOf(await app.as(undefined).get('/executions', headers))]).toEqual([headers, 401, 'unauthenticated']);
    for (const query of [`api_key=${KEYS.root}`, `x-api-key=${KEYS.root}`, `access_token=${KEYS.root}`, `ticket=${ticket}`]) expect([query, (await app.as(undefined).get(`/executions?${query}`)).status]).toEqual([query, 401]);
    const guess = () => app.as({ 'x-api-key': 'guess' }).get('/executions');
    const statuses: number[] = [];
    for (let i = wrong.length + 4; i < 41; i++) {
      statuses.push((await guess()).status);
      if (i === 20) expect((await app.alice.get('/executions')).status).toBe(200);
    }
    expect([new Set(statuses.slice(0, -1)), statuses.at(-1)]).toEqual([new Set([401]), 429]);
    // Right ones too: from here nobody learns by it whether a guess was one.
    expect((await app.root.get('/executions')).status).toBe(429);
  });

  it('API4:2023 › runs are bounded: steps, what they tell, what they put out; pages and lists too', async () => {
    app = await TestApp.start({ streaming: { maxEventsPerExecution: 300, maxOutputBytes: 4096 } });
    const flood = await app.alice.follow(await app.alice.start(workflow('flood', iteration('again', { maxIterations: 10_000 }, agent('t', 'tokens', { input: { count: 50 } })))));
    expect([flood.length <= 300, flood.at(-1)]).toMatchObject([true, { type: 'workflow_failed', data: { error: { code: 'too_many_events' } } }]);
    const doubling = Array.from({ length: 30 }, (_, i) => agent(`d${i}`, 'echo', { input: i === 0 ? 'xxxxxxxxxxxxxxxx' : '{{previous}}{{previous}}' }));
    expect((await app.alice.follow(await app.alice.start(workflow('doubling', ...doubling)))).at(-1)).toMatchObject({ type: 'workflow_failed', data: { error: { code: 'output_too_large' } } });
    for (const path of ['/executions?limit=100000', `/executions/${flood[0]?.executionId}/events?limit=100000`, `/stream?executions=${Array.from({ length: 101 }, (_, i) => i).join()}`]) {
      expect([path, ...codeOf(await app.alice.get(path))]).toEqual([path, 400, 'invalid_request']);
    }
    expect(codeOf(await app.alice.post('/executions', { workflow: { name: 'w', steps: Array.from({ length: 1001 }, (_, i) => agent(`a${i}`, 'echo')) } }))).toEqual([400, 'invalid_definition']);
  });

  it('API6:2023 › a user who starts what costs money again and again is stopped, and keeps nobody else from it', async () => {
    app = await TestApp.start({ streaming: { startLimit: { points: 6, seconds: 3600 }, maxExecutionsPerUser: 2, maxQueuedPerUser: 2, maxExecutions: 2 } });
    const codes: unknown[] = [];
    for (let i = 0; i < 12; i++) codes.push(codeOf(await app.alice.post('/executions', { workflow: gated })).at(-1));
    expect(codes).toEqual([...Array.from({ length: 4 }, () => undefined), ...Array.from({ length: 8 }, () => 'too_many_executions')]);
    const bobs = await app.bob.start(gated);
    // They end in the order in which they ran, until it was the turn of bob: not all that alice had in line came before.
    const ran: string[] = [];
    while (!ran.includes(bobs)) {
      const id = await eventually(() => app.stage.calls.find(({ executionId }) => !ran.includes(executionId))?.executionId, 'the next one');
      ran.push(id);
      app.stage.gate(id, 'g').open();
    }
    expect(ran.length).toBeLessThan(5);
    const more = [await app.alice.post('/executions', { workflow: quick }), await app.alice.post('/executions', { workflow: quick }), await app.alice.post('/executions', { workflow: quick })];
    expect([codeOf(more[2] as Answer), (await app.bob.post('/executions', { workflow: quick })).status]).toEqual([[429, 'rate_limited'], 202]);
  });

  it('API6:2023 › a start, an answer and a ticket are taken once, however often they are sent at once', async () => {
    app = await TestApp.start();
    const times = Array.from({ length: 10 });
    const starts = await Promise.all(times.map(() => app.alice.post('/executions', { workflow: waiting }, { 'idempotency-key': 'payment-1' })));
    const [id] = new Set(starts.map(({ json }) => (json as Started).id));
    expect([starts.map(({ status }) => status), await app.alice.count()]).toEqual([times.map(() => 202), 1]);
    const reader = await app.alice.openExecution(id as string);
    await reader.untilEvent('input_required');
    const answered = await Promise.all(times.map((_, i) => app.alice.post(`/executions/${id}/input`, { value: i })));
    expect(answered.map(({ status }) => status).sort()).toEqual([202, ...times.slice(1).map(() => 409)]);
    await reader.whenEnded();
    expect(reader.events.filter(({ type }: ExecutionEvent) => type === 'input_received')).toHaveLength(1);
    const { streamUrl } = (await app.alice.post(`/executions/${id}/tickets`)).json as { streamUrl: string };
    // What looks at a link before it is followed uses no ticket up.
    expect((await app.as(undefined).request('HEAD', `/${streamUrl}`)).status).toBe(401);
    const opened = await Promise.all(times.map(() => app.as(undefined).get(`/${streamUrl}`)));
    expect(opened.map(({ status }) => status).sort()).toEqual([200, ...times.slice(1).map(() => 401)]);
  });
});

describe('a service as it is configured', () => {
  let service: AttackedService;
  afterEach(() => service.close());

  it('API4:2023 › bodies are bounded in size, unpacked size, depth and number of faults, and a user\'s slow checks in time', async () => {
    service = await AttackedService.start();
    const [alice, bob] = [service.as('alice'), service.as('bob')];
    const post = async (body: string | Uint8Array<ArrayBuffer>, headers: Record<string, string> = {}): Promise<Answer> => {
      const url = `http://127.0.0.1:${service.port}${API}/executions`;
      const response = await fetch(url, { method: 'POST', body, headers: { 'x-api-key': KEYS.alice, 'content-type': 'application/json', ...headers } });
      return { status: response.status, headers: Object.fromEntries(response.headers), text: '', json: await response.json() };
    };
    const bomb = Buffer.from(`{"workflow":{"name":"${'x'.repeat(32 * 1024 * 1024)}"}}`);
    for (const [coding, packed] of [['gzip', gzipSync(bomb)], ['deflate', deflateSync(bomb)], ['br', brotliCompressSync(bomb)]] as const) {
      expect(packed.length).toBeLessThan(128 * 1024);
      expect([coding, ...codeOf(await post(packed, { 'content-encoding': coding }))]).toEqual([coding, 413, 'payload_too_large']);
    }
    expect(codeOf(await post(`{"a":"${'x'.repeat(2 * 1024 * 1024)}"}`))).toEqual([413, 'payload_too_large']);
    expect(codeOf(await post(`{"workflow":${'{"a":'.repeat(20_000)}1${'}'.repeat(20_000)}}`))).toEqual([400, 'invalid_request']);
    const many = await post(JSON.stringify({ workflow: { name: 'w', steps: Array.from({ length: 900 }, () => ({ type: 'agent', name: '', agent: 1 })) } }));
    expect([...codeOf(many), (many.json as { errors: object[] }).errors.length]).toEqual([400, 'invalid_definition', 100]);
    // Backtracks for longer than anyone waits, on an input of 40 characters; the process stays free for others meanwhile, or after.
    const slow = { ...quick, inputSchema: { type: 'string', pattern: '^(a|a)*$' } };
    expect(codeOf(await alice.post('/executions', { workflow: slow, input: `${'a'.repeat(40)}!` }))).toEqual([400, 'invalid_input']);
    expect((await bob.post('/executions', { workflow: quick })).status).toBe(202);
  });

  it('API4:2023 › a user stores as many workflows as are kept for one, and no more; others store on', async () => {
    service = await AttackedService.start();
    const [alice, bob, root] = [service.as('alice'), service.as('bob'), service.as('root')];
    const padded = (n: number) => ({ name: `w${n}`, description: 'x'.repeat(240 * 1024), steps: quick.steps });
    const room = Math.floor(STORED_LIMITS.bytes / (240 * 1024));
    const journal = service.app.get(Journal);
    for (let n = 0; n < room - 1; n++) await journal.saveWorkflow('alice', padded(n), Date.now());
    expect((await alice.post('/workflows', padded(room - 1))).status).toBe(201);
    expect(await alice.post('/workflows', padded(room))).toMatchObject({ status: 409, json: { code: 'conflict', detail: expect.stringContaining('delete') as unknown } });
    expect((await alice.post('/workflows', padded(1))).status).toBe(201);
    expect((await bob.post('/workflows', padded(1))).status).toBe(201);
    expect((await alice.request('DELETE', '/workflows/w0')).status).toBe(204);
    expect((await alice.post('/workflows', padded(room))).status).toBe(201);
    for (let n = 0; n < STORED_LIMITS.count - 1; n++) await journal.saveWorkflow('root', { ...quick, name: `w${n}` }, Date.now());
    expect([codeOf(await root.post('/workflows', quick)), codeOf(await root.post('/workflows', { ...quick, name: 'more' }))]).toEqual([[201, undefined], [409, 'conflict']]);
  });

  it('API8:2023 › pages of origins that are not allowed read nothing, and none sends a credential by itself', async () => {
    service = await AttackedService.start({ STEPCAST_CORS_ORIGINS: 'https://app.example' });
    const allowed = (answer: Answer) => answer.headers['access-control-allow-origin'];
    const asking = { 'access-control-request-method': 'POST', 'access-control-request-headers': 'x-api-key' };
    for (const origin of ['https://evil.example', 'https://app.example.evil.example', 'https://evilapp.example', 'http://app.example', 'https://app.example:8443', 'null', 'https://APP.example@evil.example', '*']) {
      for (const answer of [await service.as().request('OPTIONS', '/executions', { headers: { origin, ...asking } }), await service.as('alice').get('/executions', { origin })]) expect([origin, allowed(answer)]).toEqual([origin, undefined]);
    }
    const answer = await service.as('alice').get('/executions', { origin: 'https://app.example' });
    expect([allowed(answer), answer.headers['access-control-allow-credentials'], answer.headers['set-cookie'], String(answer.headers['vary'])]).toEqual(['https://app.example', undefined, undefined, expect.stringMatching(/origin/i)]);
  });

  it('API8:2023 › in production it starts for nobody without users, tells of itself to nobody, and says nothing of its inside in errors', async () => {
    const dataDir = tempDir();
    const closed = ServiceProcess.spawn({ dataDir, env: { NODE_ENV: 'production', STEPCAST_API_KEYS: undefined } });
    expect((await closed.exited).code).toBe(1);
    expect(closed.output).toMatch(/STEPCAST_API_KEYS .* must be set with NODE_ENV=production/);
    const development = await ServiceProcess.start({ dataDir, env: { STEPCAST_API_KEYS: undefined } });
    expect(statSync(join(dataDir, 'development.key')).mode & 0o777).toBe(0o600);
    await development.dispose();

    service = await AttackedService.start({ NODE_ENV: 'production' });
    const [nobody, alice] = [service.as(), service.as('alice')];
    for (const path of ['//docs', '//docs-json', '//metrics']) expect([path, (await nobody.get(path)).status >= 401]).toEqual([path, true]);
    const broken = await Promise.all([
      nobody.get('//%zz'), nobody.get('//assets/%2e%2e%2f%2e%2e%2fpackage.json'), nobody.get('//assets/..%5c..%5cpackage.json'), alice.get('/executions/%00'), alice.get('/executions/%ff%fe'), alice.post('/executions', '{"a"'),
      alice.post('/executions', '"x"'), alice.get('/executions?limit[]=1&limit[__proto__]=2'), alice.get('/executions/x/stream?lastEventId=1&lastEventId=2'), alice.post('/executions', { workflow: null }), alice.get('/executions', { 'if-none-match': '\u00ff' }),
      alice.request('POST', '/executions', { body: '{}', headers: { 'content-type': 'application/json; charset=x' } }), alice.request('POST', '/executions', { body: 'zz', headers: { 'content-encoding': 'gzip' } }),
    ]);
    for (const { status, text, headers } of broken) {
      expect([text.slice(0, 300), status < 500]).toEqual([text.slice(0, 300), true]);
      expect(text).not.toMatch(/node_modules|\.[jt]s:\d|\bat \S+ \(|SQLITE|stepcast\.db|node:internal|<html|<pre/i);
      expect([headers['x-powered-by'], headers['server'], headers['x-content-type-options'], String(headers['cache-control'])]).toEqual([undefined, undefined, 'nosniff', expect.stringMatching(/no-store/)]);
    }
  });

  it('API9:2023 › every route is in the OpenAPI document or a page of a closed list, and needs a user where it is not said to be open', async () => {
    service = await AttackedService.start();
    const document = (await service.as().get('//docs-json')).json as { paths: Record<string, Record<string, { security?: object[] }>> };
    const documented = Object.entries(document.paths).flatMap(([path, methods]) => Object.entries(methods).map(([method, { security }]) => ({ route: `${method.toUpperCase()} ${path}`, method: method.toUpperCase(), path, isOpen: !security?.length })));
    const routes = service.routes();
    const registered = routes.map(({ method, path }) => `${method} ${path}`);
    const pages = ['GET /', 'GET /assets/{file}'];
    expect(registered.filter((route) => !pages.includes(route)).sort()).toEqual(documented.map(({ route }) => route).sort());
    expect(documented.filter(({ isOpen }) => isOpen).map(({ route }) => route)).toEqual(['GET /health/live', 'GET /health/ready']);
    for (const { method, path } of documented.filter(({ isOpen }) => !isOpen)) {
      const answer = await service.as().request(method, `/${path.replaceAll(/\{\w+\}/g, 'x')}`);
      expect([method, path, ...codeOf(answer)]).toEqual([method, path, 401, 'unauthenticated']);
    }
  });

  it('API9:2023 › nothing else answers: no other version, no leftover, no file, no tool of developers', async () => {
    service = await AttackedService.start();
    const guesses = [
      '/api', '/api/v1', '/api/v2/executions', '/api/v0/executions', '/v1/executions', '/executions', '/api/executions', '/api/v1/admin', '/api/v1/users', '/api/v1/debug', '/api/v1/keys/x/secret', '/graphql', '/rpc', '/admin', '/debug/pprof',
      '/.env', '/.git/config', '/package.json', '/stepcast.db', '/data/stepcast.db', '/development.key', '/src/main.ts', '/dist/main.js', '/server-status', '/actuator', '/swagger', '/swagger.json', '/openapi.json', '/json', '/json/version',
      '/assets/', '/assets/../package.json', '/assets/%2e%2e/package.json', '/assets/page.spec.ts', '/assets/tsconfig.json', '/assets/view.d.ts', '/metrics/x', '/health', '/health/x', '/docs/../package.json',
    ];
    for (const path of guesses) {
      for (const client of [service.as(), service.as('root')]) expect([path, ...codeOf(await client.get(`/${path}`))]).toEqual([path, 404, 'not_found']);
    }
  });
});
