/** What the service tells at its edge: headers on every answer, no more of a request than it must, and slow senders are let go. */
import net, { type AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from '@jest/globals';
import { type NestExpressApplication } from '@nestjs/platform-express';
import { NestFactory } from '@nestjs/core';
import { Module } from '@nestjs/common';
import { PinoLogger } from 'nestjs-pino';
import { loadConfig } from '../../src/config.js';
import { agent, input, workflow } from '../../src/orchestration/definition/builder.js';
import { BoundedExpressAdapter, SERVER_BOUNDS } from '../../src/http-server.js';
import { createService } from '../../src/service.js';
import { StreamingModule } from '../../src/streaming/streaming.module.js';
import { type Answer, Client, KEYS } from '../support/client.js';
import { eventually, within } from '../support/patience.js';

let app: NestExpressApplication;
afterEach(() => app.close());

const portOf = () => (app.getHttpServer().address() as AddressInfo).port;
const as = (key?: string) => new Client(`http://127.0.0.1:${portOf()}`, key === undefined ? undefined : { 'x-api-key': key });

async function open(env: Record<string, string> = {}): Promise<{ alice: Client; nobody: Client }> {
  app = await createService(loadConfig({ STEPCAST_DATA_DIR: ':memory:', STEPCAST_API_KEYS: `alice:${KEYS.alice}:admin`, STEPCAST_RATE_LIMIT: '100000/60', ...env }));
  app.useLogger(false);
  PinoLogger.root.level = 'silent';
  await app.listen(0, '127.0.0.1');
  return { alice: as(KEYS.alice), nobody: as() };
}

describe('every answer', () => {
  it('of the API, of streams, of health, of metrics and of refusals is kept by nobody, and is nothing else than it says', async () => {
    const { alice, nobody } = await open();
    const id = await alice.start(workflow('w', input('ask')));
    const reader = await alice.openExecution(id);
    const started = await alice.open('/executions', { method: 'POST', body: { workflow: workflow('w', agent('e', 'echo')) } });
    const several = await alice.open(`/stream?executions=${id}`);
    const answers: [string, Pick<Answer, 'status' | 'headers'>][] = [
      ['a stream', reader], ['a streamed start', started], ['a stream of several', several],
      ...(await Promise.all([
        ['a list', alice.get('/executions')], ['a status', alice.get(`/executions/${id}`)], ['events', alice.get(`/executions/${id}/events`)], ['workflows', alice.get('/workflows')],
        ['a start', alice.post('/executions', { workflow: workflow('w', agent('e', 'echo')) })], ['a ticket', alice.post(`/executions/${id}/tickets`)],
        ['liveness', nobody.get('//health/live')], ['readiness', nobody.get('//health/ready')], ['metrics', alice.get('//metrics')],
        ['no user', nobody.get('/executions')], ['no route', nobody.get('//nothing')], ['no execution', alice.get('/executions/none')], ['no JSON', alice.post('/executions', '{')],
        ['no asset', nobody.get('//assets/none.js')],
      ].map(async ([what, answer]) => [what, await answer] as [string, Answer]))),
    ];
    for (const reading of [reader, started, several]) reading.close();
    for (const [what, { headers }] of answers) {
      expect([what, headers['x-content-type-options'], headers['cache-control']]).toEqual([what, 'nosniff', expect.stringContaining('no-store')]);
      expect([what, headers['x-frame-options'], headers['referrer-policy'], headers['x-powered-by'], headers['server']]).toEqual([what, 'SAMEORIGIN', 'no-referrer', undefined, undefined]);
      expect([what, headers['content-security-policy']]).toEqual([what, expect.stringContaining("object-src 'none'")]);
      expect([what, String(headers['content-type']).includes('html')]).toEqual([what, false]);
    }
  });

  it('of an app on the module alone is kept by nobody either', async () => {
    @Module({ imports: [StreamingModule.forRoot({ dataDir: ':memory:', apiKeys: [{ user: 'alice', key: KEYS.alice }] })] })
    class OwnApp {}
    app = await NestFactory.create<NestExpressApplication>(OwnApp, { logger: false });
    await app.listen(0, '127.0.0.1');
    for (const answer of [await as(KEYS.alice).get('/executions'), await as().get('/executions')]) {
      expect(answer.headers).toMatchObject({ 'x-content-type-options': 'nosniff', 'cache-control': 'no-store' });
    }
  });

  it('of the documentation may run what is its own, and nothing inline', async () => {
    const { nobody } = await open();
    const { headers, text } = await nobody.get('//docs');
    expect(String(headers['content-security-policy'])).toMatch(/script-src 'self';/);
    expect(text).not.toMatch(/<script(?![^>]*\ssrc=)[^>]*>[^<]|\son\w+=/i);
    for (const [, name] of text.matchAll(/(?:src|href)="([^"]+\.(?:js|css))"/g)) expect([name, (await nobody.get(`/${new URL(name as string, 'http://x/docs').pathname}`)).status]).toEqual([name, 200]);
  });
});

describe('what a request has that nobody asked for', () => {
  const paths = ['/executions', '/workflows', '/workflows/brief', '//health/live', '//health/ready', '//metrics'];

  it('as a body of a method that takes none, is not looked at', async () => {
    const { alice } = await open();
    for (const body of ['{', 'null', `"${'x'.repeat(2 * 1024 * 1024)}"`]) {
      for (const path of paths) expect([path, (await alice.request('GET', path, { body })).status]).toEqual([path, 200]);
      expect((await alice.request('DELETE', '/workflows/none', { body })).json).toMatchObject({ code: 'not_found' });
    }
  });

  it('as a condition, changes no answer that nobody may keep', async () => {
    const { alice } = await open();
    for (const path of paths) {
      const { headers } = await alice.get(path);
      expect([path, headers.etag]).toEqual([path, undefined]);
      expect([path, (await alice.get(path, { 'if-none-match': '*', 'if-modified-since': new Date().toUTCString() })).status]).toEqual([path, 200]);
    }
  });

  it('as an expectation, is passed by', async () => {
    const { alice } = await open();
    for (const path of paths) expect([path, (await alice.get(path, { expect: 'a-miracle' })).status]).toEqual([path, 200]);
    const id = (await alice.post('/executions', { workflow: workflow('w', agent('e', 'echo')) }, { expect: '100-continue' })).json.id as string;
    expect((await alice.follow(id)).at(-1)?.type).toBe('workflow_completed');
  });
});

describe('in production', () => {
  it('the documentation is not there, as if there were none, and metrics need a user', async () => {
    const { nobody, alice } = await open({ NODE_ENV: 'production' });
    for (const path of ['//docs', '//docs/', '//DOCS', '//docs-json', '//docs-yaml', '//docs/swagger-ui.css']) {
      for (const client of [nobody, alice]) expect([path, await client.get(path)]).toEqual([path, expect.objectContaining({ status: 404, json: expect.objectContaining({ code: 'not_found' }) })]);
    }
    expect((await nobody.get('//metrics')).status).toBe(401);
    expect((await alice.get('//metrics')).text).toContain('stepcast_');
  });

  it('both are there for everybody where an operator says so', async () => {
    const { nobody } = await open({ NODE_ENV: 'production', STEPCAST_OPEN_DOCS: 'true', STEPCAST_OPEN_METRICS: 'true' });
    expect((await nobody.get('//docs-json')).json.paths['/metrics'].get.security).toEqual([]);
    expect(await nobody.get('//metrics')).toMatchObject({ status: 200, headers: { 'cache-control': 'no-store' } });
  });
});

describe('outside production', () => {
  it('the documentation is there, and is not where an operator says so', async () => {
    const { nobody } = await open();
    expect((await nobody.get('//docs-json')).status).toBe(200);
    await app.close();
    await open({ STEPCAST_OPEN_DOCS: 'false' });
    expect((await as().get('//docs-json')).status).toBe(404);
  });
});

describe('a refusal', () => {
  const hostile = '\u001b[31m\r\nSet-Cookie: x=1\r\n\r\n<script>alert(1)</script>\u2028\u202e\u0000';

  it('repeats little of what was sent, on one line, and none of it in a header', async () => {
    const { alice, nobody } = await open();
    const long = 'x'.repeat(200_000);
    const refusals = await Promise.all([
      alice.post('/executions', { workflow: workflow('w', agent('e', hostile)) }), alice.post('/executions', { workflow: workflow('w', agent('e', long)) }),
      alice.post('/executions', { workflow: { name: hostile, steps: [], [long]: 1, [hostile]: 1 } }), alice.post('/executions', { [long]: 1 }),
      alice.post('/executions', Object.fromEntries(Array.from({ length: 5000 }, (_, i) => [`${i}${long.slice(0, 100)}`, 1]))),
      alice.post('/executions', `{"a":${long}}`), alice.get(`/executions/${encodeURIComponent(hostile)}`), alice.get(`/executions/${long.slice(0, 12_000)}`),
      alice.get(`/executions?status=${long.slice(0, 12_000)}`), alice.get(`/executions?cursor=${encodeURIComponent(hostile)}`),
      alice.post('/workflows/brief/executions', { input: { text: 1, [long]: hostile } }), nobody.get(`//${long.slice(0, 12_000)}`),
      alice.request('GET', `/executions/x/stream?lastEventId=${encodeURIComponent(hostile)}`),
    ]);
    for (const { status, headers, text, json } of refusals) {
      expect([text.slice(0, 200), status >= 400 && status < 500, headers['content-type']]).toEqual([text.slice(0, 200), true, 'application/problem+json; charset=utf-8']);
      expect(JSON.stringify(headers)).not.toMatch(/<script|alert|Set-Cookie|xxxxxxxx/i);
      const { detail, errors = [] } = json as { detail: string; errors?: { path: string; message: string }[] };
      expect([detail.length <= 1000, errors.length <= 100]).toEqual([true, true]);
      for (const told of [detail, ...errors.map(({ message }) => message)]) expect(told).not.toMatch(/[\p{Cc}\u2028\u202e]/u);
      for (const { path, message } of errors) expect([path.length <= 300, message.length <= 500]).toEqual([true, true]);
    }
  });

  it('repeats no secret, wherever it was sent', async () => {
    const { alice, nobody } = await open();
    const secret = 'sk-proj-0123456789abcdef';
    const answers = await Promise.all([
      alice.get(`/executions/${secret}`), alice.get(`/executions/${KEYS.alice}`), alice.get(`/workflows/${KEYS.alice}`), alice.post('/executions', { workflow: workflow('w', agent('e', secret)) }),
      alice.post('/executions', { sessionId: KEYS.alice, workflow: workflow('w', agent('e', KEYS.alice)) }), nobody.get(`//${KEYS.alice}`), alice.post('/executions', `{"a":${KEYS.alice}`),
    ]);
    for (const { status, text } of answers) expect([status >= 400, text.includes(secret) || text.includes(KEYS.alice)]).toEqual([true, false]);
  });
});

describe('who sends slowly, or nothing,', () => {
  /** All that comes back until the other side hangs up. */
  const answerTo = (text: string) => within(new Promise<string>((resolve, reject) => {
    const socket = net.connect(portOf(), '127.0.0.1', () => socket.write(text));
    let answer = '';
    socket.on('data', (part: Buffer) => (answer += part.toString('latin1')));
    socket.on('close', () => resolve(answer));
    socket.on('error', reject);
  }), 'the end of a slow connection');

  const openWith = async (bounds: Partial<Record<keyof typeof SERVER_BOUNDS, number>>) => {
    @Module({ imports: [StreamingModule.forRoot({ dataDir: ':memory:', heartbeatMs: 50, apiKeys: [{ user: 'alice', key: KEYS.alice }] })] })
    class OwnApp {}
    app = await NestFactory.create<NestExpressApplication>(OwnApp, new BoundedExpressAdapter({ ...SERVER_BOUNDS, ...bounds }), { logger: false });
    await app.listen(0, '127.0.0.1');
  };

  it('is hung up on, with nothing, half a head or half a body sent, and streams go on', async () => {
    await openWith({ headersTimeout: 200, requestTimeout: 300, connectionsCheckingInterval: 50 });
    // On a busy machine a request that is sent at once may be too slow for such bounds, too.
    const id = await eventually(() => as(KEYS.alice).start(workflow('w', input('ask'))).catch(() => undefined), 'a start');
    const reader = await eventually(() => as(KEYS.alice).openExecution(id, '?heartbeat=event').then((opened) => opened.status === 200 && opened, () => undefined), 'a stream');
    const half = [`GET /api/v1/executions HTTP/1.1\r\nHost: x\r\nX-Slow: `, `POST /api/v1/executions HTTP/1.1\r\nHost: x\r\nX-API-Key: ${KEYS.alice}\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{"a":`];
    for (const answer of await Promise.all(['', ...half].map(answerTo))) expect(answer).toMatch(/^HTTP\/1\.1 408 /);
    // Idle for longer than all of it, and read for many times as long: heartbeats are 50 ms apart.
    for (let i = 0; i < 12; i++) await reader.until('heartbeat', reader.frames.length);
    await eventually(() => as(KEYS.alice).post(`/executions/${id}/input`, { value: 1 }).then(({ status }) => status === 202, () => undefined), 'an answer');
    await reader.whenEnded();
    expect(reader.events.at(-1)?.type).toBe('workflow_completed');
  });

  it('or sends a head without end, is refused', async () => {
    await openWith({});
    expect(await answerTo(`GET / HTTP/1.1\r\nHost: x\r\nX-Long: ${'x'.repeat(20_000)}\r\n\r\n`)).toMatch(/^HTTP\/1\.1 431 /);
  });

  it('has the bounds of the service, which are all on the way in', async () => {
    await open();
    expect(app.getHttpServer()).toMatchObject({ headersTimeout: 20_000, requestTimeout: 60_000, timeout: 0 });
    expect(SERVER_BOUNDS.connectionsCheckingInterval).toBeLessThanOrEqual(5_000);
  });
});
