import { EventEmitter } from 'node:events';
import { type CallHandler, type ExecutionContext } from '@nestjs/common';
import { beforeEach, describe, expect, it, jest } from '@jest/globals';
import { NEVER, Observable, of, Subject, throwError } from 'rxjs';
import { turns } from '../../../test/support/engine.js';
import { MetricsRegistry } from '../../metrics/metrics.registry.js';
import { StreamMetrics } from '../../metrics/stream.metrics.js';
import { type HttpRequest } from '../http/http.types.js';
import { StreamingOptions } from '../streaming.options.js';
import { HeartbeatInterceptor } from './heartbeat.interceptor.js';
import { cursorChunk, type StreamItem, viewOf } from './frames.js';

class FakeResponse extends EventEmitter {
  headersSent = false;
  destroyed = false;
  writableEnded = false;
  readonly written: string[] = [];

  write(bytes: Buffer): boolean {
    return this.written.push(bytes.toString()) > 0;
  }

  end(): void {
    this.writableEnded = true;
    this.emit('close');
  }
}

describe('the frame writer', () => {
  const writer = new HeartbeatInterceptor(new StreamingOptions(), new StreamMetrics(new MetricsRegistry()));
  let response: FakeResponse;
  let request: HttpRequest & { next?: unknown };
  /** What Nest sees; it sends the headers as soon as its part is complete. */
  const nest = jest.fn<(end: unknown) => void>();
  const intercept = (given: Observable<Observable<StreamItem>>, answer: object = response) => {
    const context = { switchToHttp: () => ({ getRequest: () => request, getResponse: () => answer }) } as unknown as ExecutionContext;
    const next: CallHandler<Observable<StreamItem>> = { handle: () => given };
    return writer.intercept(context, next).subscribe({
      error: (error: unknown) => nest(error),
      complete: () => {
        response.headersSent = true;
        nest('complete');
      },
    });
  };

  beforeEach(() => {
    nest.mockReset();
    response = new FakeResponse();
    request = { method: 'GET', headers: {}, params: {}, query: {}, streamRequest: { start: { at: 'first' }, view: viewOf(true), heartbeat: 'comment' }, next: () => undefined };
  });

  it('has Nest send the headers and be done, and then goes on and ends the stream itself', async () => {
    const source = new Subject<StreamItem>();
    intercept(of(source));
    source.next(cursorChunk('1'));
    expect([nest.mock.calls, response.written]).toEqual([[], []]);
    await turns();
    expect([nest.mock.calls, response.written]).toEqual([[['complete']], ['id: 1\n\n']]);
    source.next(cursorChunk('2'));
    expect(response.written).toEqual(['id: 1\n\n', 'id: 2\n\n']);
    source.complete();
    await turns();
    expect(response.writableEnded).toBe(true);
  });

  it('lets go of what the request holds for its handling', async () => {
    intercept(of(NEVER));
    await turns();
    expect(request.next).toBeUndefined();
    response.end();
  });

  it.each<[string, Observable<Observable<StreamItem>>]>([['handler', throwError(() => 'refused')], ['stream', of(throwError(() => 'refused'))]])('has Nest answer what the %s fails with at once', async (_, given) => {
    intercept(given);
    await turns();
    expect([nest.mock.calls, response.headersSent, response.listenerCount('close')]).toEqual([[['refused']], false, 0]);
  });

  it('follows nothing for a client that has left before', async () => {
    const handled = new Subject<Observable<StreamItem>>();
    const source = new Subject<StreamItem>();
    const [early, late] = [intercept(handled), intercept(of(source))];
    expect(source.observed).toBe(true);
    early.unsubscribe();
    late.unsubscribe();
    await turns();
    expect([handled.observed, source.observed, response.listenerCount('close'), nest.mock.calls]).toEqual([false, false, 0, []]);
  });

  it('answers HEAD with the headers alone', async () => {
    request.method = 'HEAD';
    const followed = jest.fn(() => undefined);
    intercept(of(new Observable<StreamItem>(followed)));
    await turns();
    expect([response.headersSent, response.writableEnded, followed.mock.calls]).toEqual([true, true, []]);
  });

  it('finds the response of Fastify below its own', async () => {
    intercept(of(of(cursorChunk('1'))), { raw: response });
    await turns();
    expect(response.written).toEqual(['id: 1\n\n']);
  });
});
