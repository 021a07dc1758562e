/** Completes handshakes that all guards have let pass. `ws` is loaded for the first of them. */
import { type OutgoingHttpHeaders } from 'node:http';
import { Injectable } from '@nestjs/common';
import { type WebSocketServer } from 'ws';
import { type Principal } from '../../auth/principal.js';
import { StreamMetrics } from '../../metrics/stream.metrics.js';
import { type AuditedRequest } from '../audit.log.js';
import { StreamRights } from '../sse/stream.rights.js';
import { StreamShutdown } from '../sse/stream.shutdown.js';
import { StreamingOptions } from '../streaming.options.js';
import { rawRequest } from './raw.request.js';
import { SocketDesk } from './socket.desk.js';
import { type SocketDeps, SocketSession } from './socket.session.js';
import { type Upgrade, UpgradeDoor } from './upgrade.door.js';

const OPTIONS = {
  noServer: true,
  clientTracking: false,
  // Events are compressed for nobody: one compression for each socket would cost more than all else.
  perMessageDeflate: false,
  /** Bytes of a message; a larger answer to a step is for the route. */
  maxPayload: 64 * 1024,
  maxFragments: 1024,
  // One message a turn of the loop: thousands fit into what is read at once, and would be handled before anything else is.
  allowSynchronousEvents: false,
  /** Milliseconds that a peer has to answer a goodbye; within those that a shutdown has (P16). */
  closeTimeout: 3000,
};

/** Those of an answer with a body, or of the handshake's own. */
const NOT_OF_HANDSHAKES: ReadonlySet<string> = new Set(['connection', 'upgrade', 'content-type', 'content-length', 'transfer-encoding', 'date', 'keep-alive']);

interface Answering {
  hijack?: () => void;
  getHeaders(): OutgoingHttpHeaders;
}

@Injectable()
export class SocketServer {
  private server: Promise<WebSocketServer> | undefined;
  private readonly deps: SocketDeps;

  constructor(
    private readonly door: UpgradeDoor,
    desk: SocketDesk,
    options: StreamingOptions,
    metrics: StreamMetrics,
    rights: StreamRights,
    shutdown: StreamShutdown,
  ) {
    this.deps = { desk, options, metrics, rights, shutdown };
  }

  async accept(request: AuditedRequest & object, answer: Answering, principal: Principal): Promise<void> {
    const server = await (this.server ??= this.load());
    const raw = rawRequest(request);
    const { socket, head, response } = this.door.find(raw) as Upgrade;
    const { id, ip, method, originalUrl, url } = request;
    const handshake: AuditedRequest = { principal, id, ...(ip !== undefined && { ip }), ...(method !== undefined && { method }), originalUrl: originalUrl ?? url ?? '' };
    answer.hijack?.();
    response.detachSocket(socket);
    // No subprotocol is spoken here, and ws would take the first that is offered.
    delete raw.headers['sec-websocket-protocol'];
    const told = headersOf(answer);
    const tell = (headers: string[]) => void headers.push(...told);
    server.once('headers', tell);
    try {
      server.handleUpgrade(raw, socket, head, (ws) => new SocketSession(ws, socket, { principal, handshake }, this.deps));
    } finally {
      server.off('headers', tell);
    }
  }

  private async load(): Promise<WebSocketServer> {
    try {
      const { WebSocketServer } = await import('ws');
      return new WebSocketServer(OPTIONS);
    } catch (error) {
      this.server = undefined;
      throw error;
    }
  }
}

/** What guards and middleware tell on every answer, for the head of the handshake's. */
function headersOf(answer: Answering): string[] {
  return Object.entries(answer.getHeaders()).flatMap(([name, value]) =>
    NOT_OF_HANDSHAKES.has(name.toLowerCase()) || value === undefined ? [] : [value].flat().map((each) => `${name}: ${each}`));
}

