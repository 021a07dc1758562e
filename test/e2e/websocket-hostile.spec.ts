/** What clients can do to the WebSocket, and to the connections that it shares with requests, who mean no good. */
import http from 'node:http';
import net from 'node:net';
import { performance } from 'node:perf_hooks';
import { afterEach, describe, expect, it } from '@jest/globals';
import { TestApp } from '../support/app.js';
import { API, KEYS } from '../support/client.js';
import { within } from '../support/patience.js';
import { SocketClient } from '../support/socket.js';

let app: TestApp;
afterEach(() => app.close());

describe('scratch', () => {
  it('h2c again and again', async () => {
    app = await TestApp.start();
    const warnings: string[] = [];
    const on = (w: Error) => warnings.push(w.message.slice(0,200));
    process.on('warning', on);
    const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
    const sockets = new Set<net.Socket>();
    (app.nest.getHttpServer() as http.Server).on('connection', (s) => sockets.add(s));
    for (let i = 0; i < 15; i++) {
      await new Promise<void>((resolve, reject) => {
        const request = http.get(`${app.base}${API}/workflows`, { agent, headers: { 'x-api-key': KEYS.alice, connection: 'Upgrade, HTTP2-Settings', upgrade: 'h2c', 'http2-settings': 'AAMAAABkAARAAAAAAAIAAAAA' } }, (response) => { response.resume(); response.on('end', resolve); });
        request.on('error', reject);
      });
    }
    for (const s of sockets) console.log('listeners', s.eventNames().map((n) => [n, s.listenerCount(n)]));
    agent.destroy();
    process.off('warning', on);
    console.log(sockets.size, warnings);
  });

  it('many headers', async () => {
    app = await TestApp.start();
    const socket = net.connect(app.port, '127.0.0.1');
    let answer = '';
    socket.on('data', (d) => (answer += d.toString()));
    const filler = Array.from({ length: 1100 }, (_, i) => `a:\r\n`).join('');
    const body = `GET /health/live HTTP/1.1\r\nHost: x\r\n\r\n`;
    socket.write(`POST ${API}/nowhere HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n${filler}Content-Length: ${body.length}\r\n\r\n${body}`);
    await new Promise((r) => setTimeout(r, 1000));
    console.log(answer.match(/HTTP\/1\.1 \d+/g), answer.slice(0, 300));
    socket.destroy();
  });

  it('flood', async () => {
    app = await TestApp.start();
    const n = Number(process.env.N ?? 1);
    const clients = await Promise.all(Array.from({ length: n }, () => SocketClient.open(app.base, { user: 'alice' })));
    const frame = Buffer.from([0x81, 0x82, 0, 0, 0, 0, 0x7b, 0x7d]);
    const flood = Buffer.concat(Array.from({ length: 8000 }, () => frame));
    let last = performance.now();
    let worst = 0;
    const timer = setInterval(() => { const now = performance.now(); worst = Math.max(worst, now - last); last = now; }, 1);
    const t0 = performance.now();
    for (const c of clients) { (c.ws as unknown as { _socket: net.Socket })._socket.write(flood); c.ws.pause(); }
    let done = 0;
    await within(Promise.all(clients.map(async (c) => { c.ws.resume(); await c.until((m) => c.messages.length >= 8000); done++; })), () => `done ${done}`, 60000);
    clearInterval(timer);
    console.log('worst', worst, 'total', performance.now() - t0);
    for (const c of clients) c.close();
  }, 100000);
});
