import { describe, expect, it } from '@jest/globals';
import { type ExecutionEvent } from '../../contract/events.js';
import { fold } from '../../contract/state.js';
import { Replay } from './replay.js';

const START = Date.parse('2026-11-20T08:00:00.000Z');

function logOf(length: number): ExecutionEvent[] {
  const step = { id: 'a', name: 'a', type: 'agent' as const, index: 0, total: 1, attempt: 1, iteration: 0, status: 'running' as const };
  return Array.from({ length }, (_, i): ExecutionEvent => {
    const envelope = { seq: i + 1, executionId: 'x', workflow: 'w', timestamp: new Date(START + i * 10).toISOString(), progress: 0 };
    if (i === 0) return { ...envelope, type: 'workflow_started', data: { input: null } };
    if (i === 1) return { ...envelope, type: 'step_started', step, data: {} };
    return { ...envelope, type: 'step_output', step, data: { delta: `${i} `, kind: 'text', offset: 0 } };
  });
}

describe('a replay', () => {
  const events = logOf(1100);
  const expected = (replay: Replay, length: number) => fold(new Replay(events).at(0), events.slice(0, length));

  it('stands at each moment as the fold of the log up to there, in whatever order one moves', () => {
    const replay = new Replay(events);
    for (const length of [0, 1, 1100, 2, 249, 250, 251, 750, 749, 751, 1099, 500]) expect(replay.at(length)).toEqual(expected(replay, length));
  });

  it('keeps to the log, and follows it as it grows', () => {
    const growing = events.slice(0, 300);
    const replay = new Replay(growing);
    expect(replay.at(9999).lastSeq).toBe(300);
    expect(replay.at(-5).lastSeq).toBe(0);
    growing.push(...events.slice(300));
    expect(replay.at(1100)).toEqual(expected(replay, 1100));
  });

  it('leaves states that were given out as they are', () => {
    const replay = new Replay(events);
    const state = replay.at(600);
    const before = JSON.stringify(state);
    replay.at(900);
    replay.at(601);
    expect(JSON.stringify(state)).toBe(before);
  });

  it('finds moments by time', () => {
    const replay = new Replay(events);
    expect(replay.timeAt(5)).toBe(START + 40);
    for (const length of [1, 5, 1100]) expect(replay.lengthAt(replay.timeAt(length))).toBe(length);
    expect(replay.lengthAt(START - 1)).toBe(0);
  });
});
