import { afterEach, describe, expect, it } from '@jest/globals';
import { type IncomingMessage, type Server, type ServerOptions, type ServerResponse } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { BoundedExpressAdapter, SERVER_BOUNDS } from './http-server.js';

let server: Server;
afterEach(() => {
  server.closeAllConnections();
  return new Promise((resolve) => server.close(resolve));
});

async function listen(bounds: ServerOptions = {}): Promise<void> {
  const adapter = new BoundedExpressAdapter({ ...SERVER_BOUNDS, ...bounds });
  adapter.initHttpServer();
  server = adapter.getHttpServer();
  adapter.use('/slow', (_request: IncomingMessage, response: ServerResponse) => void response.writeHead(200, { 'content-type': 'text/event-stream' }).write('id: 1\n\n'));
  adapter.use('/silent', () => undefined);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
}

/** All that a connection is answered; `then` is sent once it was answered something. */
function answerTo(text: string, then?: string): Promise<string> {
  return new Promise((resolve) => {
    let answer = '';
    const socket = connect((server.address() as AddressInfo).port, '127.0.0.1', () => socket.write(text));
    socket.on('error', () => undefined);
    socket.on('data', (data) => {
      if (answer === '' && then !== undefined) socket.write(then);
      answer += String(data);
    });
    socket.on('close', () => resolve(answer));
  });
}

function problemIn(answer: string): unknown {
  const [head = '', body = ''] = answer.split('\r\n\r\n');
  expect(head).toContain('Content-Type: application/problem+json; charset=utf-8\r\n');
  expect(head).toContain(`Content-Length: ${Buffer.byteLength(body)}`);
  for (const line of ['Connection: close', 'Cache-Control: no-store', 'X-Content-Type-Options: nosniff']) expect(head.split('\r\n')).toContain(line);
  return JSON.parse(body);
}

const head = 'GET / HTTP/1.1\r\nHost: x\r\n';

describe('what Node itself refuses is a problem document:', () => {
  it.each([
    ['no HTTP', 'hello\r\n\r\n', 400, 'Bad Request', /no valid HTTP/],
    ['a header that is none', `${head}X-Y: a\x01b\r\n\r\n`, 400, 'Bad Request', /no valid HTTP/],
    ['a length that is said twice', 'POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n', 400, 'Bad Request', /no valid HTTP/],
    ['no host', 'GET /slow HTTP/1.1\r\nX-Y: a\r\n\r\n', 400, 'Bad Request', /no valid HTTP.*one Host/],
    ['two hosts', `${head}Host: y\r\n\r\n`, 400, 'Bad Request', /one Host/],
    ['two hosts, of HTTP/1.0', 'GET /slow HTTP/1.0\r\nHost: x\r\nhost: x\r\n\r\n', 400, 'Bad Request', /one Host/],
    ['a head without end', `${head}X-Long: ${'x'.repeat(20_000)}\r\n\r\n`, 431, 'Request Header Fields Too Large', /16384 bytes/],
    ['a URL without end', `GET /${'x'.repeat(20_000)} HTTP/1.1\r\nHost: x\r\n\r\n`, 431, 'Request Header Fields Too Large', /16384 bytes/],
    ['chunks that say more than they hold', `POST /silent HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n1;${'x'.repeat(20_000)}\r\na`, 413, 'Payload Too Large', /extensions/, 'payload_too_large'],
  ])('%s', async (_what, text, status, title, detail, code = 'invalid_request') => {
    await listen();
    const answer = await answerTo(text);
    expect(answer.split('\r\n')[0]).toBe(`HTTP/1.1 ${status} ${title}`);
    expect(problemIn(answer)).toEqual({ type: 'about:blank', title, status, code, detail: expect.stringMatching(detail) });
  });

  it.each([['a head', head], ['a body', 'POST /silent HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\n{']])('%s that does not arrive', async (_what, text) => {
    await listen({ headersTimeout: 100, requestTimeout: 100, connectionsCheckingInterval: 20 });
    const answer = await answerTo(text);
    expect(answer).toMatch(/^HTTP\/1\.1 408 /);
    expect(problemIn(answer)).toMatchObject({ status: 408, code: 'invalid_request' });
  });

  it('but not in the middle of an answer, also where another request was sent behind', async () => {
    await listen();
    const slow = 'GET /slow HTTP/1.1\r\nHost: x\r\n\r\n';
    for (const then of ['hello\r\n\r\n', 'GET /silent HTTP/1.1\r\nHost: x\r\n\r\nhello\r\n\r\n']) {
      const answer = await answerTo(slow, then);
      expect(answer).toMatch(/^HTTP\/1\.1 200 /);
      expect(answer).toMatch(/id: 1\n\n\r\n$/);
    }
  });

  it('and a request of HTTP/1.0 needs no host', async () => {
    await listen();
    expect(await answerTo('GET /none HTTP/1.0\r\n\r\n')).toMatch(/^HTTP\/1\.1 404 /);
  });

  it('and what else a request expects is passed by', async () => {
    await listen();
    expect(await answerTo('GET /none HTTP/1.1\r\nHost: x\r\nExpect: a-miracle\r\nConnection: close\r\n\r\n')).toMatch(/^HTTP\/1\.1 404 /);
  });

  it('nor is a body that follows a refused head taken for a request', async () => {
    await listen();
    const inside = 'GET /none HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n';
    const answer = await answerTo(`POST /silent HTTP/1.1\r\nHost: x\r\nHost: y\r\nContent-Length: ${inside.length}\r\n\r\n${inside}${inside}`);
    expect(answer.match(/HTTP\/1\.1 \d+/g)).toEqual(['HTTP/1.1 400']);
  });

  it('and after an answer that has ended', async () => {
    await listen();
    const answer = await answerTo('GET /none HTTP/1.1\r\nHost: x\r\n\r\n', 'hello\r\n\r\n');
    expect(answer).toMatch(/^HTTP\/1\.1 404 /);
    expect(answer).toContain('HTTP/1.1 400 Bad Request\r\n');
  });
});
