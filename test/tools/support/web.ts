/** Servers that a test directs, and that remember who came. */
import http, { type IncomingMessage, type RequestListener, type ServerResponse } from 'node:http';
import https from 'node:https';
import net, { type AddressInfo, type Socket } from 'node:net';
import { once } from 'node:events';
import { within } from '../../support/patience.js';

export interface Visit {
  method: string;
  path: string;
  headers: http.IncomingHttpHeaders;
  body: string;
}

type Route = (response: ServerResponse, visit: Visit, request: IncomingMessage) => unknown;

export class Web {
  readonly visits: Visit[] = [];
  readonly sockets = new Set<Socket>();
  /** How many connections were ever taken. */
  connections = 0;
  private readonly routes = new Map<string, Route>();

  private constructor(private readonly server: http.Server | https.Server, private readonly scheme: string) {}

  /** On loopback; with TLS where a certificate is given. */
  static async start({ tls, address = '127.0.0.1' }: { tls?: { key: string; cert: string }; address?: string } = {}): Promise<Web> {
    const listener: RequestListener = (request, response) => void web.serve(request, response);
    const server = tls ? https.createServer(tls, listener) : http.createServer(listener);
    const web = new Web(server, tls ? 'https' : 'http');
    server.on('connection', (socket: Socket) => {
      web.connections++;
      web.sockets.add(socket);
      // A client that hangs up is what some tests are about.
      socket.on('error', () => undefined).on('close', () => web.sockets.delete(socket));
    });
    server.listen(0, address);
    await once(server, 'listening');
    return web;
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port;
  }

  /** The URL of a path, by the address or by another name. */
  url(path = '/', host = '127.0.0.1'): string {
    return `${this.scheme}://${host}:${this.port}${path}`;
  }

  /** What a path answers; without a query. */
  on(path: string, route: Route): void {
    this.routes.set(path, route);
  }

  /** Answers with these bytes. */
  serves(path: string, body: string | Buffer, headers: http.OutgoingHttpHeaders = {}, status = 200): void {
    this.on(path, (response) => response.writeHead(status, headers).end(body));
  }

  async close(): Promise<void> {
    for (const socket of this.sockets) socket.destroy();
    this.server.close();
    await within(once(this.server, 'close'), 'the end of a server');
  }

  private async serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const parts: Buffer[] = [];
    for await (const part of request) parts.push(part as Buffer);
    const visit = { method: request.method as string, path: request.url as string, headers: request.headers, body: Buffer.concat(parts).toString('utf8') };
    this.visits.push(visit);
    const route = this.routes.get((request.url as string).replace(/\?.*/, ''));
    if (route) await route(response, visit, request);
    else response.writeHead(404).end();
  }
}

/** A server that no request of the agent must ever come to, on every address of the machine. */
export class Forbidden {
  private connections = 0;

  private constructor(private readonly server: net.Server, readonly hasIPv6: boolean) {
    server.on('connection', (socket) => {
      this.connections++;
      socket.on('error', () => undefined).end('HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nsecret');
    });
  }

  static async start(): Promise<Forbidden> {
    for (const address of ['::', '0.0.0.0']) {
      const server = net.createServer();
      server.listen(0, address);
      try {
        await once(server, 'listening');
        return new Forbidden(server, address === '::');
      } catch (error) {
        if (address === '0.0.0.0') throw error;
      }
    }
    throw new Error('never');
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port;
  }

  /** How many connections came up to now: the one made here comes after all of them. */
  async visitors(): Promise<number> {
    const before = this.connections;
    const own = net.connect(this.port, '127.0.0.1').on('error', () => undefined).resume();
    await within(once(own, 'end'), 'the end of a connection');
    own.destroy();
    const others = this.connections - before - 1;
    this.connections = before + others;
    return this.connections;
  }

  async close(): Promise<void> {
    this.server.close();
    await within(once(this.server, 'close'), 'the end of a server');
  }
}
