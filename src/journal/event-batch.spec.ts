import { describe, expect, it } from '@jest/globals';
import { recorded } from './conformance/fixture.conformance.js';
import { EventBatch, RecordedEvent } from './event-batch.js';

const batch = (from: number, to: number, last: 'message' | 'workflow_failed' = 'message') =>
  new EventBatch('e', Array.from({ length: to - from + 1 }, (_, i) => recorded('e', from + i, from + i === to ? last : 'message')));

describe('RecordedEvent', () => {
  it('parses its text once, and only when it is asked to', () => {
    const { json } = recorded('e', 1);
    const read = new RecordedEvent(1, 'message', json);
    expect(read.event).toEqual(JSON.parse(json));
    expect(read.event).toBe(read.event);
    expect(new RecordedEvent(1, 'message', 'not parsed').json).toBe('not parsed');
  });

  it('gives the very event it was made with', () => {
    const { event } = recorded('e', 1);
    expect(new RecordedEvent(1, 'message', '', event).event).toBe(event);
  });
});

describe('EventBatch', () => {
  it('knows its bounds and whether the log ends with it', () => {
    expect([batch(3, 7).firstSeq, batch(3, 7).lastSeq, batch(3, 7).terminal]).toEqual([3, 7, false]);
    expect(batch(3, 7, 'workflow_failed').terminal).toBe(true);
  });

  it('is cut after a number, and itself where nothing is cut', () => {
    const whole = batch(3, 7);
    expect(whole.after(0)).toBe(whole);
    expect(whole.after(2)).toBe(whole);
    expect(whole.after(3).events.map(({ seq }) => seq)).toEqual([4, 5, 6, 7]);
    expect(whole.after(6).events).toEqual([whole.events[4]]);
    expect(whole.after(6).executionId).toBe('e');
  });

  it('keeps bytes made of it with it, not with what is cut from it', () => {
    const whole = batch(3, 7);
    whole.encoded.set('sse', Buffer.from('x'));
    expect(whole.after(2).encoded.size).toBe(1);
    expect(whole.after(4).encoded.size).toBe(0);
  });
});
