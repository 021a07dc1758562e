import { EventEmitter } from 'node:events';
import { type ExecutionContext } from '@nestjs/common';
import { beforeEach, describe, expect, it } from '@jest/globals';
import { setPrincipal } from '../../auth/request-principal.js';
import { type Journal } from '../../journal/journal.js';
import { type ExecutionRecord, type ListQuery } from '../../journal/journal.types.js';
import { type Clock } from '../../orchestration/clock.js';
import { StreamLimiter } from '../../rate-limit/stream-limiter.js';
import { type HttpRequest } from '../http/http.types.js';
import { StreamShutdown } from '../sse/stream.shutdown.js';
import { ChatStreamGuard } from './chat-stream.guard.js';
import { JsonBodyGuard } from './json-body.guard.js';
import { StreamHasEnded, StreamRequestGuard, StreamSlotGuard } from './stream.guard.js';

class FakeResponse extends EventEmitter {
  destroyed = false;
  closed = false;
  readonly headers: Record<string, string> = {};
  header(name: string, value: string) { this.headers[name] = value; }
  getHeader(name: string) { return this.headers[name]; }
}
const contextOf = (request: Partial<HttpRequest>, response: object = new FakeResponse()) =>
  ({ switchToHttp: () => ({ getRequest: () => request, getResponse: () => response }) }) as unknown as ExecutionContext;

describe('what a stream is asked for is checked while a real status can still answer (P14)', () => {
  const guard = new StreamRequestGuard();
  const ask = (query: HttpRequest['query'], status: ExecutionRecord['status'] = 'running', headers: HttpRequest['headers'] = {}) => {
    const request = { headers, query, execution: { status, lastSeq: 5 } as ExecutionRecord } as HttpRequest;
    return { request, pass: () => guard.canActivate(contextOf(request)) };
  };

  it('and left on the request', () => {
    const { request, pass } = ask({ lastEventId: '3' });
    expect(pass()).toBe(true);
    expect(request.streamRequest?.start).toEqual({ at: 'cursor', cursor: '3', path: '/lastEventId' });
  });

  it.each<[HttpRequest['query'], HttpRequest['headers'], string]>([
    [{ lastEventId: '6' }, {}, 'invalid_cursor'], [{}, { 'last-event-id': 'x' }, 'invalid_cursor'], [{ types: 'nope' }, {}, 'invalid_request'],
  ])('and refused: %j %j', (query, headers, code) => {
    expect(ask(query, 'running', headers).pass).toThrow(expect.objectContaining({ code }));
  });

  it('and answered 204 where nothing is left to come, so that an EventSource stops (P4)', () => {
    for (const query of [{ lastEventId: '5' }, { from: 'latest' }, { last: '0' }]) {
      expect(ask(query, 'completed').pass).toThrow(StreamHasEnded);
      expect(ask(query, 'waiting').pass()).toBe(true);
    }
    expect(ask({ lastEventId: '4' }, 'failed').pass()).toBe(true);
  });

  it('where it is about no execution alone, by its form', () => {
    expect(guard.canActivate(contextOf({ headers: {}, query: { lastEventId: 'm1' } }))).toBe(true);
  });
});

describe('a place among the open streams of a user', () => {
  let limiter: StreamLimiter;
  let shutdown: StreamShutdown;
  let guard: StreamSlotGuard;
  const request = () => {
    const made = { headers: {}, query: {} } as unknown as HttpRequest;
    setPrincipal(made, { user: 'ann', roles: [], method: 'api_key', credentialId: 'c' });
    return made;
  };
  beforeEach(() => {
    limiter = new StreamLimiter(1, 2);
    shutdown = new StreamShutdown();
    guard = new StreamSlotGuard(limiter, shutdown);
  });

  it('is taken until the response is closed, once', () => {
    const response = new FakeResponse();
    expect(guard.canActivate(contextOf(request(), response))).toBe(true);
    expect(limiter.count('ann')).toBe(1);
    expect(() => guard.canActivate(contextOf(request()))).toThrow(expect.objectContaining({ code: 'too_many_streams' }));
    response.emit('close');
    limiter.acquire('ann');
    response.emit('close');
    expect(limiter.count('ann')).toBe(1);
  });

  it.each(['destroyed', 'closed'] as const)('is not kept by a response that is %s already', (how) => {
    guard.canActivate(contextOf(request(), Object.assign(new FakeResponse(), { [how]: true })));
    expect(limiter.count('ann')).toBe(0);
  });

  it('is found below the response of Fastify', () => {
    const raw = new FakeResponse();
    guard.canActivate(contextOf(request(), Object.assign(new FakeResponse(), { raw })));
    expect(raw.listenerCount('close')).toBe(1);
  });

  it('is told of, whether it is given or refused', () => {
    const [first, second] = [new FakeResponse(), new FakeResponse()];
    first.headers['RateLimit'] = '"default";r=7;t=60';
    guard.canActivate(contextOf(request(), first));
    expect(() => guard.canActivate(contextOf(request(), second))).toThrow(expect.objectContaining({ code: 'too_many_streams', options: { retryAfterSeconds: 1 } }));
    expect([first.headers, second.headers]).toEqual([
      { 'RateLimit-Policy': '"streams";q=1;qu="concurrent-requests"', RateLimit: '"default";r=7;t=60, "streams";r=0' },
      { 'RateLimit-Policy': '"streams";q=1;qu="concurrent-requests"', RateLimit: '"streams";r=0' },
    ]);
  });

  it('is not to be had by anybody where all together have as many as there are', () => {
    for (const user of ['bob', 'carl']) limiter.acquire(user);
    const response = new FakeResponse();
    expect(() => guard.canActivate(contextOf(request(), response))).toThrow(expect.objectContaining({ code: 'capacity_exceeded', status: 503, options: { retryAfterSeconds: 5 } }));
    expect([limiter.count('ann'), response.headers['RateLimit']]).toEqual([0, '"streams";r=1']);
  });

  it('is not to be had while the service shuts down', () => {
    shutdown.beforeApplicationShutdown();
    expect(() => guard.canActivate(contextOf(request()))).toThrow(expect.objectContaining({ code: 'shutting_down' }));
    expect(limiter.count('ann')).toBe(0);
  });
});

describe('what a chat that comes back goes on with', () => {
  const NOW = 1_000_000;
  const record = (ordinal: number, status: ExecutionRecord['status'], finishedAt: number | null = null) => ({ id: `e${ordinal}`, ordinal, status, finishedAt }) as ExecutionRecord;
  /** Of the executions of a chat, the newest first. */
  const find = async (...records: ExecutionRecord[]) => {
    const list = async ({ user, workflow, sessionId, status, limit }: ListQuery) => {
      expect([user, workflow, sessionId]).toEqual(['ann', 'w', 'c']);
      return records.filter((one) => status === undefined || one.status === status).slice(0, limit);
    };
    const made = { headers: {}, query: {}, params: { name: 'w', id: 'c' } } as unknown as HttpRequest;
    setPrincipal(made, { user: 'ann', roles: [], method: 'api_key', credentialId: 'c' });
    await new ChatStreamGuard({ list } as unknown as Journal, { now: () => NOW } as Clock).canActivate(contextOf(made));
    return made.execution?.id;
  };

  it('is its latest execution, where that has not ended or has within the minute', async () => {
    expect(await find(record(9, 'waiting'), record(8, 'running'))).toBe('e9');
    expect(await find(record(9, 'completed', NOW - 60_000), record(8, 'waiting'))).toBe('e9');
  });

  it('is else the latest that has not ended, in whatever state, and else nothing', async () => {
    const over = record(9, 'completed', NOW - 60_001);
    expect([await find(over, record(8, 'queued'), record(7, 'running'), record(6, 'waiting')), await find(over, record(8, 'waiting'), record(7, 'running')), await find(over, record(8, 'running'), record(7, 'queued'))]).toEqual(['e8', 'e8', 'e8']);
    await expect(find(over, record(8, 'failed', 1))).rejects.toThrow(StreamHasEnded);
    await expect(find()).rejects.toThrow(StreamHasEnded);
  });
});

describe('a body', () => {
  const guard = new JsonBodyGuard();
  const pass = (method: string, headers: HttpRequest['headers']) => () => guard.canActivate(contextOf({ method, headers }));

  it.each<[string, HttpRequest['headers']]>([
    ['POST', { 'content-type': 'application/json', 'content-length': '2' }], ['POST', { 'content-type': 'Application/JSON; charset=utf-8', 'content-length': '2' }],
    ['POST', { 'content-type': 'application/json', 'transfer-encoding': 'chunked' }], ['POST', {}], ['POST', { 'content-length': '0', 'content-type': 'text/plain' }], ['GET', { 'content-length': '2' }],
  ])('may come: %s %j', (method, headers) => expect(pass(method, headers)()).toBe(true));

  it.each<HttpRequest['headers']>([
    { 'content-length': '2' }, { 'transfer-encoding': 'chunked' }, { 'content-length': '2', 'content-type': 'text/plain' }, { 'content-length': '2', 'content-type': 'application/jsonp' }, { 'content-length': '2', 'content-type': '' },
  ])('that no parser would take as JSON is refused, and not passed by in silence: %j', (headers) => {
    expect(pass('POST', headers)).toThrow(expect.objectContaining({ code: 'unsupported_media_type' }));
  });
});
