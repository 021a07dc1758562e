/** How a WebSocket is opened, by whom, and how it is refused: with a real status and a problem document (P14). */
import http from 'node:http';
import net from 'node:net';
import { afterEach, describe, expect, it } from '@jest/globals';
import { WebSocketGateway } from '@nestjs/websockets';
import { WsAdapter } from '@nestjs/platform-ws';
import { WebSocket } from 'ws';
import { agent, workflow } from '../../src/orchestration/definition/builder.js';
import { type AppOptions, type Platform, TestApp } from '../support/app.js';
import { assertWhole } from '../support/assert-whole.js';
import { API, KEYS } from '../support/client.js';
import { eventually, within } from '../support/patience.js';
import { SocketClient } from '../support/socket.js';

const quick = workflow('quick', agent('e', 'echo'));
const ORIGIN = 'https://app.example.com';
const HANDSHAKE = { connection: 'Upgrade', upgrade: 'websocket', 'sec-websocket-version': '13', 'sec-websocket-key': 'dGhlIHNhbXBsZSBub25jZQ==' };
const headLines = Object.entries(HANDSHAKE).map(([name, value]) => `${name}: ${value}\r\n`).join('');

let app: TestApp;
afterEach(() => app.close());

/** A request over a connection of its own, and all that is answered to it until that is closed, or is as wanted. */
async function raw(text: string, isWhole: (answer: string) => boolean = () => false): Promise<string> {
  const socket = net.connect(app.port, '127.0.0.1');
  let answer = '';
  const whole = new Promise<string>((resolve, reject) => {
    socket.on('data', (data) => {
      answer += data.toString('latin1');
      if (isWhole(answer)) resolve(answer);
    });
    socket.on('close', () => resolve(answer));
    socket.on('error', reject);
  });
  socket.write(text);
  try {
    return await within(whole, () => `an answer; there was ${answer}`);
  } finally {
    socket.destroy();
  }
}

describe.each<Platform>(['express', 'fastify'])('the door of the WebSocket, on %s', (platform) => {
  const start = async (options: AppOptions = {}) => {
    app = await TestApp.start({ platform, ...options });
  };

  it('is open to keys, and refuses whoever has none with 401', async () => {
    await start();
    expect(await SocketClient.refused(app.base)).toMatchObject({
      status: 401, headers: { 'content-type': expect.stringMatching(/^application\/problem\+json/), 'www-authenticate': expect.stringContaining('Bearer'), 'cache-control': 'no-store', connection: 'close' },
      json: { code: 'unauthenticated', status: 401 },
    });
    expect((await SocketClient.refused(app.base, { headers: { 'x-api-key': 'wrong' } })).json.code).toBe('unauthenticated');
    expect((await SocketClient.refused(app.base, { path: `${API}/ws?key=${KEYS.alice}` })).status).toBe(401);
    const socket = await SocketClient.open(app.base, { user: 'alice' });
    socket.close();
    await socket.whenClosed();
  });

  it('takes a ticket once, as browsers do, which can send no header', async () => {
    await start();
    const id = await app.alice.start(quick);
    const { ticket } = (await app.alice.post('/tickets')).json as { ticket: string };
    const url = `ws://127.0.0.1:${app.port}${API}/ws?ticket=${encodeURIComponent(ticket)}`;
    const browser = new globalThis.WebSocket(url);
    const messages: { type: string; event?: never }[] = [];
    browser.onmessage = ({ data }) => void messages.push(JSON.parse(data as string) as { type: string });
    await within(new Promise((resolve) => (browser.onopen = resolve)), 'the opening');
    browser.send(JSON.stringify({ type: 'subscribe', executionId: id }));
    await eventually(() => messages.some(({ type }) => type === 'ended'), 'the end');
    assertWhole(messages.flatMap(({ type, event }) => (type === 'event' ? [event as never] : [])));
    const closed = new Promise((resolve) => (browser.onclose = resolve));
    browser.close();
    await within(closed, 'the close');
    expect((await SocketClient.refused(app.base, { path: `${API}/ws?ticket=${ticket}` })).json.code).toBe('unauthenticated');
    const { ticket: narrow } = (await app.alice.post(`/executions/${id}/tickets`)).json as { ticket: string };
    expect((await SocketClient.refused(app.base, { path: `${API}/ws?ticket=${narrow}` })).json.code).toBe('unauthenticated');
  });

  it('refuses pages of other origins, and uses no ticket up for it', async () => {
    await start({ streaming: { webSocketOrigins: [ORIGIN] } });
    const { ticket } = (await app.alice.post('/tickets')).json as { ticket: string };
    const path = `${API}/ws?ticket=${ticket}`;
    for (const origin of ['https://evil.example.com', 'https://app.example.com.evil.example', 'null', 'http://127.0.0.1:1', 'x']) {
      expect(await SocketClient.refused(app.base, { path, headers: { origin } })).toMatchObject({ status: 403, json: { code: 'forbidden' } });
    }
    const sockets = [
      await SocketClient.open(app.base, { path, headers: { origin: ORIGIN } }),
      await SocketClient.open(app.base, { user: 'alice', headers: { origin: app.base } }),
      // TLS ends at a proxy.
      await SocketClient.open(app.base, { user: 'alice', headers: { origin: 'https://flows.example.com', host: 'flows.example.com' } }),
    ];
    for (const socket of sockets) socket.close();
  });

  it('asks for the scopes of the routes', async () => {
    const key = (name: string, ...scopes: string[]) => ({ user: 'alice', key: `key-of-${name}`, scopes });
    await start({ streaming: { apiKeys: [{ user: 'alice', key: KEYS.alice }, key('runner', 'workflows:run'), key('reader', 'executions:read'), key('both', 'executions:read', 'executions:cancel')] } });
    const executionId = await app.alice.start(workflow('waiting', agent('g', 'gate')));
    expect((await SocketClient.refused(app.base, { headers: { 'x-api-key': 'key-of-runner' } })).json).toMatchObject({ code: 'forbidden', detail: expect.stringContaining('executions:read') });
    const [reader, both] = [await SocketClient.open(app.base, { headers: { 'x-api-key': 'key-of-reader' } }), await SocketClient.open(app.base, { headers: { 'x-api-key': 'key-of-both' } })];
    expect(await reader.ask({ type: 'subscribe', executionId })).toMatchObject({ type: 'subscribed' });
    expect(await reader.ask({ type: 'cancel', executionId })).toMatchObject({ type: 'error', code: 'forbidden', detail: expect.stringContaining('executions:cancel') });
    expect(await both.ask({ type: 'input', executionId, value: 1 })).toMatchObject({ type: 'error', code: 'forbidden', detail: expect.stringContaining('workflows:run') });
    expect(await both.ask({ type: 'cancel', executionId })).toMatchObject({ type: 'cancelled' });
    for (const socket of [reader, both]) socket.close();
  });

  it('uses no ticket up for what is no handshake', async () => {
    await start();
    const { ticket } = (await app.alice.post('/tickets')).json as { ticket: string };
    const path = `/ws?ticket=${ticket}`;
    expect(await app.as(undefined).get(path)).toMatchObject({ status: 426, headers: { upgrade: 'websocket' }, json: { code: 'upgrade_required' } });
    const socket = await SocketClient.open(app.base, { path: `${API}${path}` });
    socket.close();
    await socket.whenClosed();
  });

  it('refuses what is no handshake with 426 and 400', async () => {
    await start();
    expect(await app.alice.get('/ws')).toMatchObject({ status: 426, headers: { upgrade: 'websocket' }, json: { code: 'upgrade_required' } });
    const refusal = (headers: Record<string, string>) => new Promise<string>((resolve, reject) => {
      const request = http.get(`${app.base}${API}/ws`, { agent: false, headers: { ...HANDSHAKE, 'x-api-key': KEYS.alice, ...headers } });
      request.on('response', (response) => response.on('data', (data: Buffer) => resolve(`${response.statusCode} ${(JSON.parse(data.toString()) as { code: string }).code}`)));
      request.on('upgrade', () => reject(new Error('it was opened')));
      request.on('error', reject);
    });
    expect(await refusal({ 'sec-websocket-version': '7' })).toBe('426 upgrade_required');
    expect(await refusal({ 'sec-websocket-key': 'short' })).toBe('400 invalid_request');
    expect(await refusal({ upgrade: 'h2c' })).toBe('426 upgrade_required');
    expect(await app.alice.request('POST', '/ws', { body: {} })).toMatchObject({ status: 404 });
    // A subprotocol that is not spoken is not agreed to.
    const ws = new WebSocket(`ws://127.0.0.1:${app.port}${API}/ws`, ['graphql-ws'], { headers: { 'x-api-key': KEYS.alice } });
    await expect(within(new Promise((_resolve, reject) => ws.on('error', reject)), 'the refusal of its client')).rejects.toThrow(/subprotocol/);
  });

  it('is where the routes are, below a prefix and a path of the app\'s own', async () => {
    await start({ globalPrefix: 'service', streaming: { path: 'flows/v2' } });
    const { json } = await app.alice.post('//service/flows/v2/executions', { workflow: quick });
    const executionId = (json as { id: string }).id;
    const socket = await SocketClient.open(app.base, { user: 'alice', path: '/service/flows/v2/ws' });
    await socket.ask({ type: 'subscribe', executionId });
    await socket.untilEnded(executionId);
    assertWhole(socket.events);
    socket.close();
    // Express takes a path for the same with a slash at its end, as it does for every route.
    if (platform === 'express') (await SocketClient.open(app.base, { user: 'alice', path: '/service/flows/v2/ws/' })).close();
  });

  it('takes nothing from requests that ask for another upgrade, or at another path: they are answered as if they had not asked', async () => {
    await start();
    const h2c = `Host: x\r\nX-API-Key: ${KEYS.alice}\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAARAAAAAAAIAAAAA\r\n`;
    const body = JSON.stringify({ workflow: quick });
    const start202 = `POST ${API}/executions HTTP/1.1\r\n${h2c}Content-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}`;
    expect(await raw(start202, (answer) => answer.includes('eventsUrl'))).toMatch(/^HTTP\/1\.1 202 /);
    // The connection stays good for more, and requests that came at once are answered each.
    const list = `GET ${API}/workflows HTTP/1.1\r\n${h2c}\r\n`;
    const answers = await raw(`${list}${list}GET ${API}/ws HTTP/1.1\r\nHost: x\r\nX-API-Key: ${KEYS.alice}\r\nConnection: close\r\n\r\n`);
    expect(answers.match(/HTTP\/1\.1 \d+/g)).toEqual(['HTTP/1.1 200', 'HTTP/1.1 200', 'HTTP/1.1 426']);
    const key = `X-API-Key: ${KEYS.alice}\r\n`;
    const handshake = `GET ${API}/ws HTTP/1.1\r\nHost: x\r\n${key}${headLines}\r\n`;
    const opened = await raw(`${list}GET ${API}/workflows HTTP/1.1\r\nHost: x\r\n${key}\r\n${handshake}`, (answer) => answer.includes('Sec-WebSocket-Accept'));
    expect(opened.match(/HTTP\/1\.1 \d+/g)).toEqual(['HTTP/1.1 200', 'HTTP/1.1 200', 'HTTP/1.1 101']);
    const elsewhere = `GET ${API}/nowhere HTTP/1.1\r\nHost: x\r\n${headLines}\r\n`;
    expect(await raw(elsewhere, (answer) => answer.includes('}'))).toMatch(/^HTTP\/1\.1 404 /);
  });

  it('refuses requests that ask for another upgrade with so many headers that some may have been left out', async () => {
    await start();
    const request = (headers: number) => `GET ${API}/workflows HTTP/1.1\r\nHost: x\r\nX-API-Key: ${KEYS.alice}\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n${'a: b\r\n'.repeat(headers)}\r\n`;
    // Together with the four others a thousand, which is as many as Node hands on.
    expect(await raw(request(996))).toMatch(/^HTTP\/1\.1 431 /);
    expect(await raw(request(900), (answer) => answer.includes('}'))).toMatch(/^HTTP\/1\.1 200 /);
  });

  it('outlives a connection that breaks before its handshake is answered', async () => {
    await start();
    const server = app.nest.getHttpServer() as http.Server;
    const broken = new Promise<void>((resolve) => server.once('request', ({ socket }: http.IncomingMessage) => {
      socket.once('close', () => resolve());
      socket.destroy(new Error('the connection was reset'));
    }));
    await expect(SocketClient.open(app.base, { user: 'alice' })).rejects.toThrow();
    await within(broken, 'the end of the connection');
    (await SocketClient.open(app.base, { user: 'alice' })).close();
  });

  it('leaves nothing behind where clients vanish in the middle of it', async () => {
    await start({ streaming: { maxStreamsPerUser: 5 } });
    const head = `GET ${API}/ws HTTP/1.1\r\nHost: x\r\nX-API-Key: ${KEYS.alice}\r\n${headLines}\r\n`;
    const vanish = (turns: number) => new Promise<void>((resolve) => {
      const socket = net.connect(app.port, '127.0.0.1', () => socket.write(head, () => step(turns)));
      const step = (left: number) => (left > 0 ? setImmediate(step, left - 1) : socket.resetAndDestroy());
      socket.on('error', () => undefined);
      socket.on('close', () => resolve());
    });
    await within(Promise.all(Array.from({ length: 60 }, (_, i) => vanish(i % 20))), 'the end of all');
    await eventually(async () => {
      const sockets = await Promise.all(Array.from({ length: 5 }, () => SocketClient.open(app.base, { user: 'alice' }).catch(() => undefined)));
      for (const socket of sockets) socket?.close();
      return sockets.every((socket) => socket !== undefined);
    }, 'all places free');
  });
});

@WebSocketGateway({ path: '/chat' })
class Chat {
  handleConnection(client: WebSocket): void {
    client.send('welcome');
  }
}

describe('an app with a gateway of its own', () => {
  it('has both, though its adapter ends every socket that is not its own', async () => {
    app = await TestApp.start({ providers: [Chat], prepare: (nest) => nest.useWebSocketAdapter(new WsAdapter(nest)) });
    const chat = new WebSocket(`ws://127.0.0.1:${app.port}/chat`);
    const welcome = new Promise((resolve) => chat.on('message', (data: Buffer) => resolve(data.toString())));
    expect(await within(welcome, 'a welcome')).toBe('welcome');
    const socket = await SocketClient.open(app.base, { user: 'alice' });
    expect(await socket.ask({ type: 'ping' })).toMatchObject({ type: 'pong' });
    expect((await SocketClient.refused(app.base)).status).toBe(401);
    const closed = new Promise((resolve) => chat.on('close', resolve));
    chat.close();
    await within(closed, 'the close');
    socket.close();
  });
});
