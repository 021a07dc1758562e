import { describe, expect, it } from '@jest/globals';
import { type EventType, type ExecutionEvent } from '../../contract/events.js';
import { advance, bornFrom, isNewerFirst } from './summary.js';

const event = (seq: number, type: EventType, data: object = {}): ExecutionEvent => ({ seq, type, executionId: 'x', workflow: 'w', timestamp: `2026-11-20T08:00:0${seq}.000Z`, progress: seq / 10, data } as unknown as ExecutionEvent);

describe('a row of the list', () => {
  it('is brought on by what events tell', () => {
    const events = [event(1, 'workflow_started'), event(2, 'input_required'), event(3, 'input_received'), event(4, 'workflow_resumed'), event(5, 'workflow_failed', { error: { code: 'agent_failed', message: 'no' } })];
    let row = bornFrom(events[0] as ExecutionEvent);
    const seen = events.map((one) => (row = advance(row, one)).status);
    expect(seen).toEqual(['running', 'waiting', 'running', 'running', 'failed']);
    expect(row).toMatchObject({ id: 'x', workflow: 'w', lastSeq: 5, progress: 0.5, startedAt: '2026-11-20T08:00:01.000Z', finishedAt: '2026-11-20T08:00:05.000Z', error: { message: 'no' } });
  });

  it('is not set back by what it has seen already', () => {
    const row = advance(bornFrom(event(1, 'workflow_started')), event(6, 'workflow_completed'));
    for (const seq of [1, 5, 6]) expect(advance(row, event(seq, 'workflow_started'))).toBe(row);
  });

  it('stands above those that are older', () => {
    const row = (id: string, createdAt: string) => ({ ...bornFrom(event(1, 'workflow_started')), id, createdAt });
    const [old, young, twin] = [row('a', '2026-11-20T08:00:00.000Z'), row('b', '2026-11-20T08:00:01.000Z'), row('c', '2026-11-20T08:00:01.000Z')];
    expect([old, young, twin].sort(isNewerFirst).map(({ id }) => id)).toEqual(['c', 'b', 'a']);
  });
});
