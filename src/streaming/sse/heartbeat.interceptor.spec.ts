import { type ExecutionContext } from '@nestjs/common';
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { of, Subject } from 'rxjs';
import { StreamingOptions } from '../streaming.options.js';
import { cursorChunk, type StreamChunk, viewOf } from './frames.js';
import { HeartbeatInterceptor, withHeartbeats } from './heartbeat.interceptor.js';
import { type StreamRequest } from './stream.request.js';

const MS = 1000;
const COMMENT = ': heartbeat\n\n';
const DATA = 'data: {"type":"heartbeat"}\n\n';
const request = (more: Partial<StreamRequest> = {}): StreamRequest => ({ start: { at: 'first' }, view: viewOf(true), heartbeat: 'comment', ...more });
const chunk = (cursor: string, { told = true, text = `<${cursor}>` } = {}): StreamChunk => ({ bytes: Buffer.from(text), cursor, told });

function watched(asked = request()) {
  const source = new Subject<StreamChunk>();
  const chunks: StreamChunk[] = [];
  const end = jest.fn();
  const subscription = withHeartbeats(source, MS, asked).subscribe({ next: (given) => chunks.push(given), complete: () => end('complete'), error: (error) => end(error) });
  return { source, chunks, end, subscription, texts: () => chunks.map(({ bytes }) => bytes.toString()) };
}

describe('heartbeats (P9)', () => {
  beforeEach(() => void jest.useFakeTimers());
  afterEach(() => {
    expect(jest.getTimerCount()).toBe(0);
    jest.useRealTimers();
  });

  it('come after a silence, and again as long as it lasts', () => {
    const { subscription, texts, chunks } = watched();
    jest.advanceTimersByTime(MS - 1);
    expect(texts()).toEqual([]);
    jest.advanceTimersByTime(1);
    expect(texts()).toEqual([COMMENT]);
    expect(chunks[0]?.heartbeat).toBe(true);
    jest.advanceTimersByTime(3 * MS);
    expect(texts()).toEqual([COMMENT, COMMENT, COMMENT, COMMENT]);
    subscription.unsubscribe();
  });

  it('are put off by every chunk that the reader sees, and by no other', () => {
    const { source, subscription, texts } = watched();
    jest.advanceTimersByTime(900);
    source.next(chunk('1'));
    jest.advanceTimersByTime(900);
    expect(texts()).toEqual(['<1>']);
    source.next(chunk('2', { told: false, text: '' }));
    jest.advanceTimersByTime(100);
    expect(texts().at(-1)).toContain(COMMENT);
    subscription.unsubscribe();
  });

  it('as a comment change no cursor, but bring one along that filtered events have moved (P10), once', () => {
    const { source, subscription, texts } = watched();
    source.next(chunk('1'));
    jest.advanceTimersByTime(MS);
    source.next(chunk('7', { told: false, text: '' }));
    jest.advanceTimersByTime(2 * MS);
    expect(texts()).toEqual(['<1>', COMMENT, '', `id: 7\n\n${COMMENT}`, COMMENT]);
    subscription.unsubscribe();
  });

  it('as an event carry the cursor, whether or not the events before were shown', () => {
    const { source, subscription, texts } = watched(request({ heartbeat: 'event' }));
    jest.advanceTimersByTime(MS);
    source.next(chunk('7', { told: false, text: '' }));
    jest.advanceTimersByTime(MS);
    expect(texts()).toEqual([`event: heartbeat\n${DATA}`, '', `event: heartbeat\nid: 7\n${DATA}`]);
    subscription.unsubscribe();
  });

  it('as an event without names are plain messages, and carry the cursor that the reader came with', () => {
    const { subscription, texts } = watched(request({ heartbeat: 'event', view: viewOf(false), start: { at: 'cursor', cursor: '5', path: '/x' } }));
    jest.advanceTimersByTime(MS);
    expect(texts()).toEqual([`id: 5\n${DATA}`]);
    subscription.unsubscribe();
  });

  it('at the live end carry where that is', () => {
    const { source, subscription, texts } = watched(request({ heartbeat: 'event', start: { at: 'latest' } }));
    source.next(cursorChunk('9'));
    jest.advanceTimersByTime(MS);
    expect(texts()).toEqual(['id: 9\n\n', `event: heartbeat\nid: 9\n${DATA}`]);
    subscription.unsubscribe();
  });

  it('end with the stream, which tells a cursor that it has not told yet before (P10)', () => {
    const { source, end, texts } = watched();
    source.next(chunk('3', { told: false, text: '' }));
    source.complete();
    expect(texts()).toEqual(['', 'id: 3\n\n']);
    expect(end.mock.calls).toEqual([['complete']]);
  });

  it('end with the stream without another word where all was told, or it fails', () => {
    const [told, failed] = [watched(), watched()];
    told.source.next(chunk('3'));
    told.source.complete();
    failed.source.error('broken');
    expect([told.texts(), told.end.mock.calls, failed.texts(), failed.end.mock.calls]).toEqual([['<3>'], [['complete']], [], [['broken']]]);
  });

  it('are given to routes that parsed what is asked for, and to no other', () => {
    const context = (streamRequest?: StreamRequest) => ({ switchToHttp: () => ({ getRequest: () => ({ streamRequest }) }) }) as unknown as ExecutionContext;
    const interceptor = new HeartbeatInterceptor(Object.assign(new StreamingOptions(), { heartbeatMs: MS }));
    const handled = of(chunk('1'));
    const next = { handle: () => handled };
    expect(interceptor.intercept(context(), next)).toBe(handled);
    const seen = jest.fn();
    interceptor.intercept(context(request()), next).subscribe(seen);
    expect(seen).toHaveBeenCalledTimes(1);
  });
});
