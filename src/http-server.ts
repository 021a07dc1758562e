/**
 * The HTTP server of the service: Express on a server that lets nobody hold a connection who sends a request slowly, or
 * none at all. All bounds are on the way in; an answer may take as long as it likes, and streams do for days.
 */
import { createServer, type Server, type ServerOptions, type ServerResponse, STATUS_CODES } from 'node:http';
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
    const server = createServer(this.bounds, this.getInstance());
    // Whatever else is expected is passed by, which RFC 9110 (10.1.1) leaves open: Node's own 417 is none of our refusals.
    server.on('checkExpectation', (request, response) => server.emit('request', request, response));
    answerUnreadable(server, this.bounds);
    this.httpServer = server;
  }
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
    if (mayAnswer) socket.write(refusalOf(error, bounds));
    socket.destroy(error);
  });
}

function refusalOf({ code }: NodeJS.ErrnoException, { maxHeaderSize }: ServerOptions): string {
  const [status, reason] = {
    HPE_HEADER_OVERFLOW: [431, `the head of the request has more than ${maxHeaderSize} bytes; send a shorter URL and shorter headers`] as const,
    HPE_CHUNK_EXTENSIONS_OVERFLOW: [413, 'the chunks of the body have too much beside the body; send them without extensions'] as const,
    ERR_HTTP_REQUEST_TIMEOUT: [408, 'the request did not arrive in time; send it anew, and faster'] as const,
  }[code ?? ''] ?? [400, 'this is no valid HTTP'];
  const title = STATUS_CODES[status] ?? 'Error';
  const problem = problemOf(new StepcastError(status === 413 ? 'payload_too_large' : 'invalid_request', reason));
  const body = JSON.stringify({ ...problem, title, status });
  const head = [`HTTP/1.1 ${status} ${title}`, 'Content-Type: application/problem+json; charset=utf-8', `Content-Length: ${Buffer.byteLength(body)}`, 'Cache-Control: no-store', 'X-Content-Type-Options: nosniff', 'Connection: close'];
  return `${head.join('\r\n')}\r\n\r\n${body}`;
}
