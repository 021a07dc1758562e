/**
 * A reader that never gives up: it follows one execution over as many connections as it takes, each from where the one
 * before was cut (`Last-Event-ID`), and keeps every event it was sent. Now and then it hangs up itself.
 */
import { setImmediate as turn } from 'node:timers/promises';
import { createParser } from 'eventsource-parser';
import { type ExecutionEvent, TERMINAL_TYPES } from '../../../src/contract/events.js';
import { API, KEYS, send } from '../../support/client.js';
import { type Lineage } from './lineage.js';

export interface Received {
  event: string | undefined;
  id: string | undefined;
  data: string;
}

export interface FollowerOptions {
  onEvent?: (event: ExecutionEvent) => void;
  /** How many events it takes until it hangs up, asked for each connection; default never. */
  patience?: () => number;
}

export class Follower {
  readonly received: Received[] = [];
  /** Resolves when it has seen the terminal event, and was told with 204 that there is no more (P4). */
  readonly done: Promise<void>;

  constructor(private readonly lineage: Lineage, private readonly executionId: string, private readonly options: FollowerOptions = {}) {
    this.done = this.follow();
    this.done.catch(() => undefined);
  }

  private async follow(): Promise<void> {
    for (;;) {
      await this.lineage.up();
      try {
        if ((await this.connect()) === 'told of the end') return;
      } catch (error) {
        if (error instanceof UnexpectedAnswer) throw error;
        // The process died; the next connection waits for the next one.
        await turn();
      }
    }
  }

  private async connect(): Promise<'cut' | 'told of the end'> {
    const cursor = this.received.at(-1)?.id;
    const response = await send(`http://127.0.0.1:${this.lineage.port}`, 'GET', `${API}/executions/${this.executionId}/stream`, {
      headers: { accept: 'text/event-stream', 'x-api-key': KEYS.alice, ...(cursor === undefined ? {} : { 'last-event-id': cursor }) },
    });
    if (response.statusCode === 204) {
      response.resume();
      const last = this.received.at(-1);
      if (!last || !TERMINAL_TYPES.has((JSON.parse(last.data) as ExecutionEvent).type)) throw new UnexpectedAnswer(`204 after event ${cursor}`);
      return 'told of the end';
    }
    let left = this.options.patience?.() ?? Infinity;
    const parser = createParser({
      onEvent: ({ event, id, data }) => {
        if (left-- <= 0) return;
        this.received.push({ event, id, data });
        this.options.onEvent?.(JSON.parse(data) as ExecutionEvent);
        if (left === 0) response.destroy();
      },
    });
    response.setEncoding('utf8');
    const text: string[] = [];
    await new Promise<void>((resolve) => {
      response.on('data', (chunk: string) => (response.statusCode === 200 ? parser.feed(chunk) : text.push(chunk)));
      response.once('error', () => resolve());
      response.once('close', () => resolve());
    });
    // It is shutting down: the next one takes the line.
    if (response.statusCode === 503) return 'cut';
    if (response.statusCode !== 200) throw new UnexpectedAnswer(`${response.statusCode} after event ${cursor}: ${text.join('')}`);
    return 'cut';
  }
}

/** No loss of the line, but an answer that must not be. */
class UnexpectedAnswer extends Error {}
