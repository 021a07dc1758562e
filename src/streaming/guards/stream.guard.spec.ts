import { EventEmitter } from 'node:events';
import { type ExecutionContext } from '@nestjs/common';
import { beforeEach, describe, expect, it } from '@jest/globals';
import { setPrincipal } from '../../auth/request-principal.js';
import { type ExecutionRecord } from '../../journal/journal.types.js';
import { StreamLimiter } from '../../rate-limit/stream-limiter.js';
import { type HttpRequest } from '../http/http.types.js';
import { StreamShutdown } from '../sse/stream.shutdown.js';
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
