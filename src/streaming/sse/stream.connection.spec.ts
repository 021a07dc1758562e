import { EventEmitter } from 'node:events';
import { type ServerResponse } from 'node:http';
import { Logger } from '@nestjs/common';
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { Observable, Subject } from 'rxjs';
import { turns } from '../../../test/support/engine.js';
import { MetricsRegistry } from '../../metrics/metrics.registry.js';
import { removed } from '../../journal/removed.js';
import { StreamMetrics } from '../../metrics/stream.metrics.js';
import { StreamingOptions } from '../streaming.options.js';
import { cursorChunk, type StreamChunk, viewOf } from './frames.js';
import { StreamConnection } from './stream.connection.js';
import { StreamEnd } from './stream.end.js';
import { type StreamRequest } from './stream.request.js';

Logger.overrideLogger(false);

const STALLED_MS = 30_000;
const MS = 1000;
const COMMENT = ': heartbeat\n\n';
const DATA = 'data: {"type":"heartbeat"}\n\n';

/** A response whose buffer a test fills and empties. */
class FakeResponse extends EventEmitter {
  headersSent = true;
  destroyed = false;
  writableEnded = false;
  writableNeedDrain = false;
  writableLength = 0;
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

  end(): void {
    this.writableEnded = true;
    this.emit('close');
  }

  destroy(): void {
    this.destroyed = true;
    this.emit('close');
  }
}
const request = (more: Partial<StreamRequest> = {}): StreamRequest => ({ start: { at: 'first' }, view: viewOf(true), heartbeat: 'comment', ...more });
const chunk = (text: string, more: Partial<StreamChunk> = {}): StreamChunk => ({ bytes: Buffer.from(text), cursor: '1', told: true, ...more });

describe('a stream', () => {
  let response: FakeResponse;
  let source: Subject<StreamChunk>;
  let registry: MetricsRegistry;
  const metric = async (name: string) => (await registry.getSingleMetric(name)?.get())?.values[0]?.value;
  const open = ({ heartbeatMs = 100 * STALLED_MS, ...asked }: Partial<StreamRequest> & { heartbeatMs?: number } = {}, items: Observable<StreamChunk> = source) => {
    const options = Object.assign(new StreamingOptions(), { stalledReaderMs: STALLED_MS, heartbeatMs });
    const connection = new StreamConnection(response as unknown as ServerResponse, request(asked), options, new StreamMetrics(registry));
    connection.open(items);
    return connection;
  };

  beforeEach(() => {
    jest.useFakeTimers({ doNotFake: ['setImmediate', 'nextTick', 'queueMicrotask', 'Date', 'performance'] });
    response = new FakeResponse();
    source = new Subject();
    registry = new MetricsRegistry();
  });
  afterEach(() => {
    if (!response.destroyed && !response.writableEnded) response.destroy();
    expect([jest.getTimerCount(), response.listenerCount('drain'), response.listenerCount('close'), source.observed]).toEqual([0, 0, 0, false]);
    jest.useRealTimers();
  });

  it('hands each chunk to the response as it is, in one write, and counts', async () => {
    open();
    source.next(chunk('one'));
    source.next(chunk(''));
    source.next(chunk('two'));
    expect(response.written).toEqual(['one', 'two']);
    expect([await metric('stepcast_stream_bytes_total'), await metric('stepcast_streams_open')]).toEqual([6, 1]);
    response.destroy();
    expect(await metric('stepcast_streams_open')).toBe(0);
  });

  it('keeps what comes before the headers are out, and writes it in order as soon as they are', async () => {
    response.headersSent = false;
    open();
    source.next(chunk('one'));
    source.next(chunk('two'));
    await turns();
    expect(response.written).toEqual([]);
    response.headersSent = true;
    source.next(chunk('three'));
    await turns();
    source.next(chunk('four'));
    expect(response.written).toEqual(['one', 'two', 'three', 'four']);
  });

  it('ends the response when all is handed to it, headers included', async () => {
    response.headersSent = false;
    open();
    source.next(chunk('one'));
    source.complete();
    await turns();
    expect(response.writableEnded).toBe(false);
    response.headersSent = true;
    await turns();
    expect([response.written, response.writableEnded, await metric('stepcast_streams_open')]).toEqual([['one'], true, 0]);
  });

  it.each([
    ['named', viewOf(true), 'event: message\nid: 7\n'], ['plain', viewOf(false), 'id: 7\n'], ['filtered', viewOf(true, new Set(['step_output'] as const)), 'event: message\nid: 7\n'],
  ])('tells why it ends before its time, in a %s frame with the cursor as it is, and ends cleanly (P15)', async (_name, view, head) => {
    open({ view });
    source.next(chunk('one', { cursor: '7', told: false }));
    source.error(StreamEnd.unknownRight());
    await turns();
    const [first, last, ...more] = response.written;
    expect([first, more, response.writableEnded, response.destroyed]).toEqual(['one', [], true, false]);
    expect(last?.startsWith(`${head}data: {`) && last.endsWith('}\n\n')).toBe(true);
    expect(JSON.parse((last as string).slice(`${head}data: `.length))).toEqual({
      type: 'message', data: { level: 'warn', code: 'authentication_unavailable', text: expect.stringContaining('resume with the last id') },
    });
  });

  it('does not wait without bound for a reader that does not read to the end', async () => {
    open();
    const end = jest.spyOn(response, 'end').mockImplementation(() => void (response.writableEnded = true));
    source.next(chunk('one'));
    response.writableLength = 3;
    source.error(StreamEnd.unknownRight());
    await turns();
    expect([end.mock.calls.length, response.destroyed]).toEqual([1, false]);
    jest.advanceTimersByTime(STALLED_MS);
    expect(response.destroyed).toBe(true);
  });

  it('does not count as dropped who has read to the end within that time', async () => {
    open();
    jest.spyOn(response, 'end').mockImplementation(() => void (response.writableEnded = true));
    source.next(chunk('one'));
    response.writableLength = 3;
    source.complete();
    await turns();
    response.emit('close');
    expect([jest.getTimerCount(), await metric('stepcast_streams_dropped_total')]).toEqual([0, 0]);
  });

  it.each<[string, Error, number]>([
    ['an error', new Error('broken'), 1], ['what retention has removed meanwhile, which is no fault to be logged', removed('e'), 0],
  ])('breaks the line for %s: it is resumed', (_what, error, logged) => {
    const log = jest.spyOn(Logger.prototype, 'error');
    open();
    source.next(chunk('one'));
    source.error(error);
    expect([response.written, response.writableEnded, response.destroyed]).toEqual([['one'], false, true]);
    expect(log).toHaveBeenCalledTimes(logged);
    log.mockRestore();
  });

  it('lets go of its source where the reader leaves before that has begun to give', () => {
    const items = new Observable<StreamChunk>((subscriber) => {
      response.destroy();
      return source.subscribe(subscriber);
    });
    open({}, items);
    expect(source.observed).toBe(false);
  });

  it('is not begun for a response that has lost its reader', async () => {
    response.destroyed = true;
    open();
    expect([source.observed, await metric('stepcast_streams_open')]).toEqual([false, 0]);
  });

  it('drops a reader that leaves a full buffer unread too long, and counts it', async () => {
    open();
    response.full = true;
    source.next(chunk('one'));
    jest.advanceTimersByTime(STALLED_MS - 1);
    expect(response.destroyed).toBe(false);
    jest.advanceTimersByTime(1);
    expect(response.destroyed).toBe(true);
    expect(await metric('stepcast_streams_dropped_total')).toBe(1);
    source.next(chunk('late'));
    expect(response.written).toEqual(['one']);
  });

  it('drops a reader that leaves the end unread too long, and counts it', async () => {
    response.end = () => void (response.writableEnded = true);
    open();
    source.next(chunk('the last'));
    response.writableLength = 8;
    source.complete();
    await turns();
    jest.advanceTimersByTime(STALLED_MS - 1);
    expect([response.writableEnded, response.destroyed]).toEqual([true, false]);
    jest.advanceTimersByTime(1);
    expect([response.destroyed, await metric('stepcast_streams_dropped_total')]).toEqual([true, 1]);
  });

  it('drops no reader that reads, however slowly: the time begins anew with each drain', () => {
    open();
    for (let i = 0; i < 5; i++) {
      response.full = true;
      source.next(chunk('x'));
      jest.advanceTimersByTime(STALLED_MS - 1);
      response.drain();
    }
    jest.advanceTimersByTime(STALLED_MS);
    expect(response.destroyed).toBe(false);
  });

  it('counts the time from the first write that did not fit', () => {
    open();
    response.full = true;
    source.next(chunk('one'));
    jest.advanceTimersByTime(STALLED_MS / 2);
    source.next(chunk('two'));
    jest.advanceTimersByTime(STALLED_MS / 2);
    expect(response.destroyed).toBe(true);
  });

  it('writes nothing to a response that has lost its reader meanwhile', async () => {
    response.headersSent = false;
    open();
    source.next(chunk('early'));
    response.destroy();
    response.headersSent = true;
    await turns();
    expect(response.written).toEqual([]);
  });

  describe('breaks its silence (P9)', () => {
    const beaten = (asked: Partial<StreamRequest> = {}) => open({ ...asked, heartbeatMs: MS });

    it('after a time, and again as long as it lasts', () => {
      beaten();
      jest.advanceTimersByTime(MS - 1);
      expect(response.written).toEqual([]);
      jest.advanceTimersByTime(1);
      expect(response.written).toEqual([COMMENT]);
      jest.advanceTimersByTime(3 * MS);
      expect(response.written).toEqual([COMMENT, COMMENT, COMMENT, COMMENT]);
    });

    it('later for every chunk that the reader sees, and for no other', () => {
      beaten();
      jest.advanceTimersByTime(900);
      source.next(chunk('<1>'));
      jest.advanceTimersByTime(900);
      expect(response.written).toEqual(['<1>']);
      source.next(chunk('', { cursor: '2', told: false }));
      jest.advanceTimersByTime(100);
      expect(response.written.at(-1)).toContain(COMMENT);
    });

    it('not for a reader that has more to read already, whose cursor is then brought along later', () => {
      beaten();
      response.full = true;
      source.next(chunk('one'));
      source.next(chunk('', { cursor: '2', told: false }));
      jest.advanceTimersByTime(3 * MS);
      expect(response.written).toEqual(['one']);
      response.drain();
      jest.advanceTimersByTime(MS);
      expect(response.written).toEqual(['one', `id: 2\n\n${COMMENT}`]);
    });

    it('not before the headers are out', () => {
      response.headersSent = false;
      beaten();
      jest.advanceTimersByTime(2 * MS);
      expect(response.written).toEqual([]);
      response.headersSent = true;
      jest.advanceTimersByTime(MS);
      expect(response.written).toEqual([COMMENT]);
    });

    it('with a comment, which changes no cursor, but brings one along that filtered events have moved (P10), once', () => {
      beaten();
      source.next(chunk('<1>'));
      jest.advanceTimersByTime(MS);
      source.next(chunk('', { cursor: '7', told: false }));
      jest.advanceTimersByTime(2 * MS);
      expect(response.written).toEqual(['<1>', COMMENT, `id: 7\n\n${COMMENT}`, COMMENT]);
    });

    it('with an event that carries the cursor, whether or not the events before were shown', () => {
      beaten({ heartbeat: 'event' });
      jest.advanceTimersByTime(MS);
      source.next(chunk('', { cursor: '7', told: false }));
      jest.advanceTimersByTime(MS);
      expect(response.written).toEqual([`event: heartbeat\n${DATA}`, `event: heartbeat\nid: 7\n${DATA}`]);
    });

    it('with a plain message, where names are left out, that carries the cursor which the reader came with', () => {
      beaten({ heartbeat: 'event', view: viewOf(false), start: { at: 'cursor', cursor: '5', path: '/x' } });
      jest.advanceTimersByTime(MS);
      expect(response.written).toEqual([`id: 5\n${DATA}`]);
    });

    it('at the live end with where that is', () => {
      beaten({ heartbeat: 'event', start: { at: 'latest' } });
      source.next(cursorChunk('9'));
      jest.advanceTimersByTime(MS);
      expect(response.written).toEqual(['id: 9\n\n', `event: heartbeat\nid: 9\n${DATA}`]);
    });
  });

  describe('tells a cursor that it has not told yet before it ends (P10)', () => {
    it.each([[false, ['id: 3\n\n']], [true, []]])('told: %s', async (told, expected) => {
      open();
      source.next(chunk('', { cursor: '3', told }));
      source.complete();
      await turns();
      expect([response.written, response.writableEnded]).toEqual([expected, true]);
    });
  });
});
