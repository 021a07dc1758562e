import { type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from 'node:http';
import { within } from '../patience.js';

/** What `JSON.parse` answers: tests look into it, and fail where it is not what they expect. */
type Parsed = ReturnType<typeof JSON.parse>;

/** How an exchange ended: the answer went out whole, the server cut the line, or the client closed it before. */
export type End = 'answered' | 'cut' | 'client';

/** One request that came, and what became of it. */
export class Exchange {
  readonly method: string;
  /** Without the query. */
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: IncomingHttpHeaders;
  /** Events sent so far. */
  sent = 0;
  /** How it ended, once it has. */
  end: End | undefined;
  /** Set before the server itself destroys the socket. */
  private cutting = false;
  private readonly ending = Promise.withResolvers<End>();

  /** The parsed body. */
  readonly body: Parsed;

  constructor(request: IncomingMessage, readonly response: ServerResponse, readonly model: string, body: unknown) {
    this.body = body;
    const url = new URL(request.url ?? '/', 'http://localhost');
    this.method = request.method ?? '';
    this.path = url.pathname;
    this.query = url.searchParams;
    this.headers = request.headers;
    const { socket } = request;
    // The socket and not the response: what shall be shown is that the connection is gone.
    const closed = () => this.finish(this.cutting ? 'cut' : 'client');
    socket.once('close', closed);
    response.once('finish', () => {
      socket.off('close', closed);
      this.finish('answered');
    });
  }

  /** Resolves when the exchange has ended. */
  get ended(): Promise<End> {
    return within(this.ending.promise, `the end of the request for ${this.model}`);
  }

  /** Destroys the socket. */
  cut(): void {
    this.cutting = true;
    this.response.socket?.destroy();
  }

  /** Waits for a promise, or for the end of the exchange; answers whether the exchange goes on. */
  async goesOnAfter(promise: Promise<unknown>): Promise<boolean> {
    await Promise.race([promise, this.ending.promise]);
    return this.end === undefined;
  }

  private finish(end: End): void {
    this.end ??= end;
    this.ending.resolve(this.end);
  }
}
