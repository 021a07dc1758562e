/**
 * Where WebSocket handshakes come in. Node hands a request with an `Upgrade` past its routes to whoever listens for
 * `upgrade`, with a bare socket. Here the handshake is given a response again and goes the way of every other request:
 * through the app's middleware, the guards of the route and the filter of its refusals, on Express and Fastify alike. So
 * what is refused is refused by a status and a problem document (P14), and counted and logged like any other.
 *
 * Listeners cannot keep an event from one another, and those of `WsAdapter` and of socket.io end every socket that is not
 * theirs. So the event is taken before them, for the one path, and passes by unchanged for all others. Where nobody else
 * listens, a request that asks for another upgrade (clients of HTTP/2 ask for `h2c` on their first one) is answered as it
 * was before anybody listened: as if it had not asked.
 */
import { type IncomingMessage, Server, ServerResponse } from 'node:http';
import { Server as NetServer, type Socket } from 'node:net';
import { Injectable, type OnApplicationBootstrap } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import { Links } from '../http/links.js';

/** A handshake that has yet to be answered. */
export interface Upgrade {
  socket: Socket;
  /** What the client has sent after its request already. */
  head: Buffer;
  response: ServerResponse;
}

/** Below the module's path. */
export const SOCKET_PATH = 'ws';

type Emit = (event: string | symbol, ...given: unknown[]) => boolean;

@Injectable()
export class UpgradeDoor implements OnApplicationBootstrap {
  private readonly upgrades = new WeakMap<object, Upgrade>();

  constructor(
    private readonly adapterHost: HttpAdapterHost,
    private readonly links: Links,
  ) {}

  onApplicationBootstrap(): void {
    // An app without HTTP has no server that could be listened to.
    const server = (this.adapterHost.httpAdapter as typeof this.adapterHost.httpAdapter | undefined)?.getHttpServer() as unknown;
    if (server instanceof NetServer) this.standAt(server as Server);
  }

  /** The handshake that came as this request of Node's; nothing where the request asked for none. */
  find(request: IncomingMessage): Upgrade | undefined {
    return this.upgrades.get(request);
  }

  private standAt(server: Server): void {
    const path = this.links.url(SOCKET_PATH);
    const emit = server.emit.bind(server) as Emit;
    const takeFirst: Emit = (event, ...given) => {
      if (event !== 'upgrade') return emit(event, ...given);
      const [request, socket, head] = given as [IncomingMessage, Socket, Buffer];
      const isOurs = isHandshake(request, path);
      if (!isOurs && server.listenerCount('upgrade') > 1) return emit(event, ...given);
      // The client may be gone at any moment, and Node has taken its own listener off.
      socket.on('error', ignore);
      whenAnswered(socket, () => (isOurs ? this.admit(server, request, { socket, head }) : answerWithoutUpgrade(server, request, socket, head)));
      return true;
    };
    server.emit = takeFirst;
    // Without a listener Node would not tell of upgrades at all.
    server.on('upgrade', ignore);
  }

  private admit(server: Server, request: IncomingMessage, { socket, head }: Omit<Upgrade, 'response'>): void {
    const response = new ServerResponse(request);
    // A refusal is the last that is said on this connection.
    response.shouldKeepAlive = false;
    response.assignSocket(socket);
    response.once('finish', () => socket.destroySoon());
    this.upgrades.set(request, { socket, head, response });
    server.emit('request', request, response);
  }
}

function isHandshake({ method, headers, url = '' }: IncomingMessage, path: string): boolean {
  const [asked = ''] = url.split('?', 1);
  return method === 'GET' && headers.upgrade?.toLowerCase() === 'websocket' && (asked === path || asked === `${path}/`);
}

/**
 * Calls back when earlier requests of the connection, which may have been sent without waiting for their answers, are answered: a second
 * response cannot be given a socket that has one. Not where the connection ends with that.
 */
function whenAnswered(socket: Socket & { _httpMessage?: ServerResponse | null }, then: () => void): void {
  const { _httpMessage: earlier } = socket;
  if (earlier) earlier.once('finish', () => whenAnswered(socket, then));
  else if (socket.writable) {
    // The time that Node gives a connection between two requests.
    socket.setTimeout(0);
    then();
  }
}

/** Of a request, where the server sets no other number: what is above that, Node before 24 leaves out and says nothing. */
const MAX_HEADERS = 1000;

/** Puts the request back onto its connection without its wish, and has the connection read anew. */
function answerWithoutUpgrade(server: Server, { method, url, httpVersion, rawHeaders }: IncomingMessage, socket: Socket, head: Buffer): void {
  if (rawHeaders.length >= 2 * (server.maxHeadersCount || MAX_HEADERS)) {
    // Without a `Content-Length` that was left out, its body would be read as the next request.
    socket.end('HTTP/1.1 431 Request Header Fields Too Large\r\nConnection: close\r\n\r\n', () => socket.destroy());
    return;
  }
  let text = `${method} ${url} HTTP/${httpVersion}\r\n`;
  for (let i = 0; i < rawHeaders.length; i += 2) {
    if (rawHeaders[i]?.toLowerCase() !== 'upgrade') text += `${rawHeaders[i]}: ${rawHeaders[i + 1]}\r\n`;
  }
  socket.unshift(Buffer.concat([Buffer.from(`${text}\r\n`, 'latin1'), head]));
  server.emit('encrypted' in socket ? 'secureConnection' : 'connection', socket);
  // Node listens itself again.
  socket.off('error', ignore);
}

function ignore(): void {}
