import { describe, expect, it } from '@jest/globals';
import { type StepType } from './definition.js';
import { type EventData, type EventType, type ExecutionEvent, type StepInfo, type StepStatus, type Usage } from './events.js';
import { applyEvent, type ExecutionState, fold, initialState } from './state.js';

/** Writes a log, an event at a time, a second each. */
class Log {
  readonly events: ExecutionEvent[] = [];

  add<T extends EventType>(type: T, data: EventData[T], step?: StepInfo): this {
    const seq = this.events.length + 1;
    this.events.push({
      seq, type, executionId: 'e1', workflow: 'research', timestamp: at(seq), progress: Math.min(0.9, seq / 100), data, ...(step ? { step } : {}),
    } as ExecutionEvent);
    return this;
  }

  start(...steps: string[]): this {
    for (const id of steps) this.add('step_started', {}, info(id, 'running'));
    return this;
  }

  complete(...steps: string[]): this {
    for (const id of steps) this.add('step_completed', { output: `${id}!` }, info(id, 'completed', { durationMs: 7 }));
    return this;
  }

  text(id: string, delta: string, kind: 'text' | 'reasoning' = 'text'): this {
    return this.add('step_output', { delta, kind, offset: 0 }, info(id, 'running'));
  }

  get state(): ExecutionState {
    return fold(initialState({ id: 'e1', workflow: 'research', createdAt: at(0) }), this.events);
  }
}

function at(second: number): string {
  return new Date(Date.UTC(2026, 10, 20, 8, 0, second)).toISOString();
}

/** `r` and `r/s` are composites by their names: one that begins with a capital. */
function info(id: string, status: StepStatus, more: Partial<StepInfo> = {}): StepInfo {
  const name = id.split('/').at(-1) as string;
  const type: StepType = /^[A-Z]/.test(name) ? 'sequential' : name.startsWith('ask') ? 'input' : 'agent';
  return { id, name, type, index: 0, total: 1, attempt: 1, iteration: 0, status, ...more };
}

const begun = () => new Log().add('workflow_started', { input: null });
const error = { code: 'agent_failed' as const, message: 'no', stepId: 'a' };

describe('the fold of a log', () => {
  it('begins with what is known before the first event', () => {
    expect(initialState({ id: 'e1', workflow: 'research', createdAt: at(0) })).toEqual({
      id: 'e1', workflow: 'research', sessionId: null, status: 'queued', queuePosition: null, progress: 0, activeSteps: [], steps: {}, usage: {}, result: null,
      error: null, createdAt: at(0), startedAt: null, finishedAt: null, lastSeq: 0,
    });
    expect(initialState({ id: 'e1', workflow: 'research', sessionId: 's', createdAt: at(0) }).sessionId).toBe('s');
  });

  it('looks through all steps once at the most, however many are tried again: a loop may have run tens of thousands', () => {
    const state = initialState({ id: 'e1', workflow: 'research', createdAt: at(0) });
    let looks = 0;
    state.steps = new Proxy(state.steps, { ownKeys: (steps) => (looks++, Reflect.ownKeys(steps)) });
    const log = begun();
    for (let round = 1; round <= 20; round++) {
      const [group, leaf] = [`loop[${round}]/R/S`, `loop[${round}]/R/S/a`];
      log.start(group, leaf).add('step_failed', { error }, info(leaf, 'failed'));
      log.add('step_retrying', { attempt: 1, maxAttempts: 2, delayMs: 0, error }, info(group, 'retrying'));
    }
    for (const event of log.events) applyEvent(state, event);
    expect(Object.keys(log.state.steps)).toHaveLength(40);
    expect(looks).toBeLessThanOrEqual(1);
    expect(state.steps).toEqual(log.state.steps);
    expect(state.steps['loop[20]/R/S/a']).toMatchObject({ status: 'pending' });
    expect(state.steps['loop[20]/R/S/a']).not.toHaveProperty('error');
  });

  it('leaves the state it is given as it is, and gives the same in one go as event by event', () => {
    const { events } = begun().start('A', 'A/b').text('A/b', 'x').complete('A/b');
    const before = fold(initialState({ id: 'e1', workflow: 'research', createdAt: at(0) }), events.slice(0, 4));
    const kept = structuredClone(before);
    const after = fold(before, events.slice(4));
    expect(before).toEqual(kept);
    const live = initialState({ id: 'e1', workflow: 'research', createdAt: at(0) });
    for (const event of events) applyEvent(live, event);
    expect(live).toEqual(after);
  });

  it('keeps number, progress and time of the events', () => {
    const { state } = begun().start('a');
    expect(state).toMatchObject({ status: 'running', lastSeq: 2, progress: 0.02, startedAt: at(1), finishedAt: null });
  });

  it.each([
    ['workflow_completed', { result: [1] }, { status: 'completed', result: [1], error: null }],
    ['workflow_failed', { error }, { status: 'failed', result: null, error }],
    ['workflow_cancelled', { reason: 'enough' }, { status: 'cancelled', result: null, error: null }],
  ] as const)('ends with %s; steps that could not tell their end are cancelled', (type, data, expected) => {
    const { state } = begun().start('A', 'A/b').add(type, data as never);
    expect(state).toMatchObject({ ...expected, finishedAt: at(4), activeSteps: [] });
    expect(state.steps['A/b']?.status).toBe('cancelled');
  });
});

describe('the state of a step', () => {
  it('goes from its start to its end', () => {
    const log = begun().start('a');
    expect(log.state.activeSteps).toEqual(['a']);
    expect(log.state.steps['a']).toEqual({
      id: 'a', name: 'a', type: 'agent', status: 'running', attempt: 1, iteration: 0, progress: 0, text: '', reasoning: '', startedAt: at(2),
    });
    expect(log.complete('a').state).toMatchObject({
      activeSteps: [], steps: { a: { status: 'completed', output: 'a!', progress: 1, startedAt: at(2), finishedAt: at(3), durationMs: 7 } },
    });
  });

  it.each([
    ['step_failed', { error }, { status: 'failed', error }],
    ['step_cancelled', { reason: 'cancelled' }, { status: 'cancelled' }],
  ] as const)('ends with %s', (type, data, expected) => {
    const { state } = begun().start('a').add(type, data, info('a', 'failed'));
    expect(state.activeSteps).toEqual([]);
    expect(state.steps['a']).toMatchObject({ ...expected, finishedAt: at(3) });
    expect(state.steps['a']).not.toHaveProperty('durationMs');
  });

  it('is skipped without having started', () => {
    const { state } = begun().start('C').add('step_skipped', { reason: 'no' }, info('C/a', 'skipped', { attempt: 0 }));
    expect(state.steps['C/a']).toMatchObject({ status: 'skipped', attempt: 0, finishedAt: at(3) });
    expect(state.activeSteps).toEqual(['C']);
  });

  it('gathers text and reasoning, and no data', () => {
    const { state } = begun().start('a').text('a', 'one ').text('a', 'hm', 'reasoning').text('a', 'two')
      .add('step_output', { delta: { n: 1 }, kind: 'data', offset: 0 }, info('a', 'running'));
    expect(state.steps['a']).toMatchObject({ text: 'one two', reasoning: 'hm' });
  });

  it('tells its own progress', () => {
    expect(begun().start('a').add('step_progress', { progress: 0.4 }, info('a', 'running')).state.steps['a']?.progress).toBe(0.4);
  });

  it('sums what completed steps have used', () => {
    const log = begun().start('a', 'b', 'c')
      .add('step_completed', { output: null, usage: { inputTokens: 3, cachedInputTokens: 1, totalTokens: 5, costUsd: 0.5 } }, info('a', 'completed'))
      .add('step_completed', { output: null, usage: { inputTokens: 4, cachedInputTokens: 2, outputTokens: 2, reasoningTokens: 1, totalTokens: 6 } }, info('b', 'completed'));
    expect(log.complete('c').state.usage).toEqual({ inputTokens: 7, cachedInputTokens: 3, outputTokens: 2, reasoningTokens: 1, totalTokens: 11, costUsd: 0.5 });
    const unknown = { inputTokens: Number.NaN, totalTokens: '9', costUsd: null } as unknown as Usage;
    expect(log.start('d').add('step_completed', { output: null, usage: unknown }, info('d', 'completed')).state.usage).toMatchObject({ inputTokens: 7, totalTokens: 11, costUsd: 0.5 });
  });

  it.each(['constructor', 'toString', 'hasOwnProperty', '__defineGetter__'])('may be called %s', (name) => {
    const { state } = begun().start(name).text(name, 'x').complete(name);
    expect(state.steps[name]).toMatchObject({ status: 'completed', text: 'x' });
    const { state: skipped } = begun().add('step_skipped', { reason: 'no' }, info(name, 'skipped', { attempt: 0 }));
    expect(Object.keys(skipped.steps)).toEqual([name]);
    expect(Object.getOwnPropertyNames(Object)).not.toContain('attempt');
  });

  it.each([
    ['tool_call', { callId: 'c', tool: 't', input: null }],
    ['tool_result', { callId: 'c', output: 1, durationMs: 2 }],
    ['iteration_started', { iteration: 1, maxIterations: 2 }],
    ['iteration_completed', { iteration: 1, maxIterations: 2 }],
    ['message', { level: 'info', text: 'x' }],
  ] as const)('is not changed by %s', (type, data) => {
    const log = begun().start('a');
    const before = log.state;
    expect(log.add(type, data, info('a', 'running')).state).toEqual({ ...before, lastSeq: 3, progress: 0.03 });
  });

  it.each<['checkpoint_saved', EventData['checkpoint_saved']] | ['message', EventData['message']]>([
    ['checkpoint_saved', { completedSteps: [] }], ['message', { level: 'info', text: 'x' }],
  ])('no step is changed by a %s of the workflow', (type, data) => {
    const log = begun().start('a');
    expect(log.add(type, data).state.steps).toEqual(new Log().add('workflow_started', { input: null }).start('a').state.steps);
  });
});

describe('a retry voids what the failed attempt put out (P11)', () => {
  const failed = () => begun().start('R', 'R/S', 'R/S/a', 'x').text('R/S/a', 'half').text('x', 'other').complete('R/S/a').start('R/S/b').text('R/S/b', 'more')
    .add('step_failed', { error }, info('R/S/b', 'failed'))
    .add('step_retrying', { attempt: 1, maxAttempts: 3, delayMs: 5, error }, info('R/S', 'retrying'));

  it('in the step that is tried again and in all below it, and nowhere else', () => {
    const { state } = failed();
    expect(state.steps['R/S']).toMatchObject({ status: 'retrying', error });
    expect(state.steps['R/S/a']).toEqual({ id: 'R/S/a', name: 'a', type: 'agent', status: 'pending', attempt: 1, iteration: 0, progress: 0, text: '', reasoning: '' });
    expect(state.steps['R/S/b']).toMatchObject({ status: 'pending', text: '' });
    expect(state.steps['x']).toMatchObject({ status: 'running', text: 'other' });
    expect(state.activeSteps).toEqual(['R', 'R/S', 'x']);
  });

  it('in the iterations below it too', () => {
    const { state } = begun().start('R', 'R/I', 'R/I[1]/a').text('R/I[1]/a', 'old')
      .add('step_retrying', { attempt: 1, maxAttempts: 3, delayMs: 5, error }, info('R/I', 'retrying'));
    expect(state.steps['R/I[1]/a']).toMatchObject({ status: 'pending', text: '' });
  });

  it('and not in a step whose name only begins alike', () => {
    const { state } = begun().start('a', 'ab').text('ab', 'kept').add('step_retrying', { attempt: 1, maxAttempts: 2, delayMs: 0, error }, info('a', 'retrying'));
    expect(state.steps['ab']?.text).toBe('kept');
  });

  it('in a leaf: its text, reasoning and progress; the next attempt begins clean', () => {
    const log = begun().start('R', 'R/a').text('R/a', 'half').text('R/a', 'hm', 'reasoning').add('step_progress', { progress: 0.5 }, info('R/a', 'running'))
      .add('step_retrying', { attempt: 1, maxAttempts: 2, delayMs: 0, error }, info('R/a', 'retrying'));
    expect(log.state.steps['R/a']).toMatchObject({ status: 'retrying', text: '', reasoning: '', progress: 0 });
    log.add('step_started', {}, info('R/a', 'running', { attempt: 2 }));
    expect(log.state.steps['R/a']).toMatchObject({ status: 'running', attempt: 2, text: '' });
    expect(log.state.steps['R/a']).not.toHaveProperty('error');
    expect(log.state.activeSteps).toEqual(['R', 'R/a']);
  });
});

describe('a resume voids the output of every uncompleted step (P11)', () => {
  it('and keeps that of completed ones', () => {
    const log = begun().start('S', 'S/a').text('S/a', 'whole').complete('S/a').start('S/b').text('S/b', 'half').text('S/b', 'hm', 'reasoning')
      .add('step_progress', { progress: 0.5 }, info('S/b', 'running')).add('workflow_resumed', { reason: 'crash', fromSeq: 8 });
    expect(log.state.status).toBe('running');
    expect(log.state.steps['S/a']).toMatchObject({ status: 'completed', text: 'whole' });
    expect(log.state.steps['S/b']).toMatchObject({ text: '', reasoning: '', progress: 0 });
  });
});

describe('an execution waits when all that could go on waits for a person', () => {
  const waiting = (log: Log, id: string, data: EventData['input_required'] = {}) => log.add('input_required', data, info(id, 'waiting'));

  it('shows what is asked, and runs again when it is answered', () => {
    const log = waiting(begun().start('S', 'S/ask'), 'S/ask', { prompt: 'Sure?', schema: { type: 'boolean' } });
    expect(log.state.status).toBe('waiting');
    expect(log.state.steps['S/ask']).toMatchObject({ status: 'waiting', prompt: 'Sure?', schema: { type: 'boolean' } });
    expect(log.add('input_received', { value: true }, info('S/ask', 'running')).state.status).toBe('running');
  });

  it('asks without prompt and schema where there are none', () => {
    const step = waiting(begun().start('ask'), 'ask').state.steps['ask'];
    expect(step).not.toHaveProperty('prompt');
    expect(step).not.toHaveProperty('schema');
  });

  it('does not wait while another leaf runs, and does again when that has ended', () => {
    const log = waiting(begun().start('P', 'P/ask', 'P/a'), 'P/ask');
    expect(log.state.status).toBe('running');
    expect(log.complete('P/a').state.status).toBe('waiting');
  });

  it.each(['P/a', 'P/A'])('does not wait while %s is about to be tried again by itself', (id) => {
    const log = waiting(begun().start('P', 'P/ask', id), 'P/ask').add('step_retrying', { attempt: 1, maxAttempts: 2, delayMs: 60_000, error }, info(id, 'retrying'));
    expect(log.state.status).toBe('running');
  });

  it('waits for two', () => {
    const log = waiting(waiting(begun().start('P', 'P/ask', 'P/ask2'), 'P/ask'), 'P/ask2');
    expect(log.state.status).toBe('waiting');
    expect(log.add('input_received', { value: 1 }, info('P/ask', 'running')).complete('P/ask').state.status).toBe('waiting');
  });

  it('runs after a crash until it asks again', () => {
    const log = waiting(begun().start('ask'), 'ask').add('workflow_resumed', { reason: 'crash', fromSeq: 3 });
    expect(log.state.status).toBe('running');
    log.add('step_started', {}, info('ask', 'running', { attempt: 2 }));
    expect(log.state.status).toBe('running');
    expect(waiting(log, 'ask').state.status).toBe('waiting');
  });

  it('stays ended, whatever comes', () => {
    const log = waiting(begun().start('ask'), 'ask').add('workflow_cancelled', { reason: 'x' }).add('step_cancelled', { reason: 'cancelled' }, info('ask', 'cancelled'));
    expect(log.state.status).toBe('cancelled');
  });
});
