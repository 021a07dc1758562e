/**
 * The log of one execution as the stream of a protocol. The encoder is given every event from the first on: what the reader
 * has behind it is folded in silence, so that a stream can go on wherever another one broke off. One encoder a reader, and
 * nothing shared: these streams are for people at a screen; the events themselves are the way for thousands.
 */
import { Observable } from 'rxjs';
import { type EventBatch } from '../../journal/event-batch.js';
import { bytesOf, type StreamChunk } from '../sse/frames.js';
import { StreamBreak, StreamEnd } from '../sse/stream.end.js';
import { type Encoder } from './encoder.js';

/**
 * @param batches All events of the execution, from the first on.
 * @param skip The last event that the reader is not sent as such.
 * @param known The last event there was when the reader came: up to there a wait for a person may be long over.
 */
export function protocolStream(batches: Observable<EventBatch>, encoder: Encoder, skip: number, known: number): Observable<StreamChunk> {
  return new Observable((subscriber) => {
    let cursor = skip;
    const give = (text: string, batch?: EventBatch, events = 0) => {
      if (text === '') return;
      const written = batch && { written: { events, recordedAt: batch.recordedAt, writes: 0 } };
      subscriber.next({ ...bytesOf(text), cursor: String(cursor), told: true, ...written });
    };
    const leave = (why: StreamEnd) => {
      const words = encoder.cut(why);
      if (words === undefined) {
        subscriber.error(new StreamBreak(why.message));
        return;
      }
      give(words);
      subscriber.complete();
    };
    if (skip === 0) give(encoder.begin());
    const following = batches.subscribe({
      next: (batch) => {
        let text = '';
        let events = 0;
        try {
          for (const { seq, event } of batch.events) {
            cursor = seq;
            if (seq > skip) text += encoder.encode(event);
            else {
              encoder.skip(event);
              if (seq === skip) text += encoder.begin();
            }
            events++;
            if (encoder.ended) break;
          }
          if (!encoder.ended && cursor >= known) text += encoder.pause();
        } catch (error) {
          subscriber.error(error);
          return;
        }
        give(text, batch, events);
        if (encoder.ended) subscriber.complete();
      },
      error: (error: unknown) => {
        if (error instanceof StreamEnd) leave(error);
        else subscriber.error(error);
      },
      complete: () => {
        if (encoder.ended) subscriber.complete();
        else leave(StreamEnd.shuttingDown());
      },
    });
    return following;
  });
}
