/**
 * The HTTP server of the service: Express on a server that lets nobody hold a connection who sends a request slowly, or
 * none at all. All bounds are on the way in; an answer may take as long as it likes, and streams do for days.
 */
import { createServer, type ServerOptions } from 'node:http';
import { ExpressAdapter } from '@nestjs/platform-express';

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
    this.httpServer = server;
  }
}
