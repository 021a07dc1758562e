/** A receiver of webhooks: a server that keeps what it is sent, and answers as the test says. */
import { createHmac } from 'node:crypto';
import http, { type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { type ExecutionEvent } from '../../src/contract/events.js';
import { freePort } from './free-port.js';
import { within } from './patience.js';

export interface Delivery {
  id: string;
  body: string;
  headers: IncomingMessage['headers'];
  event: ExecutionEvent;
}

/** Answers a delivery; without an answer of its own, 204. */
export type Answering = (response: ServerResponse, delivery: Delivery) => void;

export const SECRET_KEY = Buffer.from('a key of thirty-two bytes, or so');
export const SECRET = `whsec_${SECRET_KEY.toString('base64')}`;

export class WebhookReceiver {
  /** Everything that came, in order. */
  readonly received: Delivery[] = [];
  /** What was answered with 2xx. */
  readonly taken: Delivery[] = [];
  answer: Answering = (response) => void response.writeHead(204).end();
  private server: Server | undefined;
  private waiters: { holds: () => boolean; resolve: () => void }[] = [];
  private port = 0;

  static async start(answer?: Answering): Promise<WebhookReceiver> {
    const receiver = new WebhookReceiver();
    if (answer) receiver.answer = answer;
    receiver.port = await freePort();
    await receiver.listen();
    return receiver;
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}/hook`;
  }

  /** Takes deliveries, on the port it had before. */
  async listen(): Promise<void> {
    const server = http.createServer((request, response) => void this.take(request, response).catch(() => response.destroy()));
    this.server = server;
    await new Promise<void>((resolve) => server.listen(this.port, '127.0.0.1', resolve));
  }

  async close(): Promise<void> {
    const { server } = this;
    this.server = undefined;
    if (!server) return;
    const closed = new Promise((resolve) => server.close(resolve));
    server.closeAllConnections();
    await closed;
  }

  /** Resolves when it holds of what has come. */
  until(holds: () => boolean, what: string): Promise<void> {
    if (holds()) return Promise.resolve();
    const waiting = new Promise<void>((resolve) => this.waiters.push({ holds, resolve }));
    return within(waiting, () => `${what}; there came ${this.received.length}, of which ${this.taken.length} were taken`);
  }

  /** The first time that each event was taken, by execution. */
  logs(): Map<string, string[]> {
    const logs = new Map<string, string[]>();
    const known = new Set<string>();
    for (const { id, body, event } of this.taken) {
      if (known.has(id)) continue;
      known.add(id);
      logs.set(event.executionId, [...(logs.get(event.executionId) ?? []), body]);
    }
    return logs;
  }

  private async take(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const parts: Buffer[] = [];
    for await (const part of request) parts.push(part as Buffer);
    const body = Buffer.concat(parts).toString('utf8');
    const delivery = { id: String(request.headers['webhook-id']), body, headers: request.headers, event: JSON.parse(body) as ExecutionEvent };
    this.received.push(delivery);
    response.once('finish', () => {
      if (response.statusCode < 300) this.taken.push(delivery);
      this.tell();
    });
    this.answer(response, delivery);
    this.tell();
  }

  private tell(): void {
    this.waiters = this.waiters.filter(({ holds, resolve }) => {
      if (!holds()) return true;
      resolve();
      return false;
    });
  }
}

/** Whether a delivery is signed as Standard Webhooks says: a receiver's own reckoning. */
export function isSigned({ headers, body }: Delivery, key = SECRET_KEY): boolean {
  const { 'webhook-id': id, 'webhook-timestamp': timestamp, 'webhook-signature': signatures } = headers as Record<string, string>;
  const expected = `v1,${createHmac('sha256', key).update(`${id}.${timestamp}.${body}`).digest('base64')}`;
  return /^\d{10}$/.test(timestamp as string) && (signatures as string).split(' ').includes(expected);
}
