import { describe, expect, it } from '@jest/globals';
import { type EventType, type ExecutionEvent } from '../../../contract/events.js';
import { type EventFilter, EventSieve, summaryOf } from './events.filter.js';

const event = (seq: number, type: EventType, step?: string, data: object = {}): ExecutionEvent => ({
  seq, type, executionId: 'x', workflow: 'w', timestamp: '2026-11-20T08:00:00.000Z', progress: 0, data, ...(step === undefined ? {} : { step: { id: step, name: step } }),
} as unknown as ExecutionEvent);

const LOG = [
  event(1, 'workflow_started', undefined, { input: 'Tides' }), event(2, 'step_started', 'p'), event(3, 'step_started', 'p/a'), event(4, 'step_output', 'p/a', { delta: 'High TIDE', kind: 'text' }),
  event(5, 'step_started', 'pa'), event(6, 'message', undefined, { level: 'info', text: 'low' }), event(7, 'workflow_completed', undefined, { result: null }),
];
const all: EventFilter = { types: new Set(), step: '', text: '' };
const found = (filter: Partial<EventFilter>, length = LOG.length) => new EventSieve(LOG, { ...all, ...filter }).upTo(length).map((place) => place + 1);

describe('the filter of events', () => {
  it('finds by type, by step with what lies below it, and by text', () => {
    expect(found({})).toEqual([1, 2, 3, 4, 5, 6, 7]);
    expect(found({ types: new Set<EventType>(['step_started']) })).toEqual([2, 3, 5]);
    expect(found({ step: 'p' })).toEqual([2, 3, 4]);
    expect(found({ text: 'tide' })).toEqual([1, 4]);
    expect(found({ types: new Set<EventType>(['step_output']), text: 'tide' })).toEqual([4]);
  });

  it('goes on where it was when the log grows, and can be looked at as it stood', () => {
    const log = LOG.slice(0, 3);
    const sieve = new EventSieve(log, { ...all, types: new Set<EventType>(['step_started']) });
    const first = sieve.upTo(3);
    log.push(...LOG.slice(3));
    expect(sieve.upTo(7)).toBe(first);
    expect(sieve.upTo(7)).toEqual([1, 2, 4]);
    expect(sieve.upTo(3)).toEqual([1, 2]);
    expect(sieve.upTo(0)).toEqual([]);
  });

  it('says in a line what an event is about', () => {
    expect(LOG.map(summaryOf)).toEqual(['{"input":"Tides"}', '{}', '{}', 'High TIDE', '{}', 'low', '{"result":null}']);
  });
});
