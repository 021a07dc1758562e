/**
 * From events to the bytes of the stream (WHATWG HTML, "Server-sent events"). A frame is `event`, `id` and one `data`
 * line; the JSON in it holds no line break, so nothing needs to be escaped. A batch is encoded once for all readers
 * that want it in the same form.
 */
import { type EventType } from '../../contract/events.js';
import { type EventBatch, type RecordedEvent } from '../../journal/event-batch.js';

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
  /** What `Last-Event-ID` the reader would resume with. */
  cursor: string;
  /** Whether the bytes told the reader that cursor; where the last events were filtered out they did not. */
  told: boolean;
  /** Sent to break a silence: worth nothing to a reader that has more to read already. */
  heartbeat?: true;
}

export function viewOf(named: boolean, types?: ReadonlySet<EventType>): FrameView {
  const key = `${named ? 'named' : 'plain'}${types ? `:${[...types].sort().join()}` : ''}`;
  return types ? { named, types, key } : { named, key };
}

export function frameOf(event: RecordedEvent, id: string | number, named: boolean): string {
  return named ? `event: ${event.type}\nid: ${id}\ndata: ${event.json}\n\n` : `id: ${id}\ndata: ${event.json}\n\n`;
}

/** A batch of one execution as a chunk; the cursor is the seq. */
export function encodeBatch(batch: EventBatch, view: FrameView): StreamChunk {
  let bytes = batch.encoded.get(view.key);
  if (!bytes) {
    let text = '';
    for (const event of batch.events) if (shows(view, event)) text += frameOf(event, event.seq, view.named);
    bytes = Buffer.from(text, 'utf8');
    batch.encoded.set(view.key, bytes);
  }
  return { bytes, cursor: String(batch.lastSeq), told: shows(view, batch.events[batch.events.length - 1] as RecordedEvent) };
}

export function shows({ types }: FrameView, event: RecordedEvent): boolean {
  return types === undefined || types.has(event.type);
}

/** Moves a reader's cursor without an event: an EventSource takes the id over and dispatches nothing. */
export function cursorFrame(cursor: string): Buffer {
  return Buffer.from(`id: ${cursor}\n\n`, 'utf8');
}

/** Tells a reader where it stands, and nothing else: so that a line that breaks before its first event is resumed without a loss. */
export function cursorChunk(cursor: string): StreamChunk {
  return { bytes: cursorFrame(cursor), cursor, told: true };
}

export const HEARTBEAT_COMMENT = Buffer.from(': heartbeat\n\n', 'utf8');

/** A heartbeat that scripts can see; it repeats the cursor. */
export function heartbeatEvent(cursor: string | undefined, named: boolean): Buffer {
  const id = cursor === undefined ? '' : `id: ${cursor}\n`;
  return Buffer.from(`${named ? 'event: heartbeat\n' : ''}${id}data: {"type":"heartbeat"}\n\n`, 'utf8');
}
