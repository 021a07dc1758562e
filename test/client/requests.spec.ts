/** What the client asks for: where, as whom, and how often, where the service or something before it refuses. */
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { pause } from '../../src/client/backoff.js';
import { type ClientOptions } from '../../src/client/client.options.js';
import { type Connection, type EventType, RequestError, StepcastClient } from '../../src/client/index.js';
import { within } from '../support/patience.js';
import { answers, frame, refuses, ScriptServer, sends, type Turn } from './support/script.server.js';

let server: ScriptServer;
beforeEach(async () => {
  server = await ScriptServer.start();
});
afterEach(() => server.close());

const clientOf = (options: ClientOptions = {}) => new StepcastClient({ baseUrl: server.base, random: () => 0, ...options });
const problem = (status: number, code: string): Turn => refuses(status, { 'content-type': 'application/problem+json', 'retry-after': '0' }, JSON.stringify({ code, status }));
const ALL = sends(frame(1), frame(2), frame(3), frame(4), frame(5, 'workflow_completed'));

async function read(client: StepcastClient, options: object = {}): Promise<{ seqs: number[]; connections: Connection[] }> {
  const [seqs, connections]: [number[], Connection[]] = [[], []];
  const reading = (async () => {
    for await (const { seq } of client.stream('e', { onConnection: (connection) => connections.push(connection), ...options })) seqs.push(seq);
  })();
  await within(reading, 'the end of the stream');
  return { seqs, connections };
}

describe('an answer to a step', () => {
  it.each([[429, 'rate_limited'], [503, 'shutting_down']])('that was refused with %d %s was not taken, and is sent again', async (status, code) => {
    server.turns = [problem(status, code), answers({ id: 'e', status: 'running' })];
    expect((await clientOf().answer('e', 1)).status).toBe('running');
    expect(server.requests).toHaveLength(2);
  });

  it('that was refused for more than half a minute is told so: when to come again is for the caller to decide', async () => {
    server.otherwise = refuses(429, { 'content-type': 'application/problem+json', 'retry-after': '31' }, JSON.stringify({ code: 'rate_limited', status: 429 }));
    await expect(within(clientOf().answer('e', 1), 'the refusal')).rejects.toMatchObject({ name: 'RequestError', status: 429, retryAfterMs: 31_000 });
    expect(server.requests).toHaveLength(1);
  });

  // The step may have gone on with it, and ask the next time round: that is another question.
  it.each([
    ['503 journal_unavailable: it is taken, and waits to be written', problem(503, 'journal_unavailable')],
    ['a 503 of a proxy, whose line to the service broke', refuses(503)],
    ['a line that breaks', (request) => request.socket.destroy()],
  ] as [string, Turn][])('is not sent again after %s', async (_what, turn) => {
    server.otherwise = turn;
    await expect(clientOf().answer('e', 1)).rejects.toMatchObject({ name: 'RequestError', isTransient: true });
    expect(server.requests).toHaveLength(1);
  });
});

describe('a token', () => {
  it('that is not taken is asked for anew once, however many requests it was sent with', async () => {
    const asked: boolean[] = [];
    const client = clientOf({ auth: { token: async ({ refresh }) => (asked.push(refresh), `token-${asked.length}`) } });
    let held: (() => void)[] = [];
    server.otherwise = (request, response) => {
      if (request.headers.authorization === 'Bearer token-2') return answers({ executions: [], nextCursor: null })(request, response);
      // All are refused, when all have come.
      held.push(() => problem(401, 'unauthenticated')(request, response));
      if (held.length === 3) for (const refuse of held) refuse();
    };
    await within(Promise.all([client.list(), client.list(), client.list()]), 'the answers');
    expect(asked).toEqual([false, true]);
    held = [];
    expect(server.requests).toHaveLength(6);
  });

  it('that is refused for ever ends requests and streams, and is not asked for again and again', async () => {
    const asked: boolean[] = [];
    const client = clientOf({ auth: { token: ({ refresh }) => (asked.push(refresh), 'void') } });
    server.otherwise = problem(401, 'unauthenticated');
    await expect(client.list()).rejects.toMatchObject({ status: 401 });
    await expect(read(client)).rejects.toMatchObject({ status: 401 });
    expect(asked).toEqual([false, true, true]);
    expect(server.requests).toHaveLength(4);
  });

  it('that is refused by its own function, as who had it has signed out, ends requests and streams', async () => {
    const signedOut = new RequestError('signed out', 401, 'unauthenticated');
    const client = clientOf({ auth: { token: ({ refresh }) => refresh ? Promise.reject(signedOut) : 'old' } });
    server.otherwise = problem(401, 'unauthenticated');
    await expect(client.list()).rejects.toBe(signedOut);
    await expect(read(client)).rejects.toBe(signedOut);
    expect(server.requests).toHaveLength(2);
  });

  it('that cannot be had anew is asked for again by the next request', async () => {
    const token = jest.fn<(request: { refresh: boolean }) => Promise<string>>().mockResolvedValueOnce('old').mockRejectedValueOnce(new Error('no network')).mockResolvedValueOnce('new');
    const client = clientOf({ auth: { token } });
    server.turns = [problem(401, 'unauthenticated'), problem(401, 'unauthenticated'), answers({ executions: [], nextCursor: null })];
    expect(await client.list()).toEqual({ executions: [], nextCursor: null });
    expect(token.mock.calls.map(([{ refresh }]) => refresh)).toEqual([false, true, true]);
  });

  it('that never comes is given up in time, and asked for again', async () => {
    const never = new Promise<string>(() => {});
    const token = jest.fn<(request: { refresh: boolean }) => Promise<string>>().mockReturnValueOnce(never).mockResolvedValueOnce('old').mockReturnValueOnce(never).mockResolvedValue('new');
    const client = clientOf({ requestMs: 1000, auth: { token } });
    server.otherwise = (request, response) => {
      if (request.headers.authorization !== 'Bearer new') return problem(401, 'unauthenticated')(request, response);
      return request.url?.endsWith('/stream') ? ALL(request, response) : answers({ executions: [], nextCursor: null })(request, response);
    };
    expect((await read(client)).seqs).toEqual([1, 2, 3, 4, 5]);
    expect(await within(client.list(), 'the list')).toEqual({ executions: [], nextCursor: null });
    expect(token.mock.calls.map(([{ refresh }]) => refresh)).toEqual([false, false, true, true]);
  });
});

describe('what cannot be sent', () => {
  it.each([['a number that JSON has none of', { count: 1n }], ['what holds itself', [] as unknown[]]])('(%s) is the fault of who sends it, and not of the service', async (_what, value) => {
    if (Array.isArray(value)) value.push(value);
    await expect(clientOf().start('w', value)).rejects.toBeInstanceOf(TypeError);
    await expect(clientOf().answer('e', value)).rejects.toBeInstanceOf(TypeError);
    expect(server.requests).toEqual([]);
  });
});

describe('what is left undefined', () => {
  it('is the same as what is not given', async () => {
    const given: { [name: string]: never } = {};
    const { signal, sessionId, cursor, types, reason } = given as { signal?: AbortSignal; sessionId?: string; cursor?: string; types?: EventType[]; reason?: string };
    const client = clientOf({ auth: undefined, headers: undefined, requestMs: undefined, reconnect: { delayMs: undefined, maxDelayMs: undefined } });
    server.otherwise = answers({ id: 'e', executions: [], nextCursor: null });
    await client.start('w', 1, { signal, sessionId, idempotencyKey: undefined });
    await client.cancel('e', { reason, signal });
    await client.answer('e', 1, { stepId: undefined, signal });
    await client.list({ cursor, sessionId, limit: undefined, status: undefined, workflow: undefined, signal });
    await client.events('e', { after: undefined, limit: undefined });
    expect(server.requests.map(({ url: { pathname, search } }) => pathname.replace('/api/v1', '') + search))
      .toEqual(['/workflows/w/executions', '/executions/e/cancel', '/executions/e/input', '/executions', '/executions/e/events']);
    expect(server.requests[0]?.headers['idempotency-key']).toMatch(/^[0-9a-f]{32}$/);
    server.otherwise = ALL;
    expect((await read(client, { signal, types, after: undefined, from: undefined, last: undefined })).seqs).toHaveLength(5);
  });

  it('is no key, which the service asks for then', async () => {
    server.otherwise = answers({ executions: [], nextCursor: null });
    await clientOf({ auth: { apiKey: process.env['STEPCAST_NO_SUCH_KEY'] as string } }).list();
    expect(server.requests[0]?.headers).not.toHaveProperty('x-api-key');
  });
});

describe('a request without an answer', () => {
  const mute: Turn = () => undefined;
  const stops: Turn = (_request, response) => void response.writeHead(200, { 'content-type': 'application/json' }).write('{');

  it.each([['none at all', mute], ['one that stops in the middle', stops]])('(%s) is made again where that is safe, and not where it is not', async (_what, turn) => {
    const client = clientOf({ requestMs: 1000 });
    server.turns = [turn];
    // However late a slow machine makes it: it is only asked for once more.
    server.otherwise = answers({ executions: [], nextCursor: null });
    expect(await within(client.list(), 'the list')).toEqual({ executions: [], nextCursor: null });
    const { length } = server.requests;
    expect(length).toBeGreaterThan(1);
    server.turns = [turn];
    await expect(within(client.answer('e', 1), 'the failure')).rejects.toMatchObject({ name: 'RequestError', status: 0, message: expect.stringContaining('no answer has come for 1000 ms') });
    expect(server.requests).toHaveLength(length + 1);
  });
});

describe('a ticket', () => {
  it('that is not taken, as a restart has forgotten it, is asked for anew, once', async () => {
    let tickets = 0;
    const client = clientOf({ auth: { ticket: () => `t${++tickets}` } });
    server.turns = [problem(401, 'unauthenticated'), ALL];
    expect((await read(client)).seqs).toEqual([1, 2, 3, 4, 5]);
    server.otherwise = problem(401, 'unauthenticated');
    await expect(read(client)).rejects.toMatchObject({ status: 401 });
    expect(server.requests.map(({ url }) => url.searchParams.get('ticket'))).toEqual(['t1', 't2', 't3', 't4']);
  });
});

describe('a stream', () => {
  it('from the live end, too, is waited for where the service cannot be reached', async () => {
    const state = { id: 'e', workflow: 'w', status: 'running', lastSeq: 4, activeSteps: [], steps: {}, usage: {} };
    server.turns = [...Array.from({ length: 6 }, () => refuses(502)), answers(state), sends(frame(5, 'workflow_completed'))];
    const { seqs, connections } = await read(clientOf(), { from: 'latest' });
    expect(seqs).toEqual([5]);
    expect(connections.map((connection) => connection.state)).toEqual(['connecting', 'waiting', 'connecting', 'live', 'ended']);
    expect(server.cursors).toEqual(['4']);
  });

  it('is none where something else answers, and that is told', async () => {
    server.turns = [refuses(200, { 'content-type': 'text/html' }, '<p>Sign in to the network'), ALL];
    const { seqs, connections } = await read(clientOf());
    expect(seqs).toEqual([1, 2, 3, 4, 5]);
    expect(connections[1]).toMatchObject({ state: 'waiting', error: { status: 0, message: expect.stringContaining('text/html') } });
  });
});

describe('times that no timer can hold', () => {
  afterEach(() => {
    jest.useRealTimers();
    jest.restoreAllMocks();
  });

  it('are waited for, and do not become none', async () => {
    jest.useFakeTimers();
    let isOver = false;
    void pause(30 * 24 * 3_600_000, new AbortController().signal).then(() => (isOver = true));
    await jest.advanceTimersByTimeAsync(3_600_000);
    expect(isOver).toBe(false);
  });

  it('may be given, as `Infinity` too, and no line is judged by none', async () => {
    const timers = jest.spyOn(globalThis, 'setTimeout');
    server.otherwise = ALL;
    expect((await read(clientOf({ stallMs: Infinity, probeMs: Infinity }))).seqs).toEqual([1, 2, 3, 4, 5]);
    expect(timers.mock.calls.filter(([, ms]) => (ms ?? 0) >= 2 ** 31)).toEqual([]);
  });
});

describe('where the service is', () => {
  const asked: string[] = [];
  const ask = async (options: ClientOptions) => {
    asked.length = 0;
    const fetch = (async (url: URL) => {
      asked.push(url.href);
      return Response.json({ executions: [], nextCursor: null });
    }) as typeof globalThis.fetch;
    await new StepcastClient({ ...options, fetch }).list({ limit: 1 });
    return asked[0];
  };

  it('may have a path', async () => {
    expect(await ask({ baseUrl: 'https://x.example/flows/' })).toBe('https://x.example/flows/api/v1/executions?limit=1');
    expect(await ask({ baseUrl: 'https://x.example', apiPath: '' })).toBe('https://x.example/executions?limit=1');
  });

  it('is told at once where it is no address', () => {
    for (const baseUrl of ['', '/flows', 'localhost', 'localhost:3000', 'http://']) expect(() => new StepcastClient({ baseUrl })).toThrow(TypeError);
  });

  it('is seen from the page, in a browser', async () => {
    Object.defineProperty(globalThis, 'location', { configurable: true, value: new URL('https://page.example/deep/down?x') });
    try {
      expect(await ask({})).toBe('https://page.example/api/v1/executions?limit=1');
      expect(await ask({ baseUrl: '' })).toBe('https://page.example/api/v1/executions?limit=1');
      expect(await ask({ baseUrl: '/flows' })).toBe('https://page.example/flows/api/v1/executions?limit=1');
      expect(await ask({ baseUrl: 'http://x.example:8080' })).toBe('http://x.example:8080/api/v1/executions?limit=1');
      Object.defineProperty(globalThis, 'location', { configurable: true, value: new URL('file:///home/page.html') });
      expect(await ask({ baseUrl: 'http://x.example:8080' })).toBe('http://x.example:8080/api/v1/executions?limit=1');
      expect(() => new StepcastClient({ baseUrl: '/flows' })).toThrow('baseUrl must be a URL');
    } finally {
      Reflect.deleteProperty(globalThis, 'location');
    }
  });
});
