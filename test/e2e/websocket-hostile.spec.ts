/** Who means no good: over a WebSocket, at its door, and over the connections that both share with requests. */
import http from 'node:http';
import net from 'node:net';
import { afterEach, describe, expect, it, jest } from '@jest/globals';
import { Journal } from '../../src/journal/journal.js';
import { agent, workflow } from '../../src/orchestration/definition/builder.js';
import { StreamLimiter } from '../../src/rate-limit/stream-limiter.js';
import { StreamRights } from '../../src/streaming/sse/stream.rights.js';
import { SocketSession } from '../../src/streaming/ws/socket.session.js';
import { type AppOptions, type Platform, TestApp } from '../support/app.js';
import { assertWhole } from '../support/assert-whole.js';
import { API, KEYS } from '../support/client.js';
import { eventually, within } from '../support/patience.js';
import { SocketClient } from '../support/socket.js';

const waiting = workflow('waiting', agent('g', 'gate'));
const HANDSHAKE = 'Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n';
const MASK = [1, 2, 3, 4];

let app: TestApp;
afterEach(() => app.close());

const start = async (options: AppOptions = {}) => {
  app = await TestApp.start(options);
};

/** A frame as clients send it; `size` is what its head says where that is not the truth. */
function frameOf(opcode: number, payload: Buffer | string = '', { fin = true, bits = 0, masked = true, size = Buffer.byteLength(payload) } = {}): Buffer {
  const head = [(fin ? 0x80 : 0) | bits | opcode];
  const mask = masked ? 0x80 : 0;
  if (size < 126) head.push(mask | size);
  else if (size < 65_536) head.push(mask | 126, size >> 8, size & 255);
  else head.push(mask | 127, 0, 0, 0, 0, ...new Uint8Array(new Uint32Array([size]).buffer).reverse());
  const body = Buffer.from(payload);
  return Buffer.concat([Buffer.from([...head, ...(masked ? MASK : [])]), masked ? body.map((byte, i) => byte ^ (MASK[i % 4] as number)) : body]);
}

/** What is answered to these bytes until the connection is closed. */
async function answerTo(...bytes: (Buffer | string)[]): Promise<Buffer> {
  const socket = net.connect(app.port, '127.0.0.1');
  const parts: Buffer[] = [];
  const closed = new Promise<void>((resolve) => socket.on('close', () => resolve()));
  socket.on('data', (part) => parts.push(part)).on('error', () => undefined);
  for (const each of bytes) socket.write(each);
  await within(closed, () => `the end of the connection; there was ${Buffer.concat(parts).toString('latin1')}`);
  return Buffer.concat(parts);
}

const opened = `GET ${API}/ws HTTP/1.1\r\nHost: x\r\nX-API-Key: ${KEYS.alice}\r\n${HANDSHAKE}\r\n`;

/** The code that a WebSocket is closed with after these frames. */
async function closedWith(...frames: Buffer[]): Promise<number> {
  const answer = await answerTo(opened, ...frames);
  const last = answer.lastIndexOf(0x88);
  return answer.readUInt16BE(last + 2);
}

describe('frames that break the rules', () => {
  it('close the WebSocket with a code that says which, and nothing else', async () => {
    await start();
    const other = await SocketClient.open(app.base, { user: 'alice' });
    const parts = (count: number) => [frameOf(1, '{', { fin: false }), ...Array.from({ length: count }, () => frameOf(0, ' ', { fin: false }))];
    for (const [what, code, ...frames] of [
      ['unmasked', 1002, frameOf(1, '{}', { masked: false })],
      ['of no kind', 1002, frameOf(3)],
      ['compressed, as was not agreed', 1002, frameOf(1, '{}', { bits: 0x40 })],
      ['goes on with nothing', 1002, frameOf(0, '{}')],
      ['a ping in parts', 1002, frameOf(9, '', { fin: false })],
      ['a ping that is too large', 1002, frameOf(9, 'x'.repeat(126))],
      ['a close with half a code', 1002, frameOf(8, 'x')],
      ['no UTF-8', 1007, frameOf(1, Buffer.from([0xff, 0xfe]))],
      ['half a character at its end', 1007, frameOf(1, Buffer.from([0xe2, 0x82]))],
      ['larger than it may be', 1009, frameOf(1, '', { size: 64 * 1024 + 1 })],
      ['as large as a number can say', 1009, frameOf(1, '', { size: 2 ** 32 - 1 })],
      ['larger than it may be, in parts', 1009, frameOf(1, 'x'.repeat(40_000), { fin: false }), frameOf(0, 'x'.repeat(40_000))],
      ['in too many parts', 1008, ...parts(1100)],
      ['binary', 1003, frameOf(2, '{}')],
    ] as [string, number, ...Buffer[]][]) expect([what, await closedWith(...frames)]).toEqual([what, code]);
    expect(await other.ask({ type: 'ping' })).toMatchObject({ type: 'pong' });
    other.close();
    await eventually(() => app.nest.get(StreamLimiter).count('alice') === 0, 'places that are free');
  });

  it('are none where a message comes in parts, with pings between, cut anywhere', async () => {
    await start();
    const text = '{"type":"ping","requestId":"ä😀"}';
    const [head, tail] = [Buffer.from(text).subarray(0, 28), Buffer.from(text).subarray(28)];
    const bytes = Buffer.concat([frameOf(1, head, { fin: false }), frameOf(9, 'p'), frameOf(0, '', { fin: false }), frameOf(0, tail)]);
    const socket = net.connect(app.port, '127.0.0.1');
    const parts: Buffer[] = [];
    const answer = () => Buffer.concat(parts).toString('utf8');
    socket.on('data', (part) => parts.push(part));
    socket.write(opened);
    for (const byte of bytes) socket.write(Buffer.from([byte]));
    await eventually(() => answer().includes('{"type":"pong","requestId":"ä😀"}'), 'the answer');
    expect(answer()).toContain('\u0001p');
    socket.destroy();
  });
});

describe('a flood of messages', () => {
  it('lets the service do something else between any two of them', async () => {
    await start();
    const count = 4000;
    const socket = await SocketClient.open(app.base, { user: 'alice' });
    let turns = 0;
    let isOver = false;
    const turn = () => {
      turns++;
      if (!isOver) setImmediate(turn);
    };
    const answered = socket.until(() => socket.messages.length === count);
    turn();
    const { _socket: line } = socket.ws as unknown as { _socket: net.Socket };
    line.write(Buffer.concat(Array.from({ length: count }, () => frameOf(1, '{}'))));
    await answered;
    isOver = true;
    expect(turns).toBeGreaterThanOrEqual(count);
    socket.close();
  });

  it('is left unread while 32 requests are not answered, and read on when they are', async () => {
    await start({ streaming: { rateLimit: { points: 10_000, seconds: 60 } } });
    const [count, most] = [200, 50];
    const received = jest.spyOn(SocketSession.prototype, 'receive');
    const journal = app.nest.get(Journal);
    const find = journal.find.bind(journal);
    const [flooding, other] = [await SocketClient.open(app.base, { user: 'alice' }), await SocketClient.open(app.base, { user: 'alice' })];
    const free = Promise.withResolvers<void>();
    jest.spyOn(journal, 'find').mockImplementationOnce((id) => free.promise.then(() => find(id)));
    flooding.send({ type: 'subscribe', executionId: 'none' });
    // As long as a read of the connection, so that hardly any are there already when no more are read.
    for (let i = 0; i < count; i++) flooding.send({ type: 'ping', pad: 'x'.repeat(60_000) });
    await eventually(() => received.mock.calls.length >= 32, 'the last that is read');
    for (let i = 0; i < 20; i++) expect(await other.ask({ type: 'ping' })).toMatchObject({ type: 'pong' });
    expect(received.mock.calls.length - 20).toBeLessThan(most);
    free.resolve();
    await flooding.until(() => flooding.messages.length === count + 1);
    received.mockRestore();
    for (const socket of [flooding, other]) socket.close();
  });

  it('of pings that are answered to nobody ends the connection', async () => {
    await start();
    const socket = net.connect(app.port, '127.0.0.1');
    const closed = new Promise<void>((resolve) => socket.on('close', () => resolve()));
    socket.on('error', () => undefined);
    const pings = Buffer.concat(Array.from({ length: 5000 }, () => frameOf(9, 'x'.repeat(125))));
    // Never read from, so that what is answered fills all buffers on the way.
    const send = () => void (socket.writable && socket.write(pings, send));
    socket.write(opened, send);
    await within(closed, 'the end of the connection');
    await eventually(() => app.nest.get(StreamLimiter).count('alice') === 0, 'a place that is free');
  });
});

describe('a WebSocket that is closed', () => {
  it('leaves nothing behind: no heartbeats, no watch over its rights', async () => {
    await start({ streaming: { heartbeatMs: 50 } });
    const [watch, unwatch] = (['watch', 'unwatch'] as const).map((name) => jest.spyOn(app.nest.get(StreamRights), name));
    const first = await SocketClient.open(app.base, { user: 'alice' });
    first.close();
    await eventually(() => unwatch?.mock.calls.length === 1, 'the end of the watch');
    expect(unwatch?.mock.calls).toEqual(watch?.mock.calls);
    const beats = jest.spyOn(SocketSession.prototype, 'heartbeat');
    const second = await SocketClient.open(app.base, { user: 'alice' });
    await eventually(() => second.messages.filter(({ type }) => type === 'heartbeat').length >= 3, 'heartbeats');
    expect(new Set(beats.mock.contexts).size).toBe(1);
    beats.mockRestore();
    second.close();
  });
});

describe.each<Platform>(['express', 'fastify'])('at the door, all at once, on %s', (platform) => {
  it('no more get in than there are places, and a ticket lets one in', async () => {
    await start({ platform, streaming: { maxStreamsPerUser: 5 } });
    const open = (path?: string) => SocketClient.open(app.base, path === undefined ? { user: 'alice' } : { path }).catch(() => undefined);
    const { ticket } = (await app.alice.post('/tickets')).json as { ticket: string };
    const byTicket = (await Promise.all(Array.from({ length: 10 }, () => open(`${API}/ws?ticket=${ticket}`)))).filter((socket) => socket !== undefined);
    expect(byTicket).toHaveLength(1);
    const sockets = (await Promise.all(Array.from({ length: 30 }, () => open()))).filter((socket) => socket !== undefined);
    expect(sockets).toHaveLength(4);
    for (const socket of [...byTicket, ...sockets]) socket.close();
  });
});

describe('requests that ask for another upgrade', () => {
  const H2C = 'Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAARAAAAAAAIAAAAA\r\n';

  it('leave nothing behind on their connection, however many come over it', async () => {
    await start();
    const connections: net.Socket[] = [];
    (app.nest.getHttpServer() as http.Server).on('connection', (connection: net.Socket) => connections.push(connection));
    const keepAlive = new http.Agent({ keepAlive: true, maxSockets: 1 });
    const ask = () => new Promise<void>((resolve, reject) => {
      const headers = { 'x-api-key': KEYS.alice, connection: 'Upgrade, HTTP2-Settings', upgrade: 'h2c', 'http2-settings': 'AAMAAABkAARAAAAAAAIAAAAA' };
      http.get(`${app.base}${API}/workflows`, { agent: keepAlive, headers }, (response) => response.resume().on('end', resolve)).on('error', reject);
    });
    const listeners = () => connections[0]?.eventNames().map((name) => [name, connections[0]?.listenerCount(name)]);
    await ask();
    const first = listeners();
    for (let i = 0; i < 20; i++) await ask();
    expect(listeners()).toEqual(first);
    expect(new Set(connections).size).toBe(1);
    keepAlive.destroy();
  });

  it('hide no second one in them behind more headers than Node tells of', async () => {
    await start();
    const hidden = 'GET /hidden HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n';
    const answer = await answerTo(`POST ${API}/workflows HTTP/1.1\r\nHost: x\r\n${H2C}${'a:\r\n'.repeat(1100)}Content-Length: ${hidden.length}\r\n\r\n${hidden}`);
    expect(answer.toString('latin1').match(/HTTP\/1\.1 \d+/g)).toEqual(['HTTP/1.1 431']);
  });
});

describe('an execution that retention removes while it is followed', () => {
  it('is told as gone, after what was sent, and the socket goes on', async () => {
    await start({ streaming: { stalledReaderMs: 600_000 } });
    app.stage.write('flood', function* (ctx) {
      for (let i = 0; i < 4000; i++) yield ctx.data('x'.repeat(4000));
    });
    const [executionId, other] = [await app.alice.start(workflow('flood', agent('f', 'play', { input: { part: 'flood' } }))), await app.alice.start(waiting)];
    const [socket, reader] = [await SocketClient.open(app.base, { user: 'alice' }), await SocketClient.open(app.base, { user: 'alice' })];
    for (const id of [executionId, other]) await socket.ask({ type: 'subscribe', executionId: id });
    socket.pause();
    await reader.ask({ type: 'subscribe', executionId });
    await reader.untilEnded(executionId);
    await app.nest.get(Journal).sweep(Date.now() + 1000, 0, Date.now());
    expect(await reader.ask({ type: 'subscribe', executionId })).toMatchObject({ type: 'error', code: 'gone', status: 410, executionId });
    socket.resume();
    expect(await socket.until(({ type }) => type === 'error')).toMatchObject({ code: 'gone', status: 410, executionId });
    const events = socket.eventsOf(executionId);
    expect(events).toEqual(reader.eventsOf(executionId).slice(0, events.length));
    expect(await socket.ask({ type: 'unsubscribe', executionId })).toMatchObject({ code: 'not_found' });
    app.stage.gate(other, 'g').open();
    await socket.untilEnded(other);
    assertWhole(socket.eventsOf(other));
    for (const each of [socket, reader]) each.close();
  });
});
