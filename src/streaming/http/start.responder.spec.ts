import { EventEmitter } from 'node:events';
import { type ServerResponse } from 'node:http';
import { type ApplicationConfig, type HttpAdapterHost } from '@nestjs/core';
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { NEVER, Observable, of, throwError } from 'rxjs';
import { type Principal } from '../../auth/principal.js';
import { StepcastError } from '../../contract/errors.js';
import { type ExecutionRecord } from '../../journal/journal.types.js';
import { MetricsRegistry } from '../../metrics/metrics.registry.js';
import { StreamMetrics } from '../../metrics/stream.metrics.js';
import { type ExecutionService } from '../../orchestration/execution.service.js';
import { type Started } from '../../orchestration/execution.types.js';
import { type HttpAnswer } from '../../rate-limit/rate-limit.headers.js';
import { StartLimiter } from '../../rate-limit/start-limiter.js';
import { StreamLimiter } from '../../rate-limit/stream-limiter.js';
import { StreamSlotGuard } from '../guards/stream.guard.js';
import { HeartbeatInterceptor } from '../sse/heartbeat.interceptor.js';
import { type StreamChunk } from '../sse/frames.js';
import { StreamShutdown } from '../sse/stream.shutdown.js';
import { type StreamingService } from '../sse/streaming.service.js';
import { StreamingOptions } from '../streaming.options.js';
import { type HttpRequest } from './http.types.js';
import { Links } from './links.js';
import { acceptsStream, StartResponder } from './start.responder.js';

describe('which form of the answer a client accepts', () => {
  it.each([
    ['text/event-stream'], ['TEXT/Event-Stream'], ['application/json, text/event-stream'], ['text/event-stream; charset=utf-8'], ['text/html, text/event-stream;q=0.8, */*;q=0.1'],
    ['application/json;q=0.4, text/event-stream;q=0.5'], ['application/json;q=0, text/event-stream'],
  ])('%s: the stream', (accept) => expect(acceptsStream(accept)).toBe(true));

  it.each([
    [undefined], [''], ['*/*'], ['text/*'], ['application/json'], ['text/event-stream;q=0'], ['text/event-stream; q=0.000'], ['application/json, text/event-stream;q=0.9'], ['x-text/event-stream'],
  ])('%s: JSON', (accept) => expect(acceptsStream(accept)).toBe(false));
});

class FakeResponse extends EventEmitter {
  headersSent = false;
  destroyed = false;
  closed = false;
  writableEnded = false;
  head: [number, Record<string, unknown>] | undefined;
  readonly written: string[] = [];
  readonly headers: Record<string, string> = {};
  header(name: string, value: string) { this.headers[name] = value; }
  getHeader(name: string) { return this.headers[name]; }
  writeHead(status: number, headers: Record<string, unknown>) { this.head = [status, headers]; }
  flushHeaders() { this.headersSent = true; }
  write(bytes: Buffer) { return this.written.push(bytes.toString()) > 0; }
  end() { this.writableEnded = true; this.emit('close'); }
  destroy() { this.destroyed = true; this.emit('close'); }
}

describe('the answer to a start', () => {
  const principal: Principal = { user: 'ann', roles: [], method: 'api_key', credentialId: 'c' };
  const record = { id: 'e1', status: 'queued', lastSeq: 0 } as ExecutionRecord;
  const reply = jest.fn();
  const follow = jest.fn<StreamingService['execution']>();
  let limiter: StreamLimiter;
  let response: FakeResponse;
  let responder: StartResponder;
  const respond = (headers: Record<string, string>, start: () => Promise<Started> = async () => ({ record, created: true }), given: HttpAnswer = response) =>
    responder.respond({ headers, query: {} } as unknown as HttpRequest, given, principal, start);
  const stream = { accept: 'text/event-stream' };

  beforeEach(() => {
    reply.mockReset();
    follow.mockReset().mockReturnValue(NEVER);
    limiter = new StreamLimiter(1);
    response = new FakeResponse();
    responder = new StartResponder(
      { httpAdapter: { reply } } as unknown as HttpAdapterHost, new Links({ getGlobalPrefix: () => '' } as ApplicationConfig, 'api/v1'),
      { quotaOf: () => ({ limit: 9, remaining: 8 }) } as unknown as ExecutionService, new StartLimiter({ points: 2, seconds: 60 }),
      new StreamSlotGuard(limiter, new StreamShutdown()), { execution: follow } as unknown as StreamingService,
      new HeartbeatInterceptor(new StreamingOptions(), new StreamMetrics(new MetricsRegistry())),
    );
  });
  afterEach(() => {
    if (!response.destroyed) response.destroy();
    expect(limiter.count('ann')).toBe(0);
  });

  it('is 202 with links where no stream is accepted', async () => {
    await respond({ accept: 'application/json' });
    expect(reply).toHaveBeenCalledWith(response, expect.objectContaining({ id: 'e1', status: 'queued', streamUrl: '/api/v1/executions/e1/stream' }), 202);
  });

  it('is 400 where it is asked for in the words of a protocol, which are those of streams, before anything is started', async () => {
    const start = jest.fn<() => Promise<Started>>();
    const request = { headers: { accept: '*/*' }, query: { protocol: 'text' } } as unknown as HttpRequest;
    await expect(responder.respond(request, response, principal, start)).rejects.toMatchObject({ code: 'invalid_request', message: expect.stringContaining('Accept: text/event-stream') });
    expect(start).not.toHaveBeenCalled();
  });

  it('tells what is left of the user\'s starts and executions', async () => {
    await respond({});
    expect(response.headers).toEqual({
      'RateLimit-Policy': '"starts";q=2;w=60, "executions";q=9;qu="concurrent-requests"', RateLimit: expect.stringMatching(/^"starts";r=1;t=\d+, "executions";r=8$/),
    });
  });

  it('is 429 where these are used up: only what was started counts', async () => {
    const refused = () => Promise.reject(new StepcastError('invalid_input', 'no'));
    await expect(respond({}, refused)).rejects.toMatchObject({ code: 'invalid_input' });
    expect(response.headers['RateLimit']).toMatch(/^"starts";r=2;/);
    await respond({}, async () => ({ record, created: false }));
    const start = jest.fn(async () => ({ record, created: true }));
    const all = await Promise.allSettled(Array.from({ length: 10 }, () => respond({}, start)));
    expect([all.filter(({ status }) => status === 'fulfilled').length, start.mock.calls.length]).toEqual([2, 2]);
    await expect(respond(stream, start)).rejects.toMatchObject({ code: 'rate_limited', status: 429, options: { retryAfterSeconds: expect.any(Number) }, message: expect.stringContaining('more than 2 starts in 60 s') });
    expect(response.headers['RateLimit']).toMatch(/^"streams";r=0, "starts";r=0;t=\d+, "executions";r=8$/);
  });

  it('is the stream itself where it is, and ends with it', async () => {
    follow.mockReturnValue(of<StreamChunk>({ bytes: Buffer.from('frame'), cursor: '1', told: true }));
    await respond(stream);
    await new Promise((resolve) => setImmediate(resolve));
    expect(response.head).toEqual([200, { 'content-type': 'text/event-stream', 'cache-control': 'private, no-cache, no-store, no-transform', 'x-accel-buffering': 'no' }]);
    expect([response.written, response.writableEnded]).toEqual([['frame'], true]);
  });

  it('takes Fastify\'s response over, with the headers that were set on it', async () => {
    const fastify = { header: response.header.bind(response), getHeader: response.getHeader.bind(response), raw: response as unknown as ServerResponse, hijack: jest.fn(), getHeaders: () => ({ ratelimit: 'x' }) };
    await respond(stream, undefined, fastify);
    expect(fastify.hijack).toHaveBeenCalledTimes(1);
    expect(response.head?.[1]).toMatchObject({ ratelimit: 'x', 'content-type': 'text/event-stream' });
  });

  it('is refused before anything is started, where the stream cannot be', async () => {
    const start = jest.fn(async () => ({ record, created: true }));
    for (const headers of [{ 'last-event-id': 'x' }, { 'last-event-id': '7' }]) await expect(respond({ ...stream, ...headers }, start)).rejects.toMatchObject({ code: 'invalid_cursor' });
    limiter.acquire('ann');
    await expect(respond(stream, start)).rejects.toMatchObject({ code: 'too_many_streams' });
    expect(start).not.toHaveBeenCalled();
    limiter = new StreamLimiter(1);
  });

  it('is the refusal of the start, where that is refused', async () => {
    await expect(respond(stream, () => Promise.reject(new StepcastError('invalid_input', 'no')))).rejects.toMatchObject({ code: 'invalid_input' });
    expect(response.head).toBeUndefined();
  });

  it('goes on in the log of an earlier start with the same key, and is 204 where that has ended', async () => {
    const earlier = { record: { ...record, status: 'running', lastSeq: 9 } as ExecutionRecord, created: false };
    await respond({ ...stream, 'idempotency-key': 'k', 'last-event-id': '7' }, async () => earlier);
    expect(response.head?.[0]).toBe(200);
    response.destroy();
    response = new FakeResponse();
    const ended = { ...earlier, record: { ...earlier.record, status: 'completed' } as ExecutionRecord };
    await expect(respond({ ...stream, 'idempotency-key': 'k', 'last-event-id': '9' }, async () => ended)).rejects.toMatchObject({ status: 204 });
  });

  it('lets go of the log when the client leaves', async () => {
    const left = jest.fn();
    follow.mockReturnValue(new Observable(() => left));
    await respond(stream);
    expect(left).not.toHaveBeenCalled();
    response.destroy();
    expect(left).toHaveBeenCalledTimes(1);
  });

  it('follows nothing for a client that left while the execution was being started', async () => {
    await respond(stream, async () => {
      response.destroy();
      return { record, created: true };
    });
    expect(follow).not.toHaveBeenCalled();
    // Only the place among the user's streams is given back with it.
    expect(response.listenerCount('close')).toBe(1);
  });

  it('breaks the line where the log cannot be read on: the client resumes', async () => {
    follow.mockReturnValue(throwError(() => new Error('broken')));
    await respond(stream);
    expect(response.destroyed).toBe(true);
  });
});
