/** A client of the WebSocket that keeps a record of every message, and asks as a user's program would. */
import { type IncomingHttpHeaders, type IncomingMessage } from 'node:http';
import { WebSocket } from 'ws';
import { type EventType, type ExecutionEvent } from '../../src/contract/events.js';
import { type JsonObject } from '../../src/contract/json.js';
import { API, KEYS, type User } from './client.js';
import { within } from './patience.js';

export interface Message extends JsonObject {
  type: string;
}

export interface Closed {
  code: number;
  reason: string;
}

export interface SocketOptions {
  user?: User;
  headers?: Record<string, string>;
  /** From the root. */
  path?: string;
}

export interface Refused {
  status: number;
  headers: IncomingHttpHeaders;
  json: { code: string; status: number; detail: string; errors?: { path: string }[] };
}

const urlOf = (base: string, path = `${API}/ws`) => base.replace(/^http/, 'ws') + path;
const headersOf = ({ user, headers = {} }: SocketOptions) => ({ ...(user && { 'x-api-key': KEYS[user] }), ...headers });

export class SocketClient {
  readonly messages: Message[] = [];
  readonly closed: Promise<Closed>;
  /** How often the server has asked whether it is there. */
  pings = 0;
  private isClosed = false;
  private requests = 0;
  private readonly waiting = new Set<() => void>();

  private constructor(readonly ws: WebSocket, readonly headers: IncomingHttpHeaders) {
    ws.on('message', (data: Buffer, isBinary) => {
      if (isBinary) throw new Error('a binary message came');
      this.messages.push(JSON.parse(data.toString('utf8')) as Message);
      this.look();
    });
    ws.on('ping', () => this.pings++);
    this.closed = new Promise((resolve) => ws.once('close', (code, reason) => {
      this.isClosed = true;
      this.look();
      resolve({ code, reason: reason.toString('utf8') });
    }));
    // A line that breaks is told by `closed`.
    ws.on('error', () => undefined);
  }

  static async open(base: string, options: SocketOptions = {}): Promise<SocketClient> {
    const ws = new WebSocket(urlOf(base, options.path), { headers: headersOf(options) });
    const opened = new Promise<SocketClient>((resolve, reject) => {
      ws.once('error', reject);
      // Before anything is read that came with it.
      ws.once('upgrade', ({ headers }: IncomingMessage) => resolve(new SocketClient(ws, headers)));
    });
    const client = await within(opened, 'a WebSocket');
    if (ws.readyState !== WebSocket.OPEN) await within(new Promise((resolve) => ws.once('open', resolve)), 'its opening');
    return client;
  }

  /** Opens one that is refused. @throws where it is not. */
  static async refused(base: string, options: SocketOptions = {}): Promise<Refused> {
    const ws = new WebSocket(urlOf(base, options.path), { headers: headersOf(options) });
    const answered = new Promise<IncomingMessage>((resolve, reject) => {
      ws.once('error', reject);
      ws.once('open', () => reject(new Error('it was opened')));
      ws.once('unexpected-response', (_request, response) => resolve(response));
    });
    const response = await within(answered, 'a refusal');
    const parts: Buffer[] = [];
    for await (const part of response) parts.push(part as Buffer);
    ws.on('error', () => undefined);
    ws.terminate();
    return { status: response.statusCode as number, headers: response.headers, json: JSON.parse(Buffer.concat(parts).toString('utf8')) as Refused['json'] };
  }

  get events(): ExecutionEvent[] {
    return this.messages.filter(({ type }) => type === 'event').map(({ event }) => event as unknown as ExecutionEvent);
  }

  eventsOf(id: string): ExecutionEvent[] {
    return this.events.filter(({ executionId }) => executionId === id);
  }

  send(message: unknown): void {
    this.ws.send(typeof message === 'string' || Buffer.isBuffer(message) ? message : JSON.stringify(message));
  }

  /** Sends a request and answers with the answer to it. */
  async ask(request: JsonObject): Promise<Message> {
    const requestId = ++this.requests;
    this.send({ ...request, requestId });
    return this.until((message) => message['requestId'] === requestId);
  }

  /** The first message that is wanted, come or to come. Rejects where the socket is closed without it. */
  until(wanted: (message: Message) => boolean, from = 0): Promise<Message> {
    const found = new Promise<Message>((resolve, reject) => {
      // Each is looked at once: a flood of them would take too long otherwise.
      let next = from;
      const look = () => {
        const message = this.messages.slice(next).find(wanted);
        next = Math.max(next, this.messages.length);
        if (!message && !this.isClosed) return;
        this.waiting.delete(look);
        if (message) resolve(message);
        else reject(new Error(`the socket was closed without ${String(wanted)}; it had ${this.summary()}`));
      };
      this.waiting.add(look);
      look();
    });
    return within(found, () => `${String(wanted)} (the socket had ${this.summary()})`);
  }

  async untilEvent(type: EventType, stepId?: string, id?: string): Promise<ExecutionEvent> {
    const is = ({ event }: Message) => {
      const it = event as unknown as ExecutionEvent | undefined;
      return it?.type === type && (stepId === undefined || it.step?.id === stepId) && (id === undefined || it.executionId === id);
    };
    return (await this.until(is))['event'] as unknown as ExecutionEvent;
  }

  untilEnded(id: string): Promise<Message> {
    return this.until(({ type, executionId }) => type === 'ended' && executionId === id);
  }

  whenClosed(): Promise<Closed> {
    return within(this.closed, () => `the end of the socket (it had ${this.summary()})`);
  }

  /** Stops reading: what comes stays in the socket's buffers, until they are full. */
  pause(): void {
    this.ws.pause();
  }

  resume(): void {
    this.ws.resume();
  }

  close(): void {
    this.ws.close();
  }

  private summary(): string {
    return this.messages.map((message) => JSON.stringify(message).slice(0, 100)).join(', ').slice(0, 2000) || 'nothing';
  }

  private look(): void {
    for (const look of [...this.waiting]) look();
  }
}
