import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import fc from 'fast-check';
import { Engine, Gates, only, outline, START, turns, upTo } from '../../../test/support/engine.js';
import { type RetryStep, type Step, type WorkflowDefinition } from '../../contract/definition.js';
import { StepcastError } from '../../contract/errors.js';
import { type ExecutionEvent } from '../../contract/events.js';
import { type AgentContext } from '../agent.js';
import { delayOf } from './retry.executor.js';

const send: Step = { type: 'agent', name: 'send', agent: 'send' };
const retry = (more: Partial<RetryStep> = {}): RetryStep => ({ type: 'retry', name: 'R', maxAttempts: 3, backoff: { delayMs: 0 }, step: send, ...more });
const delays = (log: readonly ExecutionEvent[]) => log.flatMap((event) => (event.type === 'step_retrying' ? [event.data.delayMs] : []));

/** An agent that fails its first attempts, after having streamed what it does. */
function failing(times: number) {
  return (context: AgentContext) => {
    context.text(`attempt ${context.attempt}`);
    if (context.attempt <= times) throw Object.assign(new Error(`no ${context.attempt}`), { code: 'E' });
    return `done at ${context.attempt}`;
  };
}

describe('delayOf: exponential backoff', () => {
  const backoff = { delayMs: 100, factor: 2, maxDelayMs: 500, jitter: false };

  it('without jitter is exact, and bounded', () => {
    expect([1, 2, 3, 4, 100].map((attempt) => delayOf(attempt, backoff, 0.3))).toEqual([100, 200, 400, 500, 500]);
  });

  it('with jitter is drawn between 0 and its value', () => {
    expect([0, 0.5, 0.999].map((random) => delayOf(3, { ...backoff, jitter: true }, random))).toEqual([0, 200, 400]);
  });

  it('is a whole number within its bounds, whatever is asked for', () => {
    fc.assert(fc.property(
      fc.integer({ min: 1, max: 100 }), fc.integer({ min: 0, max: 86_400_000 }), fc.double({ min: 1, max: 100, noNaN: true }), fc.integer({ min: 0, max: 86_400_000 }), fc.boolean(), fc.double({ min: 0, max: 0.999, noNaN: true }),
      (attempt, delayMs, factor, maxDelayMs, jitter, random) => {
        const delay = delayOf(attempt, { delayMs, factor, maxDelayMs, jitter }, random);
        expect(Number.isInteger(delay) && delay >= 0 && delay <= maxDelayMs).toBe(true);
      },
    ));
  });
});

describe('retry', () => {
  const opened: Engine[] = [];
  const engineOf = (send: (context: AgentContext) => unknown) => {
    const engine = new Engine({ agents: { send: send as never } });
    opened.push(engine);
    return engine;
  };
  afterEach(async () => {
    jest.useRealTimers();
    for (const engine of opened.splice(0)) await engine.close();
  });

  it('does not try again what says that it would fail again', async () => {
    const refused = () => Promise.reject(new StepcastError('auth', 'the key is not taken', { retryable: false }));
    const log = await (await engineOf(refused).open()).run(retry());
    expect(delays(log)).toEqual([]);
    expect(log.at(-1)).toMatchObject({ type: 'workflow_failed', data: { error: { code: 'auth', retryable: false, stepId: 'R/send' } } });
  });

  it('waits at least as long as whoever failed asks for', async () => {
    const limited = ({ attempt }: AgentContext) => {
      if (attempt === 1) throw new StepcastError('rate_limited', 'slow down', { retryable: true, retryAfterSeconds: 0.02 });
      if (attempt === 2) throw new StepcastError('rate_limited', 'slow down', { retryable: true, retryAfterSeconds: 0 });
      return 'done';
    };
    const log = await (await engineOf(limited).open()).run(retry({ backoff: { delayMs: 10, factor: 1, jitter: false } }));
    expect(delays(log)).toEqual([20, 10]);
    expect(log.find(({ type }) => type === 'step_retrying')?.data).toHaveProperty('error', expect.objectContaining({ code: 'rate_limited', retryable: true, retryAfterMs: 20 }));
    expect(log.at(-1)?.type).toBe('workflow_completed');
  });

  it('waits a day at the most, whatever is asked for: a timer that were set for a month would go off at once', async () => {
    const engine = await engineOf(() => Promise.reject(new StepcastError('rate_limited', 'come back in a month', { retryable: true, retryAfterSeconds: 30 * 86_400 }))).open();
    const id = await engine.start(retry());
    const log = await engine.told(id, 'step_retrying', 'R/send');
    expect(delays(log)).toEqual([86_400_000]);
    await engine.executions.cancel(id);
  });

  it('runs its step again while it fails, and tells of each attempt that failed (P11)', async () => {
    const log = await (await engineOf(failing(2)).open()).run(retry());
    expect(outline(log)).toEqual([
      'workflow_started', 'step_started R',
      'step_started R/send', 'step_output R/send', 'step_retrying R/send',
      'step_started R/send', 'step_output R/send', 'step_retrying R/send',
      'step_started R/send', 'step_output R/send', 'step_completed R/send',
      'step_completed R', 'workflow_completed',
    ]);
    const [first] = log.filter((event) => event.type === 'step_retrying');
    expect(first?.data).toEqual({ attempt: 1, maxAttempts: 3, delayMs: 0, error: { code: 'agent_failed', message: 'no 1', stepId: 'R/send', cause: 'E' } });
    expect(first?.step).toMatchObject({ id: 'R/send', status: 'retrying', attempt: 1, durationMs: 0 });
    expect(log.flatMap((event) => (event.type === 'step_output' ? [event.step.attempt] : []))).toEqual([1, 2, 3]);
    expect(only(log, 'workflow_completed').data.result).toBe('done at 3');
  });

  it('fails with the last failure, which is told as it is', async () => {
    const log = await (await engineOf(failing(9)).open()).run(retry({ maxAttempts: 2 }));
    expect(outline(log).slice(-4)).toEqual(['step_output R/send', 'step_failed R/send', 'step_failed R', 'workflow_failed']);
    expect(only(log, 'workflow_failed').data.error).toEqual({ code: 'agent_failed', message: 'no 2', stepId: 'R/send', cause: 'E' });
  });

  it('does not try again with maxAttempts 1', async () => {
    const log = await (await engineOf(failing(9)).open()).run(retry({ maxAttempts: 1 }));
    expect(delays(log)).toEqual([]);
  });

  it('waits longer each time, as told; with jitter as chance has it', async () => {
    jest.useFakeTimers({ doNotFake: ['setImmediate', 'nextTick', 'queueMicrotask', 'Date', 'performance'] });
    const engine = await engineOf(failing(3)).open();
    const timers = jest.getTimerCount();
    engine.clock.drawn = 0.25;
    for (const [jitter, expected] of [[false, [100, 300, 500]], [true, [25, 75, 125]]] as const) {
      const id = await engine.start(retry({ maxAttempts: 4, backoff: { delayMs: 100, factor: 3, maxDelayMs: 500, jitter } }));
      for (const [i, delay] of expected.entries()) {
        await turns();
        expect(delays(await engine.log(id))).toEqual(expected.slice(0, i + 1));
        jest.advanceTimersByTime(delay - 1);
        await turns();
        expect((await engine.log(id)).at(-1)?.type).toBe('step_retrying');
        jest.advanceTimersByTime(1);
      }
      expect((await engine.ended(id)).at(-1)?.type).toBe('workflow_completed');
    }
    expect(jest.getTimerCount()).toBe(timers);
  });

  it('draws between 0 and 1 s before the second attempt, doubled each time and at most a minute, where nothing else is asked for', async () => {
    jest.useFakeTimers({ doNotFake: ['setImmediate', 'nextTick', 'queueMicrotask', 'Date', 'performance'] });
    const engine = await engineOf(failing(9)).open();
    engine.clock.drawn = 0.999999;
    const id = await engine.start({ type: 'retry', name: 'R', maxAttempts: 9, step: send });
    for (let i = 0; i < 8; i++) {
      await turns();
      jest.advanceTimersByTime(60_000);
    }
    expect(delays(await engine.ended(id))).toEqual([1000, 2000, 4000, 8000, 16_000, 32_000, 60_000, 60_000]);
  });

  it('takes an option of the backoff that is given as undefined for one that is not given', async () => {
    const engine = await engineOf(failing(1)).open();
    engine.clock.drawn = 0.004;
    const log = await engine.run(retry({ backoff: { delayMs: undefined, factor: undefined, maxDelayMs: undefined, jitter: undefined } }));
    expect(delays(log)).toEqual([4]);
  });

  it('tries a composite again as a whole: what had completed in it runs again', async () => {
    const calls: string[] = [];
    const engine = await engineOf(({ stepId, attempt }) => {
      calls.push(`${stepId}#${attempt}`);
      if (stepId.endsWith('/b') && attempt === 1) throw new Error('no');
      return null;
    }).open();
    const step: Step = { type: 'sequential', name: 'S', steps: [{ ...send, name: 'a' }, { ...send, name: 'b' }] };
    const log = await engine.run(retry({ step }));
    expect(calls).toEqual(['R/S/a#1', 'R/S/b#1', 'R/S/a#2', 'R/S/b#2']);
    expect(outline(log)).toContain('step_failed R/S/b');
    expect(outline(log)).not.toContain('step_failed R/S');
    expect(only(log, 'step_retrying').step.id).toBe('R/S');
  });

  it('in another counts its attempts anew in each attempt of that', async () => {
    const engine = await engineOf(failing(5)).open();
    const log = await engine.run(retry({ name: 'Q', maxAttempts: 3, step: retry({ maxAttempts: 2 }) }));
    expect(log.flatMap((event) => (event.type === 'step_retrying' ? [`${event.step.id} ${event.data.attempt}`] : []))).toEqual(['Q/R/send 1', 'Q/R 1', 'Q/R/send 1', 'Q/R 2', 'Q/R/send 1']);
    expect(only(log, 'workflow_completed').data.result).toBe('done at 6');
  });

  it('may fail a hundred times without exhausting the stack', async () => {
    const log = await (await engineOf(failing(99)).open()).run(retry({ maxAttempts: 100 }));
    expect(only(log, 'workflow_completed').data.result).toBe('done at 100');
  });

  it('tries again after a time-out of its step, but not after its own', async () => {
    const endless = ({ attempt }: AgentContext) => (attempt === 1 ? new Promise(() => undefined) : 'second');
    const engine = await engineOf(endless).open();
    const log = await engine.run(retry({ step: { ...send, timeoutMs: 1 } as Step }));
    expect(only(log, 'step_retrying').data.error).toMatchObject({ code: 'step_timeout', stepId: 'R/send' });
    const over = await engine.run(retry({ timeoutMs: 1 }));
    expect(outline(over).slice(-3)).toEqual(['step_cancelled R/send', 'step_failed R', 'workflow_failed']);
  });

  it('ends in the middle of a delay when it is cancelled: the step that waits for it is cancelled too, and leaves no timer', async () => {
    jest.useFakeTimers({ doNotFake: ['setImmediate', 'nextTick', 'queueMicrotask', 'Date', 'performance'] });
    const engine = await engineOf(failing(9)).open();
    const timers = jest.getTimerCount();
    const id = await engine.start(retry({ backoff: { delayMs: 60_000, jitter: false } }));
    await engine.told(id, 'step_retrying');
    await engine.executions.cancel(id);
    expect(outline(await engine.log(id)).slice(-4)).toEqual(['step_retrying R/send', 'step_cancelled R/send', 'step_cancelled R', 'workflow_cancelled']);
    expect(jest.getTimerCount()).toBe(timers);
  });

  it('and while it is being tried', async () => {
    const gates = new Gates();
    const engine = await engineOf(gates.agent).open();
    const id = await engine.start(retry());
    await gates.came('R/send#1');
    await engine.executions.cancel(id);
    expect(outline(await engine.log(id)).slice(-3)).toEqual(['step_cancelled R/send', 'step_cancelled R', 'workflow_cancelled']);
  });

  describe('after a crash', () => {
    const definition = (step: RetryStep): WorkflowDefinition => ({ name: 'w', steps: [step] });
    beforeEach(() => void jest.useFakeTimers({ doNotFake: ['setImmediate', 'nextTick', 'queueMicrotask', 'Date', 'performance'] }));

    it.each([[400, 600], [5000, 0], [-3_600_000, 1000]])('in a delay of a second, %d ms later, waits %d ms more', async (later, left) => {
      const step = retry({ backoff: { delayMs: 1000, jitter: false } });
      const first = await engineOf(failing(1)).open();
      const cut = await first.told(await first.start(definition(step)), 'step_retrying');
      const engine = engineOf(failing(1));
      const id = await engine.plant({ definition: definition(step), events: cut });
      engine.clock.time = START + later;
      await engine.open();
      await turns();
      if (left > 0) {
        jest.advanceTimersByTime(left - 1);
        await turns();
        expect((await engine.log(id)).at(-1)?.type).toBe('workflow_resumed');
      }
      jest.advanceTimersByTime(1);
      const log = await engine.ended(id);
      expect(outline(log).slice(cut.length, cut.length + 2)).toEqual(['workflow_resumed', 'step_started R/send']);
      expect(only(log, 'workflow_completed').data.result).toBe('done at 2');
    });

    it('in an attempt uses up none of maxAttempts', async () => {
      const step = retry({ maxAttempts: 2 });
      const gates = new Gates();
      const first = await engineOf(gates.agent).open();
      const before = await first.start(definition(step));
      await gates.fail('R/send#1');
      await turns();
      jest.advanceTimersByTime(1);
      await gates.came('R/send#2');
      await turns();
      const again = new Gates();
      const engine = engineOf(again.agent);
      const id = await engine.plant({ definition: definition(step), events: await first.log(before) });
      await engine.open();
      await again.open('R/send#3', 'third');
      const log = await engine.ended(id);
      expect(only(log, 'workflow_completed').data.result).toBe('third');
      expect(log.filter(({ type }) => type === 'step_retrying')).toHaveLength(1);
    });

    it('after the last failure fails without another attempt', async () => {
      const step = retry({ maxAttempts: 1 });
      const first = await engineOf(failing(9)).open();
      const log = await first.run(definition(step));
      const called = jest.fn(() => 1);
      const engine = engineOf(called);
      const id = await engine.plant({ definition: definition(step), events: upTo(log, 'step_failed', 'R/send') });
      await engine.open();
      expect(outline(await engine.ended(id)).slice(-3)).toEqual(['workflow_resumed', 'step_failed R', 'workflow_failed']);
      expect(called).not.toHaveBeenCalled();
    });

    it('in the delay of a composite begins it anew: its rounds and its time-out are those of the new attempt', async () => {
      const body: Step = { type: 'iteration', name: 'I', maxIterations: 2, timeoutMs: 1000, step: send };
      const step = retry({ step: body, backoff: { delayMs: 5000, jitter: false } });
      const failSecond = ({ stepId, attempt }: AgentContext) => {
        if (stepId === 'R/I[2]/send' && attempt === 1) throw new Error('no');
        return stepId;
      };
      const first = await engineOf(failSecond).open();
      const cut = await first.told(await first.start(definition(step)), 'step_retrying');
      const engine = engineOf(failSecond);
      const id = await engine.plant({ definition: definition(step), events: cut });
      engine.clock.time = START + 4000;
      await engine.open();
      await turns();
      jest.advanceTimersByTime(1000);
      const log = await engine.ended(id);
      expect(outline(log).slice(cut.length, cut.length + 4)).toEqual(['workflow_resumed', 'step_started R/I', 'iteration_started R/I', 'step_started R/I[1]/send']);
      expect(only(log, 'workflow_completed').data.result).toBe('R/I[2]/send');
    });
  });
});
