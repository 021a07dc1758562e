/** The rows of the OWASP API Security Top 10 of 2023 that are about requests which the service sends itself: where they go, and what comes back. */
import { gzipSync } from 'node:zlib';
import { type ServerResponse } from 'node:http';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { type ErrorInfo } from '../../src/contract/errors.js';
import { agent, workflow } from '../../src/orchestration/definition/builder.js';
import { TestApp } from '../support/app.js';
import { of } from '../support/assert-whole.js';
import { JwksServer, signed, signingKey } from '../support/jwks-server.js';
import { eventually } from '../support/patience.js';
import { SECRET as WEBHOOK_SECRET, WebhookReceiver } from '../support/webhook-receiver.js';
import { errorOf, ToolsApp } from '../tools/support/tools.app.js';
import { Forbidden, Web } from '../tools/support/web.js';
import { bearer, forged, inSeconds, SECRET } from './support/forged.js';

/** Sends bytes for as long as somebody takes them. */
function endless(response: ServerResponse, piece: string): void {
  const more = () => {
    while (!response.destroyed && response.write(piece));
  };
  response.on('drain', more);
  more();
}

describe('addresses that users give', () => {
  let tools: ToolsApp;
  /** A server that no request must ever come to, on every address of the machine. */
  let inside: Forbidden;
  /** A server that may be asked. */
  let outside: Web;
  beforeAll(async () => {
    inside = await Forbidden.start();
    outside = await Web.start();
    tools = await ToolsApp.start({ allowedHosts: [`127.0.0.1:${outside.port}`, 'allowed.example'] });
  });
  afterAll(async () => {
    await tools.close();
    await outside.close();
    await inside.close();
  });

  it('API7:2023 › lead the http agent to no private address: however it is written, named, mapped into IPv6 or redirected to', async () => {
    const refused = async (url: string) => expect([url, (await tools.httpError({ url })).code]).toEqual([url, 'address_refused']);
    const loopback = ['127.0.0.1', '127.1', '2130706433', '0x7f000001', '0177.0.0.1', 'localhost', 'LOCALHOST', '0.0.0.0', '[::1]', '[::]', '[::ffff:127.0.0.1]', '[::ffff:7f00:1]', '[::127.0.0.1]', '[0:0:0:0:0:ffff:7f00:0001]'];
    for (const host of loopback) await refused(`http://${host}:${inside.port}/`);
    for (const host of ['169.254.169.254', '[fd00:ec2::254]', '10.0.0.1', '100.64.0.1', '192.168.0.1', '[64:ff9b::a9fe:a9fe]', '[2002:7f00:1::]', '[fe80::1]']) await refused(`http://${host}/latest/meta-data/`);
    for (const addresses of [['127.0.0.1'], ['::ffff:127.0.0.1'], ['10.1.2.3', '127.0.0.1'], ['169.254.169.254']]) {
      tools.names.set('harmless.example', ...addresses);
      await refused(`http://harmless.example:${inside.port}/`);
    }
    tools.names.set('harmless.example', '127.0.0.1');
    for (const host of ['127.0.0.1', '[::ffff:127.0.0.1]', 'harmless.example']) {
      outside.serves('/out', '', { location: `http://${host}:${inside.port}/` }, 307);
      await refused(outside.url('/out'));
    }
    for (const url of ['file:///etc/passwd', 'gopher://127.0.0.1:25/_x', 'ftp://127.0.0.1/']) expect([url, (await tools.app.alice.post('/executions', { workflow: workflow('w', agent('h', 'http', { input: { url } })) })).status]).toEqual([url, 400]);
    expect(await inside.visitors()).toBe(0);
  });

  it('API7:2023 › are resolved once for a connection, which goes to the address that was looked at: a name that changes is of no use', async () => {
    outside.serves('/', 'welcome', { 'content-type': 'text/plain' });
    tools.names.set('allowed.example', '127.0.0.1');
    tools.names.asked.length = 0;
    expect(await tools.http({ url: outside.url('/', 'allowed.example') })).toMatchObject({ body: 'welcome' });
    expect(tools.names.asked).toEqual(['allowed.example']);
    // The same name for a host that is not allowed: the first answer counts, and is refused.
    tools.names.set('changing.example', '127.0.0.1');
    tools.names.asked.length = 0;
    expect((await tools.httpError({ url: `http://changing.example:${inside.port}/` })).code).toBe('address_refused');
    expect([tools.names.asked, await inside.visitors()]).toEqual([['changing.example'], 0]);
  });

  it('API7:2023 › in tokens, definitions, prompts and headers are asked by nobody', async () => {
    await using app = await disposable({ jwt: { secret: SECRET }, llm: { compatible: { local: { baseUrl: outside.url('/v1') } } } });
    const url = `http://127.0.0.1:${inside.port}/`;
    for (const header of [{ jku: url }, { x5u: url }, { kid: url }]) {
      const token = forged({ alg: 'RS256', ...header }, { sub: 'root', roles: ['admin'], exp: inSeconds(60) });
      expect((await app.as(bearer(token)).get('/executions')).status).toBe(401);
    }
    const callbacks = { 'x-callback-url': url, 'x-forwarded-host': `127.0.0.1:${inside.port}`, origin: url, referer: url, forwarded: `host=127.0.0.1:${inside.port}` };
    const started = await app.alice.post('/executions', { workflow: { ...workflow('w', agent('e', 'echo')), inputSchema: { type: 'object', properties: { callbackUrl: { type: 'string', format: 'uri' } } } }, input: { callbackUrl: url } }, callbacks);
    expect([started.status, started.text.includes(String(inside.port))]).toEqual([202, false]);
    for (const reference of [url, `${url}schema.json#/definitions/x`]) expect((await app.alice.post('/executions', { workflow: { ...workflow('w', agent('e', 'echo')), inputSchema: { $ref: reference } } })).status).toBe(400);
    const image = { role: 'user', content: [{ type: 'file', data: `${url}cat.png`, mediaType: 'image/png' }] };
    outside.on('/v1/chat/completions', (response) => response.writeHead(500).end());
    const asked = await app.alice.follow(await app.alice.start(workflow('w', agent('say', 'llm', { input: { model: 'local/m', messages: [image] } }))));
    expect(asked.at(-1)?.type).toBe('workflow_failed');
    expect(await inside.visitors()).toBe(0);
  });
});

type Streaming = NonNullable<Parameters<typeof TestApp.start>[0]>['streaming'];

/** An app that is closed at the end of its test, errors that it has logged included. */
async function disposable(streaming: Streaming): Promise<TestApp & AsyncDisposable> {
  const app = await TestApp.start({ streaming: streaming ?? {} });
  return Object.assign(app, { [Symbol.asyncDispose]: () => app.close() });
}

describe('answers of other services', () => {
  let web: Web;
  let other: Web;
  beforeAll(async () => {
    [web, other] = [await Web.start(), await Web.start()];
  });
  afterAll(async () => {
    for (const each of [web, other]) await each.close();
  });
  afterEach(() => {
    for (const each of [web, other]) each.visits.length = 0;
  });

  const KEY = 'provider-key-0123456789';
  const PATHS = { anthropic: '/v1/messages', google: '/v1/models/m:streamGenerateContent', openai: '/v1/responses', local: '/v1/chat/completions' };
  const providers = () => {
    const at = { apiKey: KEY, baseUrl: web.url('/v1') };
    return { openai: at, anthropic: at, google: at, compatible: { local: at } };
  };
  const asks = async (app: TestApp, provider: string): Promise<ErrorInfo> => errorOf(await app.alice.follow(await app.alice.start(workflow('w', agent('say', 'llm', { input: { model: `${provider}/m`, prompt: 'Say something' } })))));

  it('API10:2023 › a provider that redirects is not followed: neither the key nor the prompt goes where it says', async () => {
    await using app = await disposable({ llm: providers() });
    for (const [provider, path] of Object.entries(PATHS)) {
      for (const status of [301, 302, 307, 308]) {
        web.on(path, (response) => response.writeHead(status, { location: other.url(path) }).end());
        expect([provider, status, await asks(app, provider)]).toMatchObject([provider, status, { code: 'model_failed', retryable: false, message: expect.stringContaining('redirect') as unknown }]);
      }
    }
    expect([other.visits, web.visits.length]).toEqual([[], 16]);
  });

  it('API10:2023 › a provider whose answer is too large, endless or nonsense fails the step, and is let go of', async () => {
    await using app = await disposable({ llm: { ...providers(), idleTimeoutMs: 60_000 } });
    const SSE = { 'content-type': 'text/event-stream' };
    const answers: [string, (response: ServerResponse) => void][] = [
      ['a refusal without end', (response) => void endless(response.writeHead(500, { 'content-type': 'application/json' }), 'x'.repeat(65_536))],
      ['an event without end', (response) => void endless(response.writeHead(200, SSE), `data: ${'x'.repeat(65_536)}`)],
      ['lines of one event without end', (response) => void endless(response.writeHead(200, SSE), `data: ${'x'.repeat(65_536)}\n`)],
      ['a bomb', (response) => void response.writeHead(200, { ...SSE, 'content-encoding': 'gzip' }).end(gzipSync(Buffer.alloc(64 * 1024 * 1024, 'x')))],
      ['a page', (response) => void response.writeHead(200, { 'content-type': 'text/html' }).end('<h1>It works!</h1>')],
      ['other events', (response) => void response.writeHead(200, SSE).end('data: {"type":"surprise","__proto__":{"admin":true}}\n\ndata: [DONE]\n\n')],
    ];
    for (const [what, answer] of answers) {
      // What is large is bounded before the packages of the providers see it, and so for one as for all.
      for (const [provider, path] of Object.entries(PATHS).slice(0, / without end|bomb/.test(what) ? 1 : 4)) {
        web.on(path, answer);
        const { code, message } = await asks(app, provider);
        expect([what, provider, ['model_failed', 'overloaded'].includes(code), message.length < 2000, message.includes(KEY)]).toEqual([what, provider, true, true, false]);
      }
    }
  });

  it('API10:2023 › an answer to the http agent that is too large, unpacks without end, is slow or redirects for ever fails the step', async () => {
    const tools = await ToolsApp.start({ allowedHosts: ['127.0.0.1'] });
    try {
      web.on('/endless', (response) => void endless(response.writeHead(200), 'x'.repeat(65_536)));
      web.serves('/bomb', gzipSync(Buffer.alloc(64 * 1024 * 1024)), { 'content-encoding': 'gzip' });
      web.on('/slow', (response) => void response.writeHead(200).write('x'));
      web.serves('/round', '', { location: '/round' }, 302);
      web.on('/heads', (response) => response.writeHead(200, { 'x-long': 'x'.repeat(20_000) }).end());
      for (const [path, told] of [['/endless', /more than 1048576 bytes/], ['/bomb', /more than 1048576 bytes/], ['/slow', /no whole answer within 200 ms/], ['/round', /redirects more than 5 times/], ['/heads', /overflow|header/i]] as const) {
        expect([path, await tools.httpError({ url: web.url(path), timeoutMs: path === '/slow' ? 200 : 30_000 })]).toMatchObject([path, { code: 'http_failed', message: expect.stringMatching(told) as unknown }]);
      }
      // What comes back is data: no template or condition in it is carried out.
      web.serves('/data', '{"say":"{{input.secret}}","__proto__":{"admin":true}}', { 'content-type': 'application/json' });
      const events = await tools.run([agent('h', 'http', { input: { url: web.url('/data') } }), agent('e', 'echo', { input: '{{steps.h.output.body.say}}' })], { secret: 'top' });
      expect(of(events, 'workflow_completed')).toMatchObject([{ data: { result: '{{input.secret}}' } }]);
    } finally {
      await tools.close();
    }
  });

  it('API10:2023 › keys of an issuer that are too many, malformed, redirected or slow are none: 503, and nobody is let in or locked out', async () => {
    const key = signingKey('k');
    const issuer = await JwksServer.start(key);
    try {
      await using app = await disposable({ rateLimit: { points: 5, seconds: 3600 }, jwt: { jwksUrl: issuer.url, caching: { retryMs: 0, timeoutMs: 1500 } } });
      const client = app.as(bearer(await signed(key)));
      const answers: ((response: ServerResponse) => void)[] = [
        (response) => void endless(response.writeHead(200, { 'content-type': 'application/json' }), ' '.repeat(65_536)),
        (response) => void response.end(`{"keys":[],"more":"${'x'.repeat(4 * 1024 * 1024)}"}`),
        (response) => void response.writeHead(200, { 'content-encoding': 'gzip' }).end(gzipSync(Buffer.alloc(64 * 1024 * 1024, ' '))),
        (response) => void response.end('{"keys":"none"}'), (response) => void response.end('<html>'), (response) => void response.writeHead(302, { location: other.url('/keys') }).end(),
        (response) => void response.writeHead(200).write('{'),
      ];
      for (const answer of answers) {
        issuer.instead = answer;
        expect(await client.get('/executions')).toMatchObject({ status: 503, json: { code: 'authentication_unavailable' } });
      }
      expect(other.visits).toEqual([]);
      issuer.instead = undefined;
      // On a busy machine its answer, too, may be too slow once.
      await eventually(async () => (await client.get('/executions')).status === 200, 'an answer by the keys of the issuer');
    } finally {
      await issuer.close();
    }
  });

  it('API10:2023 › a receiver of webhooks that answers without end, redirects or hangs holds up neither executions nor other receivers', async () => {
    const [bad, good] = [await WebhookReceiver.start(), await WebhookReceiver.start()];
    const answers: ((response: ServerResponse) => void)[] = [(response) => void response.writeHead(307, { location: other.url('/hook') }).end(), () => undefined, (response) => void endless(response.writeHead(200), 'x'.repeat(65_536))];
    let next = 0;
    bad.answer = (response) => answers[Math.min(next++, answers.length - 1)]?.(response);
    const webhook = { secret: WEBHOOK_SECRET, timeoutMs: 300, minDelayMs: 1, maxDelayMs: 5, types: ['workflow_completed' as const] };
    try {
      await using app = await disposable({ subscribers: { webhooks: [{ ...webhook, name: 'bad', url: bad.url }, { ...webhook, name: 'good', url: good.url }] } });
      const id = await app.alice.start(workflow('w', agent('e', 'echo')));
      expect((await app.alice.follow(id)).at(-1)?.type).toBe('workflow_completed');
      await good.until(() => good.taken.length === 1, 'the event at the good receiver');
      // The last answer began well, and is let go of at a bound: the event counts as taken.
      await bad.until(() => bad.received.length === 3, 'the tries at the bad one');
      expect([other.visits, new Set(bad.received.map((delivery) => delivery.id)).size]).toEqual([[], 1]);
    } finally {
      for (const receiver of [bad, good]) await receiver.close();
    }
  });
});
