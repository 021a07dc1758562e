/** The HTTP API as a user's program speaks it: over a socket of its own for each request. */
import http, { type IncomingHttpHeaders, type IncomingMessage } from 'node:http';
import { type WorkflowDefinition } from '../../src/contract/definition.js';
import { type ExecutionEvent } from '../../src/contract/events.js';
import { type JsonObject, type JsonValue } from '../../src/contract/json.js';
import { type ExecutionState } from '../../src/contract/state.js';
import { within } from './patience.js';
import { EventReader } from './sse.js';

export const API = '/api/v1';
/** A key for each user that the apps under test know; `root` is an admin. */
export const KEYS = { alice: 'alice-key-0123456789', bob: 'bob-key-0123456789', root: 'root-key-0123456789' } as const;
export type User = keyof typeof KEYS;

/** What `JSON.parse` answers: tests look into it, and fail where it is not what they expect. */
type Parsed = ReturnType<typeof JSON.parse>;

export interface Answer {
  status: number;
  headers: IncomingHttpHeaders;
  text: string;
  json: Parsed;
}

export interface RequestOptions {
  headers?: Record<string, string | string[]>;
  /** JSON, or text that is sent as it is. */
  body?: unknown;
}

export interface Started {
  id: string;
  status: string;
  streamUrl: string;
  statusUrl: string;
  eventsUrl: string;
}

/** Sends a request and answers with its response, once the head of it is there. */
export function send(base: string, method: string, path: string, { headers = {}, body }: RequestOptions = {}): Promise<IncomingMessage> {
  const text = body === undefined || typeof body === 'string' ? body : JSON.stringify(body);
  const length = text === undefined ? {} : { 'content-type': 'application/json', 'content-length': String(Buffer.byteLength(text)) };
  const answered = new Promise<IncomingMessage>((resolve, reject) => {
    const request = http.request(base + path, { method, agent: false, headers: { ...length, ...headers } }, resolve);
    request.on('error', reject);
    request.end(text);
  });
  return within(answered, `an answer to ${method} ${path}`);
}

export class Client {
  private readonly credentials: Record<string, string>;

  /** @param credentials a user of `KEYS`, headers, or nothing for nobody. */
  constructor(readonly base: string, credentials: User | Record<string, string> | undefined) {
    this.credentials = typeof credentials === 'string' ? { 'x-api-key': KEYS[credentials] } : (credentials ?? {});
  }

  /** A path below `/api/v1`, or, where it starts with `//`, from the root. */
  async request(method: string, path: string, { headers = {}, body }: RequestOptions = {}): Promise<Answer> {
    const response = await send(this.base, method, this.path(path), { headers: { ...this.credentials, ...headers }, body });
    const parts: Buffer[] = [];
    const whole = (async () => {
      for await (const part of response) parts.push(part as Buffer);
    })();
    await within(whole, `the whole answer to ${method} ${path}`);
    const text = Buffer.concat(parts).toString('utf8');
    const isJson = /json/.test(response.headers['content-type'] ?? '');
    return { status: response.statusCode as number, headers: response.headers, text, json: isJson && text !== '' ? JSON.parse(text) : undefined };
  }

  get(path: string, headers: RequestOptions['headers'] = {}): Promise<Answer> {
    return this.request('GET', path, { headers });
  }

  post(path: string, body?: unknown, headers: RequestOptions['headers'] = {}): Promise<Answer> {
    return this.request('POST', path, { body, headers });
  }

  /** Starts a workflow, by name or as a definition; answers the id. */
  async start(workflow: string | WorkflowDefinition, input?: JsonValue, more: JsonObject = {}): Promise<string> {
    const body = { ...(input === undefined ? {} : { input }), ...more };
    const answer = typeof workflow === 'string'
      ? await this.post(`/workflows/${workflow}/executions`, body)
      : await this.post('/executions', { workflow, ...body });
    if (answer.status !== 202) throw new Error(`the start answered ${answer.status}: ${answer.text}`);
    return (answer.json as Started).id;
  }

  /** Opens an event stream, or has it refused: look at the reader's `status`. */
  async open(path: string, { method = 'GET', headers = {}, body }: RequestOptions & { method?: string } = {}): Promise<EventReader> {
    const accept = { accept: 'text/event-stream', ...this.credentials, ...headers };
    return new EventReader(await send(this.base, method, this.path(path), { headers: accept, body }));
  }

  /** Opens the stream of an execution; `query` begins with `?`. */
  openExecution(id: string, query = '', headers: RequestOptions['headers'] = {}): Promise<EventReader> {
    return this.open(`/executions/${id}/stream${query}`, { headers });
  }

  /** All events of an execution, by its stream, to the end. */
  async follow(id: string, query = '', headers: RequestOptions['headers'] = {}): Promise<ExecutionEvent[]> {
    const reader = await this.openExecution(id, query, headers);
    if (reader.status !== 200) throw new Error(`the stream answered ${reader.status}: ${await reader.body()}`);
    await reader.whenEnded();
    return reader.events;
  }

  async status(id: string): Promise<ExecutionState> {
    const answer = await this.get(`/executions/${id}`);
    if (answer.status !== 200) throw new Error(`the status answered ${answer.status}: ${answer.text}`);
    return answer.json as ExecutionState;
  }

  /** How many executions the user has. */
  async count(): Promise<number> {
    return ((await this.get('/executions?limit=200')).json as { executions: unknown[] }).executions.length;
  }

  private path(path: string): string {
    return path.startsWith('//') ? path.slice(1) : API + path;
  }
}
