import { EventEmitter } from 'node:events';
import { type ServerResponse } from 'node:http';
import { type ExecutionContext, Logger } from '@nestjs/common';
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { type Observable, Subject } from 'rxjs';
import { turns } from '../../../test/support/engine.js';
import { MetricsRegistry } from '../../metrics/metrics.registry.js';
import { StreamMetrics } from '../../metrics/stream.metrics.js';
import { StreamingOptions } from '../streaming.options.js';
import { FrameWriterInterceptor } from './frame-writer.interceptor.js';
import { type StreamChunk } from './frames.js';

Logger.overrideLogger(false);

const STALLED_MS = 30_000;

/** A response whose buffer a test fills and empties. */
class FakeResponse extends EventEmitter {
  headersSent = true;
  destroyed = false;
  writableEnded = false;
  writableNeedDrain = false;
  full = false;
  readonly written: string[] = [];

  write(bytes: Buffer): boolean {
    this.written.push(bytes.toString());
    this.writableNeedDrain = this.full;
    return !this.full;
  }

  drain(): void {
    this.full = this.writableNeedDrain = false;
    this.emit('drain');
  }

  destroy(): void {
    this.destroyed = true;
    this.emit('close');
  }
}
const chunk = (text: string, more: Partial<StreamChunk> = {}): StreamChunk => ({ bytes: Buffer.from(text), cursor: '1', told: true, ...more });

describe('the frame writer', () => {
  let response: FakeResponse;
  let source: Subject<StreamChunk>;
  let registry: MetricsRegistry;
  let writer: FrameWriterInterceptor;
  const end = jest.fn();
  const metric = async (name: string) => (await registry.getSingleMetric(name)?.get())?.values[0]?.value;
  const written = (chunks: Observable<StreamChunk> = source) =>
    writer.write(chunks, response as unknown as ServerResponse).subscribe({ complete: () => end('complete'), error: (error) => end(error) });

  beforeEach(() => {
    jest.useFakeTimers({ doNotFake: ['setImmediate', 'nextTick', 'queueMicrotask', 'Date', 'performance'] });
    end.mockReset();
    response = new FakeResponse();
    source = new Subject();
    registry = new MetricsRegistry();
    writer = new FrameWriterInterceptor(Object.assign(new StreamingOptions(), { stalledReaderMs: STALLED_MS }), new StreamMetrics(registry));
  });
  afterEach(() => {
    expect([jest.getTimerCount(), response.listenerCount('drain')]).toEqual([0, 0]);
    jest.useRealTimers();
  });

  it('hands each chunk to the response as it is, in one write, and counts', async () => {
    const subscription = written();
    source.next(chunk('one'));
    source.next(chunk(''));
    source.next(chunk('two'));
    expect(response.written).toEqual(['one', 'two']);
    expect([await metric('stepcast_stream_bytes_total'), await metric('stepcast_streams_open')]).toEqual([6, 1]);
    subscription.unsubscribe();
    expect(await metric('stepcast_streams_open')).toBe(0);
  });

  it('keeps what comes before the headers are out, and writes it in order as soon as they are', async () => {
    response.headersSent = false;
    const subscription = written();
    source.next(chunk('one'));
    source.next(chunk('two'));
    await turns();
    expect(response.written).toEqual([]);
    response.headersSent = true;
    source.next(chunk('three'));
    await turns();
    source.next(chunk('four'));
    expect(response.written).toEqual(['one', 'two', 'three', 'four']);
    subscription.unsubscribe();
  });

  it('completes when all is handed to the response, headers included', async () => {
    response.headersSent = false;
    written();
    source.next(chunk('one'));
    source.complete();
    await turns();
    expect(end).not.toHaveBeenCalled();
    response.headersSent = true;
    await turns();
    expect(response.written).toEqual(['one']);
    expect(end.mock.calls).toEqual([['complete']]);
  });

  it('drops a reader that leaves a full buffer unread too long, and counts it', async () => {
    const subscription = written();
    response.full = true;
    source.next(chunk('one'));
    jest.advanceTimersByTime(STALLED_MS - 1);
    expect(response.destroyed).toBe(false);
    jest.advanceTimersByTime(1);
    expect(response.destroyed).toBe(true);
    expect(await metric('stepcast_streams_dropped_total')).toBe(1);
    source.next(chunk('late'));
    expect(response.written).toEqual(['one']);
    subscription.unsubscribe();
  });

  it('drops no reader that reads, however slowly: the time begins anew with each drain', () => {
    const subscription = written();
    for (let i = 0; i < 5; i++) {
      response.full = true;
      source.next(chunk('x'));
      jest.advanceTimersByTime(STALLED_MS - 1);
      response.drain();
    }
    jest.advanceTimersByTime(STALLED_MS);
    expect(response.destroyed).toBe(false);
    subscription.unsubscribe();
  });

  it('counts the time from the first write that did not fit', () => {
    const subscription = written();
    response.full = true;
    source.next(chunk('one'));
    jest.advanceTimersByTime(STALLED_MS / 2);
    source.next(chunk('two'));
    jest.advanceTimersByTime(STALLED_MS / 2);
    expect(response.destroyed).toBe(true);
    subscription.unsubscribe();
  });

  it('leaves heartbeats out while the reader has more to read already', () => {
    const subscription = written();
    source.next(chunk('beat', { heartbeat: true }));
    response.full = true;
    source.next(chunk('one'));
    source.next(chunk('beat', { heartbeat: true }));
    response.drain();
    source.next(chunk('beat', { heartbeat: true }));
    expect(response.written).toEqual(['beat', 'one', 'beat']);
    subscription.unsubscribe();
  });

  it('writes nothing to a response that has ended, or has lost its reader', async () => {
    response.headersSent = false;
    const subscription = written();
    source.next(chunk('early'));
    subscription.unsubscribe();
    response.headersSent = true;
    await turns();
    response.writableEnded = true;
    written().unsubscribe();
    expect(response.written).toEqual([]);
  });

  describe('as an interceptor', () => {
    const context = () => ({ switchToHttp: () => ({ getResponse: () => response }) }) as unknown as ExecutionContext;

    it('lets an error before the headers be answered, and breaks the line for one after them: it is resumed', () => {
      response.headersSent = false;
      writer.intercept(context(), { handle: () => source }).subscribe({ complete: () => end('complete'), error: (error) => end(error) });
      source.error('refused');
      expect([end.mock.calls, response.destroyed]).toEqual([[['refused']], false]);

      end.mockReset();
      response.headersSent = true;
      source = new Subject();
      writer.intercept(context(), { handle: () => source }).subscribe({ complete: () => end('complete'), error: (error) => end(error) });
      source.next(chunk('one'));
      source.error('broken');
      expect([end.mock.calls, response.destroyed, response.written]).toEqual([[['complete']], true, ['one']]);
    });

    it('finds the response of Fastify below its own', () => {
      const fastify = { switchToHttp: () => ({ getResponse: () => ({ raw: response }) }) } as unknown as ExecutionContext;
      const subscription = writer.intercept(fastify, { handle: () => source }).subscribe();
      source.next(chunk('one'));
      expect(response.written).toEqual(['one']);
      subscription.unsubscribe();
    });
  });
});
