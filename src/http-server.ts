/**
 * The HTTP server of the service: Express on a server that lets nobody hold a connection who sends a request slowly, or
 * none at all. All bounds are on the way in; an answer may take as long as it likes, and streams do for days.
 */
import { createServer, type IncomingMessage, type Server, type ServerOptions, type ServerResponse, STATUS_CODES } from 'node:http';
import { type Duplex } from 'node:stream';
import { ExpressAdapter } from '@nestjs/platform-express';
import { StepcastError } from './contract/errors.js';
import { problemOf } from './streaming/http/problem.filter.js';

/** Milliseconds and bytes. */
export const SERVER_BOUNDS = {
  /** For the head of a request, from the moment that its connection is open. */
  headersTimeout: 20_000,
  /** For all of it; a body of 1 MiB gets through at 150 kbit/s. */
  requestTimeout: 60_000,
  /** Between two looks at the connections: so much later may one be closed. */
  connectionsCheckingInterval: 5_000,
  maxHeaderSize: 16 * 1024,
} as const satisfies ServerOptions;

export class BoundedExpressAdapter extends ExpressAdapter {
  constructor(private readonly bounds: ServerOptions = SERVER_BOUNDS) {
    super();
  }

  override initHttpServer(): void {
    const route = this.getInstance<(request: IncomingMessage, response: ServerResponse) => void>();
    // Without a host Node would refuse it, with no body; with two it would take the first.
    const server = createServer({ ...this.bounds, requireHostHeader: false }, (request, response) => (isHostTold(request) ? route(request, response) : refuseHost(response)));
    // Whatever else is expected is passed by, which RFC 9110 (10.1.1) leaves open: Node's own 417 is none of our refusals.
    server.on('checkExpectation', (request, response) => server.emit('request', request, response));
    answerUnreadable(server, this.bounds);
    this.httpServer = server;
  }
}

/** RFC 9112, 3.2: none or several are refused; HTTP/1.0 needs none. */
function isHostTold({ rawHeaders, httpVersion }: IncomingMessage): boolean {
  const hosts = rawHeaders.filter((name, i) => i % 2 === 0 && name.toLowerCase() === 'host').length;
  return hosts === 1 || (hosts === 0 && httpVersion !== '1.1');
}

function refuseHost(response: ServerResponse): void {
  const { status, headers, body } = refusalOf(400, 'this is no valid HTTP: a request has one Host header');
  response.writeHead(status, headers).end(body);
}

/** What cannot be read as a request gets to no route: Node would refuse it with a status and no body. */
function answerUnreadable(server: Server, bounds: ServerOptions): void {
  const open = new WeakMap<Duplex, Set<ServerResponse>>();
  server.prependListener('request', ({ socket }, response) => {
    const responses = open.get(socket) ?? new Set();
    open.set(socket, responses.add(response));
    response.once('close', () => responses.delete(response));
  });
  server.on('clientError', (error: NodeJS.ErrnoException, socket) => {
    // In the middle of an answer, nothing can be said any more.
    const mayAnswer = socket.writable && [...(open.get(socket) ?? [])].every((response) => !response.headersSent);
    if (mayAnswer) socket.write(textOf(error, bounds));
    socket.destroy(error);
  });
}

function textOf({ code }: NodeJS.ErrnoException, { maxHeaderSize }: ServerOptions): string {
  const [because, reason] = {
    HPE_HEADER_OVERFLOW: [431, `the head of the request has more than ${maxHeaderSize} bytes; send a shorter URL and shorter headers`] as const,
    HPE_CHUNK_EXTENSIONS_OVERFLOW: [413, 'the chunks of the body have too much beside the body; send them without extensions'] as const,
    ERR_HTTP_REQUEST_TIMEOUT: [408, 'the request did not arrive in time; send it anew, and faster'] as const,
  }[code ?? ''] ?? [400, 'this is no valid HTTP'];
  const { status, title, headers, body } = refusalOf(because, reason);
  return `${[`HTTP/1.1 ${status} ${title}`, ...Object.entries(headers).map(([name, value]) => `${name}: ${value}`)].join('\r\n')}\r\n\r\n${body}`;
}

function refusalOf(status: number, reason: string) {
  const title = STATUS_CODES[status] ?? 'Error';
  const problem = problemOf(new StepcastError(status === 413 ? 'payload_too_large' : 'invalid_request', reason));
  const body = JSON.stringify({ ...problem, title, status });
  const headers = { 'Content-Type': 'application/problem+json; charset=utf-8', 'Content-Length': Buffer.byteLength(body), 'Cache-Control': 'no-store', 'X-Content-Type-Options': 'nosniff', Connection: 'close' };
  return { status, title, headers, body };
}
