/** A browser's EventSource (the `eventsource` package follows the standard), with a record of what its page would see. */
import { EventSource, type EventSourceFetchInit, type FetchLikeResponse } from 'eventsource';
import { EVENT_TYPES, type ExecutionEvent } from '../../src/contract/events.js';
import { within } from './patience.js';

export interface Message {
  /** Name of the event; `message` where the stream names none. */
  type: string;
  data: string;
  lastEventId: string;
}

export interface BrowserOptions {
  headers?: Record<string, string>;
  /** Names listened to, as a page must name them; default all types of event, `heartbeat` and `message`. */
  types?: readonly string[];
  /** Makes the URL of each connection, for pages that fetch a ticket before each; default always the same. */
  urlOf?: () => Promise<string>;
}

const RECONNECT_MS = 20;

export class Browser {
  readonly messages: Message[] = [];
  /** Of each connection, in order: the cursor it sent, and the status it was answered with (0: none at all). */
  readonly connections: { lastEventId: string | undefined; status: number }[] = [];
  private readonly source: EventSource;
  private readonly waiting = new Set<() => void>();

  constructor(url: string, { headers = {}, types = [...EVENT_TYPES, 'heartbeat', 'message'], urlOf }: BrowserOptions = {}) {
    this.source = new EventSource(url, {
      fetch: async (given, init) => this.fetch(urlOf ? await urlOf() : given, init, headers),
    });
    for (const type of types) {
      this.source.addEventListener(type, ({ data, lastEventId }: MessageEvent) => {
        this.messages.push({ type, data: data as string, lastEventId });
        this.look();
      });
    }
    this.source.addEventListener('error', () => this.look());
  }

  get events(): ExecutionEvent[] {
    return this.messages.filter(({ data }) => data !== '{"type":"heartbeat"}').map(({ data }) => JSON.parse(data) as ExecutionEvent);
  }

  /** Whether it has given up for good, as it does when it is answered 204. */
  get isClosed(): boolean {
    return this.source.readyState === this.source.CLOSED;
  }

  /** Resolves when `test` holds; asked after each message and each change of the connection. */
  until(test: (browser: this) => boolean, what = String(test)): Promise<void> {
    const held = new Promise<void>((resolve) => {
      const look = () => {
        if (!test(this)) return;
        this.waiting.delete(look);
        resolve();
      };
      this.waiting.add(look);
      look();
    });
    return within(held, () => `${what} (${this.messages.length} messages, connections ${JSON.stringify(this.connections.slice(-5))})`);
  }

  whenClosed(): Promise<void> {
    return this.until(() => this.isClosed, 'the end of the EventSource');
  }

  close(): void {
    this.source.close();
  }

  private async fetch(url: string | URL, init: EventSourceFetchInit, headers: Record<string, string>): Promise<FetchLikeResponse> {
    const connection = { lastEventId: init.headers['Last-Event-ID'], status: 0 };
    this.connections.push(connection);
    const response = await fetch(url, { ...init, headers: { ...init.headers, ...headers } });
    connection.status = response.status;
    const { status, redirected, body } = response;
    return { url: response.url, status, redirected, headers: response.headers, body: body && status === 200 ? withRetry(body) : body };
  }

  private look(): void {
    for (const look of [...this.waiting]) look();
  }
}

/** Three seconds between two connections, the standard's default, would make the tests slow; the stream itself may set it. */
function withRetry(body: ReadableStream<Uint8Array>): ReadableStream<Uint8Array> {
  const retry = new TextEncoder().encode(`retry: ${RECONNECT_MS}\n\n`);
  return body.pipeThrough(new TransformStream<Uint8Array, Uint8Array>({ start: (controller) => controller.enqueue(retry) }));
}
