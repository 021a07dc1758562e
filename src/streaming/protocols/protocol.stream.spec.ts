import { describe, expect, it } from '@jest/globals';
import { concat, NEVER, Observable, of, Subject, throwError } from 'rxjs';
import { type ExecutionEvent } from '../../contract/events.js';
import { EventBatch, RecordedEvent } from '../../journal/event-batch.js';
import { type StreamChunk } from '../sse/frames.js';
import { StreamBreak, StreamEnd } from '../sse/stream.end.js';
import { type Encoder, type Farewell } from './encoder.js';
import { protocolStream } from './protocol.stream.js';

/** Writes what it is told. */
class Scribe implements Encoder {
  ended = false;
  constructor(private readonly options: { endAt?: number; pauses?: boolean; mute?: boolean; failAt?: number } = {}) {}
  skip = ({ seq }: ExecutionEvent): void => void (this.heard += `(${seq})`);
  begin = (): string => `begin${this.heard} `;
  encode = ({ seq }: ExecutionEvent): string => {
    if (seq === this.options.failAt) throw new Error('it cannot');
    this.ended = seq === this.options.endAt;
    return `${seq} `;
  };
  pause = (): string => {
    if (!this.options.pauses) return '';
    this.ended = true;
    return 'pause ';
  };
  cut = ({ code }: Farewell): string | undefined => (this.options.mute ? undefined : `cut:${code} `);
  private heard = '';
}

const batch = (...seqs: number[]) => new EventBatch('e', seqs.map((seq) => new RecordedEvent(seq, 'message', JSON.stringify({ seq }))), 5);

/** What a reader is given, and how it ends. */
function read(batches: Observable<EventBatch>, encoder: Encoder, skip = 0, known = 0): { text: string; end: unknown; chunks: StreamChunk[] } {
  const seen: { text: string; end: unknown; chunks: StreamChunk[] } = { text: '', end: undefined, chunks: [] };
  protocolStream(batches, encoder, skip, known).subscribe({
    next: (chunk) => {
      seen.chunks.push(chunk);
      seen.text += chunk.bytes.toString();
    },
    error: (error: unknown) => void (seen.end = error),
    complete: () => void (seen.end = 'complete'),
  });
  return seen;
}

describe('the stream of a protocol', () => {
  it('begins at once, and ends where its encoder does, whatever would come after', () => {
    let left = false;
    const source = new Observable<EventBatch>((subscriber) => {
      const inner = concat(of(batch(1, 2), batch(3)), NEVER).subscribe(subscriber);
      return () => {
        left = true;
        inner.unsubscribe();
      };
    });
    const { text, end, chunks } = read(source, new Scribe({ endAt: 2 }));
    expect([text, end, left]).toEqual(['begin 1 2 ', 'complete', true]);
    expect(chunks[1]).toMatchObject({ cursor: '2', told: true, written: { events: 2, recordedAt: 5 } });
    expect(read(NEVER, new Scribe()).text).toBe('begin ');
  });

  it('begins after what its reader has behind it, which is heard in silence', () => {
    expect(read(concat(of(batch(1, 2), batch(3)), NEVER), new Scribe(), 2, 2).text).toBe('begin(1)(2) 3 ');
    expect(read(concat(of(batch(1)), NEVER), new Scribe(), 2, 2).text).toBe('');
  });

  it('pauses at the live end alone', () => {
    const source = concat(of(batch(1, 2), batch(3)), NEVER);
    expect(read(source, new Scribe({ pauses: true }), 0, 3)).toMatchObject({ text: 'begin 1 2 3 pause ', end: 'complete' });
    expect(read(source, new Scribe({ pauses: true }), 0, 4)).toMatchObject({ text: 'begin 1 2 3 ', end: undefined });
  });

  it('says so where it ends too early', () => {
    const lost = throwError(() => new StreamEnd('unauthenticated', 'the token has expired'));
    expect(read(concat(of(batch(1)), lost), new Scribe())).toMatchObject({ text: 'begin 1 cut:unauthenticated ', end: 'complete' });
    expect(read(of(batch(1)), new Scribe())).toMatchObject({ text: 'begin 1 cut:shutting_down ', end: 'complete' });
  });

  it('breaks off where its encoder has no words for that, fails as its source does, and as its encoder does', () => {
    expect(read(of(batch(1)), new Scribe({ mute: true }))).toMatchObject({ text: 'begin 1 ', end: expect.any(StreamBreak) });
    const failure = new Error('the journal is gone');
    expect(read(throwError(() => failure), new Scribe()).end).toBe(failure);
    expect(read(concat(of(batch(1, 2)), NEVER), new Scribe({ failAt: 2 })).end).toEqual(new Error('it cannot'));
  });

  it('lets go of its source when its reader leaves', () => {
    const source = new Subject<EventBatch>();
    const subscription = protocolStream(source, new Scribe(), 0, 0).subscribe();
    expect(source.observed).toBe(true);
    subscription.unsubscribe();
    expect(source.observed).toBe(false);
  });
});
