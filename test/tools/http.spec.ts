import http from 'node:http';
import { once } from 'node:events';
import tls from 'node:tls';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { type JsonObject } from '../../src/contract/json.js';
import { agent, retry, workflow } from '../../src/orchestration/definition/builder.js';
import { of } from '../support/assert-whole.js';
import { eventually, within } from '../support/patience.js';
import { certificateFor } from './support/certificate.js';
import { resultOf, ToolsApp } from './support/tools.app.js';
import { type Visit, Web } from './support/web.js';

let tools: ToolsApp;
let web: Web;
beforeAll(async () => {
  tools = await ToolsApp.start({ allowedHosts: ['127.0.0.1', 'service.example', 'other.example', 'silent.example'] });
});
afterAll(() => tools.close());
beforeEach(async () => {
  web = await Web.start();
  for (const name of ['service.example', 'other.example']) tools.names.set(name, '127.0.0.1');
  tools.names.asked.length = 0;
});
afterEach(() => web.close());

const visit = () => web.visits[0] as Visit;

describe('the agent http', () => {
  it.each(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE'])('sends %s, and answers status, headers and body', async (method) => {
    web.serves('/items', '{"ok":true}', { 'content-type': 'application/json', 'x-answer': 'yes', 'set-cookie': ['a=1', 'b=2'] }, 201);
    const hasBody = !['GET', 'HEAD'].includes(method);
    const url = web.url('/items?q=1', 'service.example');
    const output = await tools.http({ method, url, headers: { 'X-Own': 'mine' }, ...(hasBody ? { body: { a: 'ü' } } : {}) });
    expect(output).toMatchObject({ status: 201, headers: { 'x-answer': 'yes', 'set-cookie': ['a=1', 'b=2'] }, url });
    expect([output.body, output.encoding]).toEqual(method === 'HEAD' ? [null, 'none'] : [{ ok: true }, 'json']);
    expect(visit()).toMatchObject({ method, path: '/items?q=1', body: hasBody ? '{"a":"ü"}' : '', headers: { host: `service.example:${web.port}`, 'x-own': 'mine', 'user-agent': 'stepcast', accept: '*/*' } });
    expect(visit().headers['content-type']).toBe(hasBody ? 'application/json' : undefined);
    expect(visit().headers['content-length']).toBe(hasBody ? '10' : undefined);
  });

  it('takes its input from templates, and from the step before', async () => {
    web.on('/echo', (response, { body }) => response.writeHead(200, { 'content-type': 'application/json' }).end(body));
    const events = await tools.run([
      agent('first', 'http', { input: { method: 'POST', url: '{{input.base}}/echo', body: { url: '{{input.base}}/{{input.path}}' } } }),
      agent('next', 'echo', { input: '{{steps.first.output.body}}' }),
      agent('last', 'http'),
    ], { base: web.url(''), path: 'nowhere' });
    expect(resultOf(events)).toMatchObject({ status: 404, body: null });
  });

  it.each([429, 500, 503, 404])('takes %d for an answer, not for a failure', async (status) => {
    web.serves('/', 'no', { 'content-type': 'text/plain', 'retry-after': '7' }, status);
    expect(await tools.http({ url: web.url() })).toMatchObject({ status, body: 'no', encoding: 'text', headers: { 'retry-after': '7' } });
  });

  it('fails by it where it shall, and is then tried again while that may help, not before it was asked to', async () => {
    const answers = [[503, {}], [429, { 'retry-after': '0' }], [200, {}]] as const;
    web.on('/', (response) => {
      const [status, headers] = answers[web.visits.length - 1] as (typeof answers)[number];
      response.writeHead(status, { ...headers, 'content-type': 'text/plain' }).end(`n${web.visits.length}`);
    });
    const step = (url: string) => retry('r', { maxAttempts: 5, backoff: { delayMs: 0 } }, agent('h', 'http', { input: { method: 'POST', url, failOnError: true } }));
    const events = await tools.run(step(web.url()));
    expect(resultOf(events)).toMatchObject({ status: 200, body: 'n3' });
    expect(of(events, 'step_retrying').map(({ data }) => data.error)).toMatchObject([
      { code: 'http_failed', message: `POST ${web.url('')} was answered 503: n1`, retryable: true }, { code: 'http_failed', retryable: true, retryAfterMs: 0 },
    ]);
    const once404 = await tools.run(step(web.url('/gone')));
    expect(of(once404, 'step_retrying')).toEqual([]);
    expect(of(once404, 'step_failed', 'r/h')[0]?.data.error).toMatchObject({ code: 'http_failed', retryable: false });
  });

  it('tells POST and PATCH a key that stays over the attempts of the step, unless one is given', async () => {
    web.on('/', (response) => response.writeHead(web.visits.length === 1 ? 503 : 200).end());
    const events = await tools.run(retry('r', { maxAttempts: 2, backoff: { delayMs: 0 } }, agent('h', 'http', { input: { method: 'POST', url: web.url(), failOnError: true } })));
    const key = `${events[0]?.executionId}/r/h`;
    await tools.http({ method: 'PATCH', url: web.url() });
    await tools.http({ method: 'PUT', url: web.url() });
    await tools.http({ method: 'POST', url: web.url(), headers: { 'Idempotency-Key': 'mine' } });
    expect(web.visits.map(({ headers }) => headers['idempotency-key'])).toEqual([key, key, expect.stringMatching(/\/h$/), undefined, 'mine']);
  });

  it('is refused before the start where its step could never run, with every fault and its place', async () => {
    const answer = await tools.app.alice.post('/executions', { workflow: workflow('w', agent('h', 'http', { input: { method: 'FETCH', headers: { host: 'x' } } })) });
    expect(answer).toMatchObject({ status: 400, json: { code: 'invalid_definition' } });
    expect((answer.json as { errors: { path: string }[] }).errors.map(({ path }) => path.replace(/^.*\/input/, '/input'))).toEqual(['/input/method', '/input/url', '/input/headers/host']);
    expect(web.visits).toEqual([]);
  });

  it('refuses in the run what a template made of its input', async () => {
    const events = await tools.run(agent('h', 'http', { input: { url: web.url(), headers: { 'x-a': '{{input}}' } } }), 'a\r\nx-b: b');
    expect(of(events, 'step_failed')[0]?.data.error).toMatchObject({ code: 'invalid_input', message: expect.stringMatching(/\/headers\/x-a has characters that no header can carry/) });
    expect(web.connections).toBe(0);
  });

  it('resolves a name once a connection, and connects to what was resolved', async () => {
    web.serves('/', 'here');
    expect(await tools.http({ url: web.url('/', 'service.example') })).toMatchObject({ body: 'here' });
    expect(tools.names.asked).toEqual(['service.example']);
  });

  it('takes no way but its own: a proxy that is set for the whole process sees nothing', async () => {
    const proxy = await Web.start();
    const restore = http.setGlobalProxyFromEnv({ HTTP_PROXY: proxy.url(''), http_proxy: proxy.url(''), NO_PROXY: '', no_proxy: '' });
    try {
      // A request of somebody else does go there.
      http.get(web.url()).on('error', () => undefined).on('response', (response) => response.resume());
      await eventually(() => proxy.connections === 1, 'a request at the proxy');
      web.serves('/', 'direct');
      expect(await tools.http({ url: web.url() })).toMatchObject({ body: 'direct' });
      expect(proxy.connections).toBe(1);
    } finally {
      restore();
      await proxy.close();
    }
  });
});

describe('redirects', () => {
  const chain = (length: number) => {
    for (let i = 0; i < length; i++) web.serves(`/${i}`, 'moved', { location: `/${i + 1}` }, 302);
    web.serves(`/${length}`, 'there');
  };

  it('are followed, up to five', async () => {
    chain(5);
    expect(await tools.http({ url: web.url('/0') })).toMatchObject({ status: 200, body: 'there', url: web.url('/5') });
    expect(web.visits).toHaveLength(6);
  });

  it('are too many beyond', async () => {
    chain(6);
    expect(await tools.httpError({ url: web.url('/0') })).toMatchObject({ code: 'http_failed', message: expect.stringMatching(/redirects more than 5 times/), retryable: false });
    expect(web.visits).toHaveLength(6);
  });

  it('leave no connection open whose answer does not end', async () => {
    const closed = new Promise((resolve) => {
      web.on('/endless', (response) => {
        response.on('close', resolve).writeHead(302, { location: '/there' }).write('moved');
      });
    });
    web.serves('/there', 'there');
    expect(await tools.http({ url: web.url('/endless') })).toMatchObject({ status: 200, body: 'there' });
    await within(closed, 'the end of the connection');
  });

  it('turn a POST into a GET without its body, or keep it whole', async () => {
    web.serves('/see', '', { location: '/there' }, 303);
    web.serves('/keep', '', { location: '/there' }, 307);
    web.serves('/there', 'there');
    await tools.http({ method: 'POST', url: web.url('/see'), body: { a: 1 } });
    await tools.http({ method: 'POST', url: web.url('/keep'), body: { a: 1 } });
    const arrived = web.visits.filter(({ path }) => path === '/there');
    expect(arrived.map(({ method, body, headers }) => [method, body, headers['content-type'], headers['idempotency-key'] !== undefined])).toEqual([
      ['GET', '', undefined, false], ['POST', '{"a":1}', 'application/json', true],
    ]);
  });

  it('take credentials along within an origin, and not to another one', async () => {
    web.serves('/near', '', { location: '/there' }, 302);
    web.serves('/far', '', { location: web.url('/there', 'other.example') }, 302);
    web.serves('/there', 'there');
    const headers = { authorization: 'Bearer x', cookie: 'c=1', 'x-api-key': 'k', 'accept-language': 'de' };
    for (const path of ['/near', '/far']) await tools.http({ url: web.url(path, 'service.example'), headers });
    const [near, far] = web.visits.filter(({ path }) => path === '/there');
    expect(near?.headers).toMatchObject({ ...headers, host: `service.example:${web.port}` });
    expect(far?.headers).toMatchObject({ 'accept-language': 'de', host: `other.example:${web.port}` });
    for (const name of ['authorization', 'cookie', 'x-api-key']) expect(far?.headers[name]).toBeUndefined();
  });
});

describe('what keeps the agent http from an answer', () => {
  const hang = () => new Promise<void>((came) => web.on('/hang', () => came()));

  it('is told, and may be tried again: nobody listens, the line is cut, the body ends too early', async () => {
    const gone = await Web.start();
    const url = gone.url();
    await gone.close();
    expect(await tools.httpError({ url })).toMatchObject({ code: 'http_failed', message: expect.stringMatching(/^GET http:\/\/127\.0\.0\.1:\d+ failed: connect ECONNREFUSED/), retryable: true });
    web.on('/cut', (response) => response.destroy());
    expect(await tools.httpError({ url: web.url('/cut?secret=1') })).toMatchObject({ code: 'http_failed', message: expect.not.stringContaining('secret'), retryable: true });
    web.on('/short', (response) => {
      response.writeHead(200, { 'content-length': 100 }).write('a part', () => response.destroy());
    });
    expect(await tools.httpError({ url: web.url('/short') })).toMatchObject({ code: 'http_failed', retryable: true });
    // A body whose end is that of the connection: a reset is none.
    web.on('/reset', ({ socket }) => void socket?.write('HTTP/1.1 200 OK\r\n\r\na part', () => void socket.resetAndDestroy()));
    expect(await tools.httpError({ url: web.url('/reset') })).toMatchObject({ code: 'http_failed', retryable: true });
  });

  it('is time: a head, a body or a name that never comes', async () => {
    void hang();
    web.on('/drip', (response) => {
      response.writeHead(200).write('a part');
    });
    for (const path of ['/hang', '/drip']) {
      expect(await tools.httpError({ url: web.url(path), timeoutMs: 60 })).toMatchObject({ code: 'http_failed', message: expect.stringMatching(/gave no whole answer within 60 ms$/), retryable: true });
    }
    // A body whose end is that of the connection.
    web.on('/endless', (response) => void response.socket?.write('HTTP/1.1 200 OK\r\n\r\na part'));
    expect(await tools.httpError({ url: web.url('/endless'), timeoutMs: 60 })).toMatchObject({ code: 'http_failed', message: expect.stringMatching(/gave no whole answer within 60 ms$/) });
    void tools.names.hang('silent.example');
    expect(await tools.httpError({ url: 'http://silent.example/', timeoutMs: 60 })).toMatchObject({ code: 'http_failed', message: 'GET http://silent.example gave no whole answer within 60 ms' });
  });

  it('is a cancel, which the server sees at its socket', async () => {
    const came = hang();
    const id = await tools.app.alice.start(workflow('w', agent('h', 'http', { input: { url: web.url('/hang') } })));
    await within(came, 'the request');
    const [socket] = web.sockets;
    const closed = once(socket as NonNullable<typeof socket>, 'close');
    expect((await tools.app.alice.post(`/executions/${id}/cancel`)).status).toBe(202);
    await within(closed, 'the end of the connection');
    expect((await tools.app.alice.follow(id)).map(({ type }) => type)).toEqual(expect.arrayContaining(['step_cancelled', 'workflow_cancelled']));
  });

  it('is a cancel while the name is looked up', async () => {
    const asked = tools.names.hang('silent.example');
    const id = await tools.app.alice.start(workflow('w', agent('h', 'http', { input: { url: 'http://silent.example/' } })));
    await within(asked, 'the look-up');
    expect((await tools.app.alice.post(`/executions/${id}/cancel`)).status).toBe(202);
    expect((await tools.app.alice.follow(id)).at(-1)?.type).toBe('workflow_cancelled');
  });

  it.each<[string, string]>([
    ['headers without end', `HTTP/1.1 200 OK\r\nx-a: ${'a'.repeat(20_000)}\r\n\r\n`],
    ['no HTTP', 'SSH-2.0-OpenSSH\r\n'],
    ['a body of two lengths', 'HTTP/1.1 200 OK\r\ncontent-length: 1\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n'],
  ])('is a server that sends %s, whose answer would be the same again', async (_what, bytes) => {
    web.on('/', (response) => void response.socket?.end(bytes));
    expect(await tools.httpError({ url: web.url() })).toMatchObject({ code: 'http_failed', retryable: false });
  });

  it('is a server that changes the protocol, unasked', async () => {
    web.on('/', (response) => void response.socket?.write('HTTP/1.1 101 Switching Protocols\r\nupgrade: other\r\nconnection: upgrade\r\n\r\n'));
    expect(await tools.httpError({ url: web.url() })).toMatchObject({ code: 'http_failed', message: expect.stringMatching(/another protocol/), retryable: false });
  });
});

describe('https', () => {
  const { key, cert } = certificateFor('service.example');
  let secure: Web;
  beforeEach(async () => {
    secure = await Web.start({ tls: { key, cert } });
    secure.serves('/', 'in secret');
  });
  afterEach(() => secure.close());
  const trusting = async <T>(work: () => Promise<T>): Promise<T> => {
    const before = tls.getCACertificates('default');
    tls.setDefaultCACertificates([...before, cert]);
    try {
      return await work();
    } finally {
      tls.setDefaultCACertificates(before);
    }
  };
  const request = (host: string): JsonObject => ({ url: secure.url('/', host) });

  it('speaks to who proves the name in the URL, whatever address it stands for', async () => {
    expect(await trusting(() => tools.http(request('service.example')))).toMatchObject({ status: 200, body: 'in secret' });
  });

  it.each([['is signed by nobody known', 'service.example', false], ['is of another name', 'other.example', true]])('refuses a certificate that %s; it would be the same again', async (_what, host, isTrusted) => {
    const failing = () => tools.httpError(request(host));
    expect(await (isTrusted ? trusting(failing) : failing())).toMatchObject({ code: 'http_failed', message: expect.stringMatching(/^GET https:\/\/(service|other)\.example:\d+ failed: .*(certificate|altnames)/i), retryable: false });
    expect(secure.visits).toEqual([]);
  });
});
