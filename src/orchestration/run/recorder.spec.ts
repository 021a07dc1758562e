import { afterEach, describe, expect, it, jest } from '@jest/globals';
import { START, StillClock } from '../../../test/support/engine.js';
import { type EventDraft, type ExecutionEvent } from '../../contract/events.js';
import { ProgressMeter } from '../../contract/progress.js';
import { fold, initialState } from '../../contract/state.js';
import { type RecordedEvent } from '../../journal/event-batch.js';
import { type Journal } from '../../journal/journal.js';
import { type Head } from '../../journal/journal.types.js';
import { Recorder } from './recorder.js';

const HOUR = 3_600_000;
const step = { id: 'a', name: 'a', type: 'agent', index: 0, total: 2, attempt: 1, iteration: 0, status: 'running' } as const;
const started: EventDraft = { type: 'workflow_started', data: { input: { n: 1 } }, message: 'Started w' };
const output = (delta: string): EventDraft => ({ type: 'step_output', step, data: { delta, kind: 'text', offset: 0 } });

function recorder({ lastTimestamp, events = [], sessionId = null }: { lastTimestamp?: string | undefined; events?: ExecutionEvent[]; sessionId?: string | null } = {}) {
  const appended: { id: string; epoch: number; event: RecordedEvent; head: Readonly<Head>; onLost: () => void }[] = [];
  const journal = { append: (id: string, epoch: number, event: RecordedEvent, head: Head, onLost: () => void) => appended.push({ id, epoch, event, head, onLost }) };
  const clock = new StillClock();
  const onLost = jest.fn();
  const seed = initialState({ id: 'e1', workflow: 'w', sessionId, createdAt: new Date(START).toISOString() });
  const meter = new ProgressMeter([{ type: 'agent', name: 'a', agent: 'x' }, { type: 'agent', name: 'b', agent: 'x' }]);
  const made = new Recorder(journal as unknown as Journal, clock, meter, fold(seed, events), { epoch: 7, onLost }, lastTimestamp);
  return { made, clock, appended, onLost, seed, told: () => appended.map(({ event }) => JSON.parse(event.json) as ExecutionEvent) };
}

describe('the recorder', () => {
  afterEach(() => void jest.restoreAllMocks());

  it('makes drafts whole: number, time, progress, and where they belong', () => {
    const { made, clock, told } = recorder({ sessionId: 's' });
    made.record(started);
    clock.time += 5;
    made.record({ type: 'step_completed', step: { ...step, status: 'completed' }, data: { output: 1 } });
    expect(told()).toEqual([
      { seq: 1, type: 'workflow_started', executionId: 'e1', workflow: 'w', sessionId: 's', timestamp: '2026-11-20T08:00:00.000Z', progress: 0, message: 'Started w', data: { input: { n: 1 } } },
      {
        seq: 2, type: 'step_completed', executionId: 'e1', workflow: 'w', sessionId: 's', timestamp: '2026-11-20T08:00:00.005Z', progress: 0.5,
        step: { ...step, status: 'completed' }, data: { output: 1 },
      },
    ]);
  });

  it('hands each event on under its owner, with the text and the object that are one', () => {
    const { made, appended, onLost } = recorder();
    made.record(started);
    const [first] = appended;
    expect(first).toMatchObject({ id: 'e1', epoch: 7, event: { seq: 1, type: 'workflow_started' }, onLost });
    expect(first?.event.event).toEqual(JSON.parse(first?.event.json as string));
  });

  it('makes JSON of each event once', () => {
    const { made } = recorder();
    const stringify = jest.spyOn(JSON, 'stringify');
    for (const draft of [started, output('x'), output('y')]) made.record(draft);
    expect(stringify).toHaveBeenCalledTimes(3);
  });

  it('tells no session where there is none', () => {
    const { made, told } = recorder();
    made.record(started);
    expect(told()[0]).not.toHaveProperty('sessionId');
  });

  it('never goes back in time: not when the clock is set back an hour, and not after a crash', () => {
    const { made, clock, told } = recorder();
    made.record(started);
    for (const time of [START + 10, START + 10 - HOUR, START + 9, START + 11]) {
      clock.time = time;
      made.record(output('x'));
    }
    expect(told().map(({ timestamp }) => Date.parse(timestamp) - START)).toEqual([0, 10, 10, 10, 11]);

    const resumed = recorder({ lastTimestamp: new Date(START + HOUR).toISOString(), events: told() });
    resumed.made.record({ type: 'workflow_resumed', data: { reason: 'x', fromSeq: 5 } });
    expect(resumed.told()[0]).toMatchObject({ seq: 6, timestamp: new Date(START + HOUR).toISOString() });
  });

  it('keeps the state that readers will fold, and the head that lists show', () => {
    const { made, clock, told, seed } = recorder();
    expect([made.status, made.startedAt, made.finishedAt]).toEqual(['queued', null, null]);
    made.record(started);
    made.record({ type: 'step_started', step, data: {} });
    made.record(output('half'));
    expect([made.status, made.startedAt, made.finishedAt, made.progress, made.error]).toEqual(['running', START, null, 0, null]);
    clock.time += HOUR;
    const error = { code: 'agent_failed' as const, message: 'no', stepId: 'a' };
    made.record({ type: 'workflow_failed', data: { error } });
    expect([made.status, made.startedAt, made.finishedAt, made.error]).toEqual(['failed', START, START + HOUR, error]);
    expect(made.state).toEqual(fold(seed, told()));
  });

  it('goes on where the log ends', () => {
    const before = recorder();
    before.made.record(started);
    before.clock.time += 3;
    before.made.record({ type: 'step_started', step, data: {} });
    const { made, told } = recorder({ lastTimestamp: before.told()[1]?.timestamp, events: before.told() });
    expect([made.status, made.startedAt]).toEqual(['running', START]);
    made.record({ type: 'workflow_resumed', data: { reason: 'x', fromSeq: 2 } });
    expect(told()[0]).toMatchObject({ seq: 3, timestamp: new Date(START + 3).toISOString() });
  });
});
