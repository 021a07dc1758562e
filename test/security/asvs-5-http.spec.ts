/** OWASP ASVS 5.0.0, API and web service (V4), byte for byte where it has to be; docs/security.md lists them. */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { agent, workflow } from '../../src/orchestration/definition/builder.js';
import { TestApp } from '../support/app.js';
import { type Answer, API, KEYS } from '../support/client.js';
import { isSigned, SECRET as WEBHOOK_SECRET, SECRET_KEY, WebhookReceiver } from '../support/webhook-receiver.js';
import { ToolsApp } from '../tools/support/tools.app.js';
import { Web } from '../tools/support/web.js';
import { headOf, sendRaw, statusesIn } from './support/raw.js';
import { AttackedService } from './support/service.js';

const SSE = { accept: 'text/event-stream' };
const quick = workflow('quick', agent('e', 'echo'));

describe('HTTP', () => {
  let service: AttackedService;
  let id: string;
  beforeAll(async () => {
    service = await AttackedService.start({ STEPCAST_CORS_ORIGINS: 'https://app.example' });
    id = await service.as('alice').start(quick);
    await service.as('alice').follow(id);
  });
  afterAll(() => service.close());

  /** An answer of every kind, with what asked for it. */
  async function answers(headers: Record<string, string> = {}): Promise<[string, Answer][]> {
    const [alice, root, nobody] = [service.as('alice'), service.as('root'), service.as()];
    const gets = ['/executions', '/workflows', '/workflows/brief', `/executions/${id}`, `/executions/${id}/events`, `/executions/${id}/stream`, `/stream?executions=${id}`, '/executions/none', '/executions?limit=x', '//nothing', '//', '//assets/page.js', '//assets/page.css', '//assets/icon.svg', '//docs', '//docs-json', '//health/live', '//health/ready'];
    const admins = ['//metrics', '/keys', '/reliability'];
    return [
      ...await Promise.all(gets.map(async (path): Promise<[string, Answer]> => [path, await alice.get(path, headers)])),
      ...await Promise.all(admins.map(async (path): Promise<[string, Answer]> => [path, await root.get(path, headers)])),
      ['a start', await alice.post('/executions', { workflow: quick }, headers)], ['a streamed start', await alice.post('/executions', { workflow: quick }, { ...headers, ...SSE })], ['a ticket', await alice.post('/tickets', {}, headers)],
      ['a stored workflow', await alice.post('/workflows', quick, headers)], ['a deleted one', await alice.request('DELETE', '/workflows/quick', { headers })], ['no JSON', await alice.post('/executions', '{', headers)], ['nobody', await nobody.get('/executions', headers)],
      ['a path that is none', await nobody.get('//%zz', headers)], ['a preflight', await nobody.request('OPTIONS', '/executions', { headers: { ...headers, origin: 'https://app.example', 'access-control-request-method': 'GET' } })],
    ];
  }

  it('V4.1.1 › every answer with a body says what it is and in which characters, and is that', async () => {
    for (const [what, { text, headers }] of await answers()) {
      const type = String(headers['content-type']);
      if (text === '') continue;
      expect([what, type]).toEqual([what, expect.stringMatching(/^(application\/(problem\+)?json|text\/(html|css|javascript|plain; version=[\d.]+)|image\/svg\+xml); charset=utf-8$|^text\/event-stream(; charset=utf-8)?$/)]);
      if (/json/.test(type)) expect([what, typeof JSON.parse(text)]).toEqual([what, 'object']);
      if (/event-stream/.test(type)) expect([what, text.split('\n').every((line) => /^(event|id|data): |^$|^:/.test(line))]).toEqual([what, true]);
      // No byte that is no UTF-8 was taken for one.
      expect([what, text.includes('\ufffd')]).toEqual([what, false]);
    }
  });

  it('V4.1.2 › nothing redirects, to https or elsewhere: a client that sends in the clear learns of it', async () => {
    for (const [what, { status, headers }] of await answers({ 'x-forwarded-proto': 'http', 'upgrade-insecure-requests': '1', 'x-forwarded-host': 'evil.example' })) {
      expect([what, status >= 300 && status < 400, headers.location]).toEqual([what, false, undefined]);
    }
  });

  it('V4.1.3 › headers that proxies set make nobody another user, address, host or method', async () => {
    await using strict = await AttackedService.disposable({ STEPCAST_RATE_LIMIT: '3/3600' });
    const spoofed = (n: number) => ({ 'x-forwarded-for': `203.0.113.${n}`, 'x-real-ip': `203.0.113.${n}`, forwarded: `for=203.0.113.${n}`, 'true-client-ip': `203.0.113.${n}`, 'cf-connecting-ip': `203.0.113.${n}`, 'x-client-ip': `203.0.113.${n}` });
    const statuses: number[] = [];
    for (let n = 0; n < 5; n++) statuses.push((await strict.as().get('/executions', spoofed(n))).status);
    expect(statuses).toEqual([401, 401, 401, 429, 429]);
    const users = { 'x-user-id': 'root', 'x-forwarded-user': 'root', 'x-remote-user': 'root', 'remote-user': 'root', 'x-auth-request-user': 'root', 'x-ms-client-principal': 'root', 'x-amzn-oidc-identity': 'root', 'x-client-cert': 'root', 'x-roles': 'admin' };
    expect((await service.as().get('/executions', users)).status).toBe(401);
    expect((await service.as('alice').get('/keys', users)).status).toBe(403);
    const started = await service.as('alice').post('/executions', { workflow: quick }, { 'x-forwarded-host': 'evil.example', 'x-forwarded-prefix': '/evil', host: 'evil.example', 'x-http-method-override': 'DELETE', 'x-method-override': 'GET' });
    expect([started.status, started.text.includes('evil')]).toEqual([202, false]);
  });

  it('V4.1.4 › no route takes a method that it does not list; HEAD of a stream holds nothing open, and TRACE gives nothing back', async () => {
    const paths = new Map<string, Set<string>>();
    for (const { method, path } of service.routes()) paths.set(path, (paths.get(path) ?? new Set()).add(method));
    for (const [path, methods] of paths) {
      const url = path.replaceAll(/\{\w+\}/g, id);
      if (methods.has('GET')) {
        methods.add('HEAD');
        // It comes to its end, and so the connection does.
        const [head, body] = (await sendRaw(service.port, `HEAD ${url} HTTP/1.1\r\nHost: x\r\nX-API-Key: ${KEYS.alice}\r\nConnection: close\r\n\r\n`)).split('\r\n\r\n');
        expect([path, statusesIn(head ?? '').length, body]).toEqual([path, 1, '']);
      }
      for (const method of ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'TRACE', 'PROPFIND', 'QUERY', 'LOCK', 'PURGE'].filter((each) => !methods.has(each))) {
        const answer = await sendRaw(service.port, `${method} ${url} HTTP/1.1\r\nHost: x\r\nX-API-Key: ${KEYS.root}\r\nX-Marker: given-back\r\nConnection: close\r\n\r\n`);
        // A preflight is answered for any path, with what may be sent and nothing else.
        expect([method, path, statusesIn(answer)]).toEqual([method, path, [method === 'OPTIONS' ? 204 : 404]]);
        expect(answer).not.toContain('given-back');
      }
    }
    for (const head of ['CONNECT example.com:80 HTTP/1.1', 'FOO / HTTP/1.1', 'get / HTTP/1.1']) expect([head, statusesIn(await sendRaw(service.port, `${head}\r\nHost: x\r\n\r\n`)).filter((status) => status !== 400)]).toEqual([head, []]);
  });

  it('V4.2.1 › a request whose end could be told in two ways is refused, and what follows it is not carried out', async () => {
    const bodies: Record<string, string> = {
      'a length and chunks': 'Content-Length: 5\r\nTransfer-Encoding: chunked\r\n', 'chunks and a length': 'Transfer-Encoding: chunked\r\nContent-Length: 5\r\n', 'two lengths': 'Content-Length: 2\r\nContent-Length: 3\r\n', 'a list of lengths': 'Content-Length: 2, 2\r\n',
      'a signed length': 'Content-Length: +2\r\n', 'a length in hex': 'Content-Length: 0x2\r\n', 'a coding that is none': 'Transfer-Encoding: xchunked\r\n', 'identity': 'Transfer-Encoding: identity\r\n', 'chunks before another coding': 'Transfer-Encoding: chunked, identity\r\n',
      'a space before the colon': 'Transfer-Encoding : chunked\r\n', 'a folded line': 'X: a\r\n Transfer-Encoding: chunked\r\n', 'a lone line feed': 'X: a\nContent-Length: 2\r\n', 'a lone carriage return': 'X: a\rTransfer-Encoding: chunked\r\n', 'a null': 'X: a\0b\r\n', 'tabs': 'Transfer-Encoding:\tchunked\tx\r\n',
    };
    const before = await service.as('root').count();
    const start = JSON.stringify({ workflow: quick });
    const smuggled = `POST ${API}/executions HTTP/1.1\r\nHost: x\r\nX-API-Key: ${KEYS.root}\r\nContent-Type: application/json\r\nContent-Length: ${start.length}\r\nConnection: close\r\n\r\n${start}`;
    for (const [what, lines] of Object.entries(bodies)) {
      const answer = await sendRaw(service.port, `POST ${API}/executions HTTP/1.1\r\nHost: x\r\nX-API-Key: ${KEYS.alice}\r\nContent-Type: application/json\r\n${lines}\r\n0\r\n\r\n${smuggled}`);
      expect([what, statusesIn(answer)]).toEqual([what, [400]]);
    }
    for (const chunk of ['-1', '0x2', 'FFFFFFFFFFFFFFFFF', '2;a=\nb', ' 2']) {
      const answer = await sendRaw(service.port, `POST ${API}/executions HTTP/1.1\r\nHost: x\r\nX-API-Key: ${KEYS.alice}\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n${chunk}\r\n{}\r\n0\r\n\r\n${smuggled}`);
      expect([chunk, statusesIn(answer)]).toEqual([chunk, [400]]);
    }
    expect(await service.as('root').count()).toBe(before);
  });

  it('V4.2.2 › the length that an answer states is the length it has, whatever is put into it', async () => {
    const hostile = encodeURIComponent('x\r\nContent-Length: 0\r\n\r\nHTTP/1.1 200 OK\r\n\r\nü\u2028');
    const paths = ['/health/live', '/', `${API}/executions/${hostile}`, `${API}/executions?cursor=${hostile}`, `${API}/workflows/${hostile}`, '/%zz', '/docs-json'];
    for (const path of paths) {
      const answer = await sendRaw(service.port, `GET ${path} HTTP/1.1\r\nHost: x\r\nX-API-Key: ${KEYS.alice}\r\nX-Request-Id: a%0d%0ab\r\nConnection: close\r\n\r\n`);
      const [head = '', ...rest] = answer.split('\r\n\r\n');
      const lengths = [...head.matchAll(/^content-length: (\d+)$/gim)].map(([, length]) => Number(length));
      expect([path, statusesIn(answer).length, lengths, /^transfer-encoding/im.test(head)]).toEqual([path, 1, [rest.join('\r\n\r\n').length], false]);
    }
  });

  it('V4.2.3 V4.2.4 › HTTP/2 is not spoken, nor changed to', async () => {
    expect(statusesIn(await sendRaw(service.port, 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n')).filter((status) => status !== 400)).toEqual([]);
    const upgraded = await sendRaw(service.port, 'GET /health/live HTTP/1.1\r\nHost: x\r\nConnection: Upgrade, HTTP2-Settings, close\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAARAAAAAAAIAAAAA\r\n\r\n');
    expect([statusesIn(upgraded).includes(101), upgraded.includes('HTTP/2')]).toEqual([false, false]);
  });
});

describe('WebSockets', () => {
  let service: AttackedService;
  beforeAll(async () => {
    service = await AttackedService.start({ STEPCAST_CORS_ORIGINS: 'https://app.example' });
  });
  afterAll(() => service.close());

  /** The status that a handshake is answered with. */
  const handshake = async (headers: Record<string, string>, query = ''): Promise<number | undefined> => {
    const lines = Object.entries({ host: 'stepcast.example', connection: 'Upgrade', upgrade: 'websocket', 'sec-websocket-version': '13', 'sec-websocket-key': 'dGhlIHNhbXBsZSBub25jZQ==', ...headers });
    return headOf(service.port, `GET ${API}/ws${query} HTTP/1.1\r\n${lines.map(([name, value]) => `${name}: ${value}\r\n`).join('')}\r\n`);
  };

  it('V4.4.2 › a page of an origin that is not allowed opens none, with a right key and a right ticket too, and uses no ticket up', async () => {
    const { ticket } = (await service.as('alice').post('/tickets')).json as { ticket: string };
    for (const origin of ['https://evil.example', 'https://app.example.evil.example', 'http://app.example', 'null', 'https://stepcast.example.evil.example', 'file://', 'https://app.example:8443']) {
      expect([origin, await handshake({ origin, 'x-api-key': KEYS.alice }), await handshake({ origin }, `?ticket=${ticket}`)]).toEqual([origin, 403, 403]);
    }
    expect([await handshake({ origin: 'https://app.example', 'x-api-key': KEYS.alice }), await handshake({ origin: 'https://stepcast.example' }, `?ticket=${ticket}`)]).toEqual([101, 101]);
  });

  it('V4.4.3 V4.4.4 › one is opened by a key, a token or a ticket that was asked for with one: once, and by nothing else', async () => {
    for (const [headers, query] of [[{}, ''], [{}, '?ticket=tkt_x'], [{}, `?api_key=${KEYS.alice}`], [{ cookie: `x-api-key=${KEYS.alice}` }, ''], [{ 'sec-websocket-protocol': KEYS.alice }, ''], [{ 'x-api-key': 'guess' }, '']] as const) {
      expect([headers, query, await handshake(headers, query)]).toEqual([headers, query, 401]);
    }
    const id = await service.as('alice').start(quick);
    const own = ((await service.as('alice').post(`/executions/${id}/tickets`)).json as { ticket: string }).ticket;
    expect(await handshake({}, `?ticket=${own}`)).toBe(401);
    const { ticket } = (await service.as('alice').post('/tickets')).json as { ticket: string };
    const statuses = await Promise.all(Array.from({ length: 5 }, () => handshake({}, `?ticket=${ticket}`)));
    expect(statuses.sort()).toEqual([101, 401, 401, 401, 401]);
  });
});

describe('requests that the service sends', () => {
  it('V4.1.5 › webhooks are signed one by one: a receiver tells one that was changed, repeated under another id, or signed by another', async () => {
    const receiver = await WebhookReceiver.start();
    const app = await TestApp.start({ streaming: { subscribers: { webhooks: [{ name: 'it', url: receiver.url, secret: WEBHOOK_SECRET }] } } });
    try {
      await app.alice.follow(await app.alice.start(quick));
      await receiver.until(() => receiver.taken.length >= 4, 'the events of a run');
      const [first, second] = receiver.taken as [typeof receiver.taken[number], typeof receiver.taken[number]];
      expect(receiver.taken.every((delivery) => isSigned(delivery))).toBe(true);
      const changed = [
        { ...first, body: first.body.replace('"seq":1', '"seq":2') }, { ...first, body: second.body }, { ...first, headers: { ...first.headers, 'webhook-id': second.id } },
        { ...first, headers: { ...first.headers, 'webhook-timestamp': String(Number(first.headers['webhook-timestamp']) + 1) } }, { ...first, headers: { ...first.headers, 'webhook-signature': second.headers['webhook-signature'] } },
      ];
      expect([changed.map((delivery) => isSigned(delivery)), isSigned(first, Buffer.concat([SECRET_KEY, Buffer.from('x')]))]).toEqual([changed.map(() => false), false]);
    } finally {
      await app.close();
      await receiver.close();
    }
  });

  it('V4.2.5 V8.3.3 › are no longer than others take, and carry no right of the service: only what the step was given', async () => {
    const web = await Web.start();
    const tools = await ToolsApp.start({ allowedHosts: ['127.0.0.1'] });
    try {
      web.serves('/', 'ok', { 'content-type': 'text/plain' });
      const long = { url: web.url(), headers: { 'x-long': '{{input.text}}' } };
      const refused = await tools.run(agent('h', 'http', { input: long }), { text: 'x'.repeat(20_000) });
      expect([refused.at(-1)?.type, web.visits.length]).toEqual(['workflow_failed', 0]);
      await tools.http({ url: web.url() });
      expect(Object.keys(web.visits[0]?.headers ?? {}).sort()).toEqual(['accept', 'accept-encoding', 'connection', 'host', 'user-agent']);
      // The service's own API, asked from within by a user's step: without the user's key, that is nobody.
      expect(await tools.http({ url: `${tools.app.base}${API}/executions` })).toMatchObject({ status: 401 });
      expect(await tools.http({ url: `${tools.app.base}${API}/keys`, headers: { 'x-api-key': KEYS.alice } })).toMatchObject({ status: 403 });
    } finally {
      await tools.close();
      await web.close();
    }
  });
});
