/**
 * From events to the bytes of a WebSocket (RFC 6455, section 5.2). The JSON of an event is the one text that the journal
 * holds, with a few characters around it; the frames of a batch are encoded once, and all sockets write the same bytes.
 */
import { type EventType } from '../../contract/events.js';
import { type EventBatch, type RecordedEvent } from '../../journal/event-batch.js';
import { type FrameView, shows, type StreamChunk } from '../sse/frames.js';
import { type SeveralForm } from '../sse/multi.stream.js';

/** A final frame of text. */
const TEXT = 0x81;
/** Lengths that fit into the second byte, and into the two after it. */
const SHORT = 126;
const MEDIUM = 65_536;

/** Texts as a frame each, unmasked, as servers send them. */
export function framesOf(texts: readonly string[]): Buffer {
  const lengths = texts.map((text) => Buffer.byteLength(text, 'utf8'));
  const bytes = Buffer.allocUnsafe(lengths.reduce((sum, length) => sum + headOf(length) + length, 0));
  let at = 0;
  for (const [i, text] of texts.entries()) {
    const length = lengths[i] as number;
    bytes[at] = TEXT;
    if (length < SHORT) bytes[at + 1] = length;
    else if (length < MEDIUM) {
      bytes[at + 1] = SHORT;
      bytes.writeUInt16BE(length, at + 2);
    } else {
      bytes[at + 1] = SHORT + 1;
      bytes.writeBigUInt64BE(BigInt(length), at + 2);
    }
    at += headOf(length);
    at += bytes.write(text, at, 'utf8');
  }
  return bytes;
}

function headOf(length: number): number {
  return length < SHORT ? 2 : length < MEDIUM ? 4 : 10;
}

export function socketView(types?: ReadonlySet<EventType>): FrameView {
  return types ? { named: false, types, key: `socket:${[...types].sort().join()}` } : SOCKET_VIEW;
}

const SOCKET_VIEW: FrameView = { named: false, key: 'socket' };

/** A batch of one execution as a chunk, which all sockets with this view share; the cursor is the seq. */
export function encodeForSocket(batch: EventBatch, view: FrameView): StreamChunk {
  let chunk = batch.encoded.get(view.key) as StreamChunk | undefined;
  if (!chunk) {
    const shown = batch.events.filter((event) => shows(view, event));
    const told = shown.at(-1)?.seq === batch.lastSeq;
    chunk = { bytes: framesOf(shown.map(eventMessage)), cursor: String(batch.lastSeq), told, written: { events: shown.length, recordedAt: batch.recordedAt, writes: 0 } };
    batch.encoded.set(view.key, chunk);
  }
  return chunk;
}

function eventMessage({ json }: RecordedEvent): string {
  return `{"type":"event","event":${json}}`;
}

/** Of all executions of a user over one subscription. */
export const ALL_FORM: SeveralForm = {
  event: ({ json }, cursor) => `{"type":"event","all":true,"cursor":"${cursor}","event":${json}}`,
  cursor: (cursor) => `{"type":"cursor","all":true,"cursor":"${cursor}"}`,
  bytes: (texts) => ({ bytes: framesOf(texts) }),
};
