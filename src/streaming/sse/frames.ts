/**
 * From events to the bytes of the stream (WHATWG HTML, "Server-sent events"). A frame is `event`, `id` and one `data`
 * line; the JSON in it holds no line break, so nothing needs to be escaped. A batch is encoded once for all readers
 * that want it in the same form.
 */
import { type EventType } from '../../contract/events.js';
import { EventBatch, type RecordedEvent } from '../../journal/event-batch.js';
import { type Written } from '../../metrics/stream.metrics.js';

/** How a reader wants its frames. */
export interface FrameView {
  /** With an `event:` line. */
  named: boolean;
  /** Only these types, where given. */
  types?: ReadonlySet<EventType>;
  /** Identifies the view: equal views share their bytes. */
  key: string;
}

/** Bytes for a response, and where the reader stands after them. */
export interface StreamChunk {
  bytes: Buffer;
  /** The same as one chunk of a chunked body (RFC 9112, section 7.1), ready for a socket; not for empty bytes, which would end the body. */
  framed?: Buffer;
  /** What `Last-Event-ID` the reader would resume with. */
  cursor: string;
  /** Whether the bytes told the reader that cursor; where the last events were filtered out they did not. */
  told: boolean;
  /** For who counts; absent where there is no event in it. */
  written?: Written;
}

const NO_BYTES = Buffer.alloc(0);

/** What a stream gives: events that are yet to be encoded as its reader wants them, or bytes. */
export type StreamItem = EventBatch | StreamChunk;

const NAMED: FrameView = { named: true, key: 'named' };
const PLAIN: FrameView = { named: false, key: 'plain' };

export function viewOf(named: boolean, types?: ReadonlySet<EventType>): FrameView {
  const view = named ? NAMED : PLAIN;
  return types ? { named, types, key: `${view.key}:${[...types].sort().join()}` } : view;
}

export function frameOf(event: RecordedEvent, id: string | number, named: boolean): string {
  return named ? `event: ${event.type}\nid: ${id}\ndata: ${event.json}\n\n` : `id: ${id}\ndata: ${event.json}\n\n`;
}

/** A batch of one execution as a chunk, which all readers with this view share; the cursor is the seq. */
export function encodeBatch(batch: EventBatch, view: FrameView): StreamChunk {
  let chunk = batch.encoded.get(view.key) as StreamChunk | undefined;
  if (!chunk) {
    let text = '';
    let events = 0;
    for (const event of batch.events) {
      if (!shows(view, event)) continue;
      text += frameOf(event, event.seq, view.named);
      events++;
    }
    const last = batch.events[batch.events.length - 1] as RecordedEvent;
    chunk = { ...bytesOf(text), cursor: String(batch.lastSeq), told: shows(view, last), written: { events, recordedAt: batch.recordedAt, writes: 0 } };
    batch.encoded.set(view.key, chunk);
  }
  return chunk;
}

/** The bytes of an item for a reader with this view. */
export function chunkOf(item: StreamItem, view: FrameView): StreamChunk {
  return item instanceof EventBatch ? encodeBatch(item, view) : item;
}

/** Text in both forms in which it may go out, over the same memory. */
export function bytesOf(text: string): Pick<StreamChunk, 'bytes' | 'framed'> {
  const length = Buffer.byteLength(text, 'utf8');
  if (length === 0) return { bytes: NO_BYTES };
  const size = `${length.toString(16)}\r\n`;
  const framed = Buffer.from(`${size}${text}\r\n`, 'utf8');
  return { bytes: framed.subarray(size.length, size.length + length), framed };
}

export function shows({ types }: FrameView, event: RecordedEvent): boolean {
  return types === undefined || types.has(event.type);
}

/** Moves a reader's cursor without an event: an EventSource takes the id over and dispatches nothing. */
export function cursorFrame(cursor: string): string {
  return `id: ${cursor}\n\n`;
}

/** Tells a reader where it stands, and nothing else: so that a line that breaks before its first event is resumed without a loss. */
export function cursorChunk(cursor: string): StreamChunk {
  return { ...bytesOf(cursorFrame(cursor)), cursor, told: true };
}

/** A last word to a reader, which is no event of a log: no `seq`, and the cursor as it is. */
export function farewellEvent({ code, message }: { code: string; message: string }, cursor: string | undefined, named: boolean): string {
  const id = cursor === undefined ? '' : `id: ${cursor}\n`;
  const data = JSON.stringify({ type: 'message', data: { level: 'warn', code, text: message } });
  return `${named ? 'event: message\n' : ''}${id}data: ${data}\n\n`;
}

export const HEARTBEAT_COMMENT = ': heartbeat\n\n';

/** A heartbeat that scripts can see; it repeats the cursor. */
export function heartbeatEvent(cursor: string | undefined, named: boolean): string {
  const id = cursor === undefined ? '' : `id: ${cursor}\n`;
  return `${named ? 'event: heartbeat\n' : ''}${id}data: {"type":"heartbeat"}\n\n`;
}
