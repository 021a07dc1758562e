/** A server that answers a request at a time as a test has written it, for faults that no service would make when told to. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { type AddressInfo } from 'node:net';
import { type ExecutionEvent, type EventType } from '../../../src/contract/events.js';

export type Turn = (request: IncomingMessage, response: ServerResponse) => void;

export class ScriptServer {
  /** Answers of the next requests, in order. */
  turns: Turn[] = [];
  /** What comes after them. */
  otherwise: Turn = (_request, response) => response.writeHead(500).end();
  readonly requests: { method: string; url: URL; headers: IncomingMessage['headers'] }[] = [];

  private constructor(private readonly server: Server) {}

  static async start(): Promise<ScriptServer> {
    const server = createServer();
    const script = new ScriptServer(server);
    server.on('request', (request, response) => {
      script.requests.push({ method: request.method as string, url: new URL(request.url as string, script.base), headers: request.headers });
      (script.turns.shift() ?? script.otherwise)(request, response);
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return script;
  }

  get base(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  /** The cursors that requests for streams came with. */
  get cursors(): (string | undefined)[] {
    return this.requests.filter(({ url }) => url.pathname.endsWith('/stream')).map(({ headers }) => headers['last-event-id'] as string | undefined);
  }

  async close(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }
}

export function eventOf(seq: number, type: EventType = 'checkpoint_saved', data: object = {}): ExecutionEvent {
  return { seq, type, executionId: 'e', workflow: 'w', timestamp: new Date(seq).toISOString(), progress: 0, data } as ExecutionEvent;
}

export function frame(seq: number, type: EventType = 'checkpoint_saved'): string {
  return `event: ${type}\nid: ${seq}\ndata: ${JSON.stringify(eventOf(seq, type))}\n\n`;
}

/** Sends that much of a stream, and leaves the line open. */
export const sends = (...parts: string[]): Turn => (_request, response) => {
  response.writeHead(200, { 'content-type': 'text/event-stream' });
  response.flushHeaders();
  for (const part of parts) response.write(part);
};

/** Sends that much, and breaks the line. */
export const sendsAndCuts = (...parts: string[]): Turn => (_request, response) => {
  response.writeHead(200, { 'content-type': 'text/event-stream' });
  response.write(parts.join(''), () => response.destroy());
};

export const refuses = (status: number, headers: Record<string, string> = {}, body = ''): Turn => (_request, response) => {
  response.writeHead(status, headers).end(body);
};

export const answers = (body: unknown, status = 200): Turn => refuses(status, { 'content-type': 'application/json' }, JSON.stringify(body));
