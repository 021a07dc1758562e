/** What no client of HTTP would send: broken heads, lengths that contradict each other, requests in one another. */
import net from 'node:net';
import fc from 'fast-check';
import { within } from '../../support/patience.js';

const LINES = [
  'GET /health/live HTTP/1.1', 'GET /api/v1/executions HTTP/1.1', 'POST /api/v1/executions HTTP/1.1', 'OPTIONS * HTTP/1.1', 'GET / HTTP/1.0', 'GET / HTTP/0.9', 'GET / HTTP/2.0', 'GET /', 'GET http://x/ HTTP/1.1', 'CONNECT x:1 HTTP/1.1', 'FOO / HTTP/1.1',
  'PRI * HTTP/2.0', 'get / http/1.1', 'GET  / HTTP/1.1', 'GET /\u00e4 HTTP/1.1', 'GET /a b HTTP/1.1', `GET /${'x'.repeat(20_000)} HTTP/1.1`, '\u0016\u0003\u0001\u0002', '', 'PROXY TCP4 1.1.1.1 2.2.2.2 1 2', 'GET /api/v1/ws HTTP/1.1',
];
const HEADERS = [
  'Host: x', 'Host: x', 'Host: x', 'Host: y', 'Host:', 'Content-Length: 5', 'Content-Length: 6', 'Content-Length: -1', 'Content-Length: 5, 5', 'Content-Length: 99999999999999999999', 'Content-Length: 0x5', 'Transfer-Encoding: chunked', 'Transfer-Encoding: chunked, identity',
  'Transfer-Encoding: xchunked', 'Transfer-Encoding:\u000bchunked', 'Transfer-Encoding : chunked', ' folded: x', 'X-Null: a\u0000b', 'X-High: \u00ff\u00fe', 'No colon', ': no name', 'X: a\rb', 'Expect: 100-continue', 'Expect: x', 'Connection: close', 'Connection: upgrade', 'Upgrade: websocket',
  'Upgrade: h2c', 'Sec-WebSocket-Version: 13', 'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==', 'Content-Type: application/json', 'Trailer: x', `X-Long: ${'x'.repeat(17_000)}`, 'X-API-Key: nobody',
];
const BODIES = ['', '{"a":', '5\r\nhello\r\n0\r\n\r\n', '5\r\nhello\r\n0\r\nX: y\r\n\r\n', 'fffffffffffffffff\r\n', '-1\r\n', '5;ext="\r\nhello\r\n', 'hello', 'GET / HTTP/1.1\r\nHost: x\r\n\r\n', '\u0081\u0085\u0000\u0000\u0000\u0000hello'];

const request = fc.tuple(fc.constantFrom(...LINES), fc.array(fc.constantFrom(...HEADERS), { maxLength: 6 }), fc.constantFrom('\r\n', '\r\n', '\r\n', '\n', '\r'), fc.constantFrom(...BODIES))
  .map(([line, headers, end, body]) => `${[line, ...headers].join(end)}${end}${end}${body}`);

/** Bytes, as the letters of latin1. */
export const noHttp: fc.Arbitrary<string> = fc.oneof(
  { weight: 6, arbitrary: fc.array(request, { minLength: 1, maxLength: 3 }).map((requests) => requests.join('')) },
  { weight: 2, arbitrary: fc.tuple(request, fc.nat(), fc.integer({ min: 0, max: 255 })).map(([text, at, code]) => text.slice(0, at % text.length) + String.fromCharCode(code) + text.slice((at % text.length) + 1)) },
  { weight: 1, arbitrary: fc.uint8Array({ maxLength: 200 }).map((bytes) => Buffer.from(bytes).toString('latin1')) },
);

/** Sends that and no more, and answers all that comes back, up to the end of the connection. */
export function exchangeRaw(port: number, bytes: string): Promise<string> {
  return within(new Promise((resolve) => {
    let answer = '';
    const socket = net.connect(port, '127.0.0.1', () => socket.end(Buffer.from(bytes, 'latin1')));
    socket.on('data', (part: Buffer) => (answer += part.toString('latin1')));
    // A reset is a way of hanging up, too.
    socket.on('error', () => undefined);
    socket.on('close', () => resolve(answer));
  }), () => `the end of a connection that was sent ${JSON.stringify(bytes.slice(0, 2000))}`);
}
