import { describe, expect, it } from '@jest/globals';
import { createParser } from 'eventsource-parser';
import fc from 'fast-check';
import { type ExecutionEvent } from '../../contract/events.js';
import { EventBatch, RecordedEvent } from '../../journal/event-batch.js';
import { bytesOf, chunkOf, cursorChunk, cursorFrame, encodeBatch, frameOf, HEARTBEAT_COMMENT, heartbeatEvent, viewOf } from './frames.js';

const recorded = (seq: number, type: ExecutionEvent['type'] = 'step_output', text = 'x') =>
  new RecordedEvent(seq, type, JSON.stringify({ seq, type, data: { delta: text } }));
const batchOf = (...events: RecordedEvent[]) => new EventBatch('e1', events);

describe('frames', () => {
  it('are an event, an id and one line of data', () => {
    const event = recorded(7);
    expect(frameOf(event, 7, true)).toBe(`event: step_output\nid: 7\ndata: ${event.json}\n\n`);
    expect(frameOf(event, 'm1.1:7', false)).toBe(`id: m1.1:7\ndata: ${event.json}\n\n`);
  });

  it('are one event each to a parser that follows the standard, whatever the text', () => {
    fc.assert(fc.property(fc.array(fc.string({ unit: 'binary' }), { minLength: 1, maxLength: 5 }), (texts) => {
      const { bytes } = encodeBatch(batchOf(...texts.map((text, i) => recorded(i + 1, 'step_output', text))), viewOf(true));
      const seen: { id: string | undefined; text: unknown }[] = [];
      createParser({ onEvent: ({ id, data }) => seen.push({ id, text: (JSON.parse(data) as { data: { delta: string } }).data.delta }) }).feed(bytes.toString('utf8'));
      expect(seen).toEqual(texts.map((text, i) => ({ id: String(i + 1), text })));
      expect(bytes.includes('\r')).toBe(false);
    }));
  });

  it('of a batch are encoded once for all readers with the same view', () => {
    const batch = batchOf(recorded(1), recorded(2, 'step_completed'));
    const { bytes } = encodeBatch(batch, viewOf(true));
    expect(encodeBatch(batch, viewOf(true)).bytes).toBe(bytes);
    const filtered = encodeBatch(batch, viewOf(true, new Set(['step_completed', 'step_output'] as const))).bytes;
    expect(encodeBatch(batch, viewOf(true, new Set(['step_output', 'step_completed'] as const))).bytes).toBe(filtered);
    expect(encodeBatch(batch, viewOf(false)).bytes).not.toBe(bytes);
    expect(chunkOf(batch, viewOf(true)).bytes).toBe(bytes);
    const made = cursorChunk('9');
    expect(chunkOf(made, viewOf(true))).toBe(made);
  });

  it('are made as a chunk of a chunked body too, over the same memory; nothing is, as that would end the body', () => {
    const { bytes, framed } = bytesOf('id: ä😀\n\n');
    expect(bytes.toString()).toBe('id: ä😀\n\n');
    expect(framed?.toString()).toBe('c\r\nid: ä😀\n\n\r\n');
    expect(framed?.buffer).toBe(bytes.buffer);
    expect(bytesOf('')).toEqual({ bytes: Buffer.alloc(0) });
  });

  it('leave out what is filtered, and tell whether the reader knows where it stands', () => {
    const batch = batchOf(recorded(1), recorded(2, 'step_completed'), recorded(3));
    const chunk = (types: ExecutionEvent['type'][]) => encodeBatch(batch, viewOf(true, new Set(types)));
    expect(chunk(['step_completed'])).toMatchObject({ bytes: Buffer.from(frameOf(batch.events[1] as RecordedEvent, 2, true)), cursor: '3', told: false });
    expect(chunk(['step_output'])).toMatchObject({ cursor: '3', told: true });
    expect(chunk(['tool_call'])).toMatchObject({ bytes: Buffer.alloc(0), cursor: '3', told: false });
  });

  it('that move a cursor alone, and heartbeats, dispatch nothing that they should not', () => {
    const seen: unknown[] = [];
    const comments: string[] = [];
    const parser = createParser({ onEvent: ({ event, id, data }) => seen.push([event, id, data]), onComment: (text) => comments.push(text) });
    for (const text of [cursorFrame('9'), HEARTBEAT_COMMENT, heartbeatEvent('9', true), heartbeatEvent('9', false), heartbeatEvent(undefined, true)]) parser.feed(text);
    const data = '{"type":"heartbeat"}';
    expect(seen).toEqual([['heartbeat', '9', data], [undefined, '9', data], ['heartbeat', undefined, data]]);
    expect(comments).toEqual(['heartbeat']);
  });
});
