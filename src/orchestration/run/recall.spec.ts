import { describe, expect, it } from '@jest/globals';
import { type EventData, type EventType, type ExecutionEvent, type StepStatus } from '../../contract/events.js';
import { initialState } from '../../contract/state.js';
import { type StepType } from '../../contract/definition.js';
import { Recall } from './recall.js';

const T0 = Date.parse('2026-11-20T08:00:00.000Z');
const error = { code: 'agent_failed' as const, message: 'no', stepId: 'x' };

/** A log as it is read back, event by event. */
class Log {
  readonly recall = new Recall(initialState({ id: 'e1', workflow: 'w', createdAt: new Date(T0).toISOString() }));
  private seq = 0;

  add<T extends EventType>(type: T, id: string, data: EventData[T], attempt = 1, status: StepStatus = 'running'): this {
    const name = (id.split('/').at(-1) as string).replace(/\[.*/, '');
    const stepType: StepType = /^[A-Z]/.test(name) ? 'sequential' : 'agent';
    const step = { id, name, type: stepType, index: 2, total: 5, attempt, iteration: 0, status };
    this.recall.apply({ seq: ++this.seq, type, executionId: 'e1', workflow: 'w', timestamp: new Date(T0 + this.seq).toISOString(), progress: 0, step, data } as unknown as ExecutionEvent);
    return this;
  }

  start(id: string, attempt = 1): this {
    return this.add('step_started', id, {}, attempt);
  }

  complete(id: string, output: string): this {
    return this.add('step_completed', id, { output });
  }

  retrying(id: string, attempt: number): this {
    return this.add('step_retrying', id, { attempt, maxAttempts: 3, delayMs: 500, error }, attempt, 'retrying');
  }
}

describe('what the log says of a step', () => {
  it('can be looked at as often as one likes, and is taken once: a later run of the step is a new one', () => {
    const { recall } = new Log().start('S').complete('S', 'out');
    expect(recall.peek('S')).toMatchObject({ status: 'completed', output: 'out' });
    expect(recall.peek('S')).toBe(recall.state.steps['S']);
    // Of a step that may be called so, and that it says nothing of.
    expect(recall.peek('constructor')).toBeUndefined();
    expect(recall.take('S')).toBe(recall.state.steps['S']);
    expect([recall.peek('S'), recall.take('S')]).toEqual([undefined, undefined]);
  });

  it('is nothing of a step it does not know, whatever that is called', () => {
    const { recall } = new Log();
    for (const name of ['a', 'constructor', 'toString', '__proto__']) expect([recall.peek(name), recall.take(name), recall.results[name]]).toEqual([undefined, undefined, undefined]);
  });

  it('is void with all below it when the step is run anew', () => {
    const { recall } = new Log().start('S').start('S/a').complete('S/a', 'x').start('Sx').start('S/I').add('iteration_started', 'S/I', { iteration: 1, maxIterations: 2 }).start('S/I[1]/b').retrying('S/I[1]/b', 1);
    recall.discard('S');
    for (const id of ['S', 'S/a', 'S/I', 'S/I[1]/b']) expect(recall.peek(id)).toBeUndefined();
    expect([recall.roundsOf('S/I'), recall.retriesOf('S/I[1]/b')]).toEqual([undefined, undefined]);
    expect(recall.peek('Sx')).toMatchObject({ status: 'running' });
    expect(recall.attemptsOf('S/a')).toBe(1);
  });

  it('tells how it stood, as its latest event did', () => {
    const { recall } = new Log().start('S/a', 3);
    expect(recall.infoOf('S/a')).toMatchObject({ id: 'S/a', index: 2, total: 5, attempt: 3 });
    expect(recall.infoOf('S/b')).toBeUndefined();
  });
});

describe('attempts', () => {
  it('count on over crashes and retries', () => {
    const { recall } = new Log().start('a', 1).retrying('a', 1).start('a', 2);
    expect(recall.attemptsOf('a')).toBe(2);
    expect([recall.nextAttempt('a'), recall.nextAttempt('a'), recall.attemptsOf('a')]).toEqual([3, 4, 4]);
    expect([recall.attemptsOf('new'), recall.nextAttempt('new')]).toEqual([0, 1]);
  });
});

describe('outputs', () => {
  it('are kept by name, of the latest run', () => {
    const { recall } = new Log().start('I[1]/a').complete('I[1]/a', 'one').start('I[2]/a').complete('I[2]/a', 'two').complete('constructor', 'x');
    expect({ ...recall.results }).toEqual({ a: 'two', constructor: 'x' });
  });
});

describe('retries', () => {
  it('are known with the wait that they are in', () => {
    const { recall } = new Log().start('R').start('R/a').retrying('R/a', 1);
    expect(recall.retriesOf('R/a')).toEqual({ attempt: 1, delayMs: 500, since: T0 + 3 });
    expect(recall.peek('R/a')?.status).toBe('retrying');
  });

  it('stay known while the next attempt runs, so that a crash in it uses up none', () => {
    expect(new Log().start('R').start('R/a').retrying('R/a', 1).start('R/a', 2).recall.retriesOf('R/a')).toMatchObject({ attempt: 1 });
  });

  it('of a retry within are forgotten with each attempt of the one around it', () => {
    const log = new Log().start('Q').start('Q/R').start('Q/R/a').retrying('Q/R/a', 2).retrying('Q/R', 1);
    expect([log.recall.retriesOf('Q/R/a'), log.recall.retriesOf('Q/R')?.attempt]).toEqual([undefined, 1]);
    log.start('Q/R', 2).start('Q/R/a', 3).retrying('Q/R/a', 1);
    expect(log.recall.retriesOf('Q/R/a')?.attempt).toBe(1);
  });
});

describe('rounds of a loop', () => {
  const round = (n: number) => ({ iteration: n, maxIterations: 9 });

  it('are known: which had begun, and which was over', () => {
    const log = new Log().start('I').add('iteration_started', 'I', round(1));
    expect(log.recall.roundsOf('I')).toEqual({ started: 1, completed: 0 });
    log.add('iteration_completed', 'I', round(1));
    expect(log.recall.roundsOf('I')).toEqual({ started: 1, completed: 1 });
    log.add('iteration_started', 'I', round(2));
    expect(log.recall.roundsOf('I')).toEqual({ started: 2, completed: 1 });
    expect(log.recall.roundsOf('J')).toBeUndefined();
  });

  it('are forgotten when the loop is tried again, from the moment that is told', () => {
    const log = new Log().start('R').start('R/I').add('iteration_started', 'R/I', round(1)).retrying('R/I', 1);
    expect(log.recall.roundsOf('R/I')).toBeUndefined();
    expect(log.start('R/I', 2).recall.roundsOf('R/I')).toBeUndefined();
  });
});

describe('answers of people', () => {
  it('are known until the step asks again or is tried again', () => {
    const log = new Log().start('R').start('R/ask').add('input_required', 'R/ask', {}).add('input_received', 'R/ask', { value: false });
    expect(log.recall.answerOf('R/ask')).toBe(false);
    expect(log.start('R/ask', 2).recall.answerOf('R/ask')).toBe(false);
    expect(log.retrying('R', 1).recall.answerOf('R/ask')).toBeUndefined();
    log.add('input_received', 'ask', { value: 1 }).add('input_required', 'ask', {});
    expect(log.recall.answerOf('ask')).toBeUndefined();
    log.add('input_received', 'ask', { value: 1 }).retrying('ask', 1);
    expect(log.recall.answerOf('ask')).toBeUndefined();
  });
});

it('nothing of its way is kept of a step that has completed: a long loop is read in no more room than a short one', () => {
  const log = new Log().start('O');
  for (let n = 1; n <= 100; n++) {
    const id = `O[${n}]/I`;
    log.start(id).add('iteration_started', id, { iteration: 1, maxIterations: 1 }).retrying(`${id}[1]/a`, 1).add('input_received', `${id}[1]/a`, { value: n });
    log.complete(`${id}[1]/a`, 'x').complete(id, 'x');
  }
  const { retries, rounds, answers } = (log.recall as unknown as { memory: Record<string, Map<string, unknown>> }).memory;
  expect([retries?.size, rounds?.size, answers?.size]).toEqual([0, 0, 0]);
});

describe('a cancel that the crash cut short', () => {
  it.each([['cancelled', true], ['sibling_failed', false], ['step_timeout', false]])('is known by the steps it has ended: %s', (reason, expected) => {
    expect(new Log().start('a').add('step_cancelled', 'a', { reason }, 1, 'cancelled').recall.cancelling).toBe(expected);
  });
});
