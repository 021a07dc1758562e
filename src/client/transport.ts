/** Requests to the service: where it is, who asks, what a refusal says, and what is safe to ask again. */
import { type ErrorCode, type Fault } from '../contract/errors.js';
import { backoffMs, pause, timely } from './backoff.js';
import { RequestError } from './client.error.js';
import { type ClientOptions, type TokenSource } from './client.options.js';

export type Query = Record<string, string | number | boolean | readonly string[] | undefined>;

export interface RequestInit {
  query?: Query;
  headers?: Record<string, string>;
  /** JSON. */
  body?: string | undefined;
  signal?: AbortSignal | undefined;
  /** Asked again where nobody can tell whether it was carried out: doing it twice is like doing it once. */
  repeatable?: boolean;
}

const MAX_ATTEMPTS = 4;
/** Beyond which a caller is told to come back itself. */
const MAX_RETRY_AFTER_MS = 30_000;
/**
 * What is answered before anything was done, so that asking again is safe whatever was asked; as is any 429. Not
 * `journal_unavailable`: what was taken may yet be written. Nor a 503 of a proxy, which may be of a line that broke.
 */
const NOT_CARRIED_OUT: ReadonlySet<ErrorCode | undefined> = new Set(['shutting_down', 'capacity_exceeded', 'authentication_unavailable']);

export class Transport {
  private readonly base: string;
  private readonly fetch: typeof fetch;
  private token: Promise<string> | undefined;

  constructor(readonly options: ClientOptions) {
    const { baseUrl = '', apiPath = '/api/v1' } = options;
    this.base = `${addressOf(baseUrl)}/${apiPath.replace(/^\/+|\/+$/g, '')}`.replace(/\/$/, '');
    this.fetch = options.fetch ?? ((...given) => globalThis.fetch(...given));
  }

  /** @throws RequestError; what `signal` was aborted with; a TypeError where `content` is nothing that JSON can say. */
  async json<T>(method: string, path: string, init: RequestInit = {}, content?: object): Promise<T> {
    const body = JSON.stringify(content);
    for (let attempt = 1; ; attempt++) {
      try {
        return await timely(async (signal) => {
          const response = await this.send(method, path, { ...init, body, signal });
          if (!response.ok) throw await refusalOf(response);
          return (response.status === 204 ? undefined : await response.json()) as T;
        }, this.requestMs, init.signal);
      } catch (error) {
        init.signal?.throwIfAborted();
        const failure = error instanceof RequestError ? error : unreachable(error, this.base);
        const mayRepeat = failure.isTransient && (failure.status === 429 || NOT_CARRIED_OUT.has(failure.code) || (init.repeatable ?? (method === 'GET' || method === 'DELETE')));
        if (!mayRepeat || attempt === MAX_ATTEMPTS || failure.retryAfterMs > MAX_RETRY_AFTER_MS) throw failure;
        await pause(Math.max(failure.retryAfterMs, this.backoffMs(attempt - 1)), init.signal);
      }
    }
  }

  /** One request. A token that is not taken is asked for anew, once. */
  async send(method: string, path: string, init: RequestInit = {}): Promise<Response> {
    const { auth } = this.options;
    const source = auth && 'token' in auth && typeof auth.token !== 'string' ? auth.token : undefined;
    const token = source && this.tokenOf(source);
    const response = await this.once(method, path, init, await token);
    if (response.status !== 401 || !source) return response;
    await response.body?.cancel();
    return this.once(method, path, init, await this.tokenOf(source, token));
  }

  private get requestMs(): number {
    return this.options.requestMs ?? 60_000;
  }

  backoffMs(failures: number): number {
    return backoffMs(failures, (this.options.random ?? Math.random)(), this.options.reconnect);
  }

  private async once(method: string, path: string, { query = {}, headers, body, signal }: RequestInit, token: string | undefined): Promise<Response> {
    const url = new URL(this.base + path);
    for (const [name, value] of Object.entries(query)) if (value !== undefined) url.searchParams.set(name, String(value));
    return this.fetch(url, {
      method, cache: 'no-store',
      headers: {
        Accept: 'application/json', ...this.options.headers, ...(body && { 'Content-Type': 'application/json' }),
        ...this.credentials(token), ...headers,
      },
      body, signal,
    });
  }

  private credentials(token: string | undefined): Record<string, string> {
    const { auth } = this.options;
    // One that is not there is not sent: the service asks for it then, in the place of telling that it does not know "undefined".
    if (auth && 'apiKey' in auth) return auth.apiKey ? { 'X-API-Key': auth.apiKey } : {};
    return auth && 'token' in auth ? { Authorization: `Bearer ${token ?? String(auth.token)}` } : {};
  }

  /** The token that all requests share; asked for anew where it is the last one that was refused: a refresh may be good for once. */
  private tokenOf(source: TokenSource, refused?: Promise<string>): Promise<string> {
    if (this.token !== refused && this.token) return this.token;
    // All requests wait for it, so it may not take for ever: what never comes is asked for again.
    const asked = timely(async () => source({ refresh: refused !== undefined }), this.requestMs, undefined, false);
    asked.catch(() => (this.token = refused));
    return (this.token = asked);
  }
}

/** Without a slash at its end. @throws TypeError where it is none. */
function addressOf(baseUrl: string): string {
  const page = (globalThis as { location?: { origin: string } }).location?.origin;
  try {
    // Pages of files have no origin that anything could be seen from.
    const { protocol, origin, pathname } = new URL(baseUrl, page === 'null' ? undefined : page);
    if (/^https?:$/.test(protocol)) return origin + pathname.replace(/\/+$/, '');
  } catch {
    // It is none at all.
  }
  throw new TypeError(`baseUrl must be a URL like http://localhost:3000, but is "${baseUrl}"`);
}

/** What a request was refused with. */
export async function refusalOf(response: Response): Promise<RequestError> {
  const text = await response.text().catch(() => '');
  let problem: { detail?: string; title?: string; code?: ErrorCode; errors?: Fault[] } = {};
  try {
    problem = Object(JSON.parse(text)) as typeof problem;
  } catch {
    // Something between has answered: the status says all there is.
  }
  const message = problem.detail ?? problem.title ?? `the service answered ${response.status}`;
  return new RequestError(message, response.status, problem.code, problem.errors, retryAfterMs(response.headers.get('Retry-After')));
}

/** Seconds or a date (RFC 9110, section 10.2.3), as milliseconds from now. */
function retryAfterMs(value: string | null): number {
  if (!value) return 0;
  const ms = /^\d+$/.test(value) ? Number(value) * 1000 : Date.parse(value) - Date.now();
  return ms > 0 ? ms : 0;
}

export function unreachable(cause: unknown, base: string): RequestError {
  return new RequestError(`${base} cannot be reached: ${String((cause as Error | undefined)?.message ?? cause)}`, 0, undefined, [], 0, { cause });
}

/** Below that of the API, as all paths here. */
export function executionPath(id: string): string {
  return `/executions/${encodeURIComponent(id)}`;
}
