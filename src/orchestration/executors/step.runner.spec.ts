import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { Engine, Gates, only, outline, START, turns } from '../../../test/support/engine.js';
import { type Step, type WorkflowDefinition } from '../../contract/definition.js';
import { type AgentContext } from '../agent.js';

const gate = (name: string, more: object = {}): Step => ({ type: 'agent', name, agent: 'gate', ...more });
const HOUR = 3_600_000;

describe('the life of a step', () => {
  let engine: Engine;
  let gates: Gates;
  let next: Engine | undefined;
  let timers = 0;
  beforeEach(async () => {
    jest.useFakeTimers({ doNotFake: ['setImmediate', 'nextTick', 'queueMicrotask', 'Date', 'performance'] });
    gates = new Gates();
    engine = await new Engine({ agents: { gate: gates.agent } }).open();
    timers = jest.getTimerCount();
  });
  afterEach(async () => {
    jest.useRealTimers();
    await engine.close();
    await next?.close();
    next = undefined;
  });

  it('is told from its start to its end, with what it took', async () => {
    const id = await engine.start(gate('a', { description: 'x', input: { n: 1 } }));
    await gates.came('a#1');
    engine.clock.time += 812;
    await gates.open('a#1', 'out');
    const log = await engine.ended(id);
    const step = { id: 'a', name: 'a', type: 'agent', index: 0, total: 1, attempt: 1, iteration: 0 };
    expect(log.slice(1, 3)).toMatchObject([
      { type: 'step_started', message: 'Started a', step: { ...step, status: 'running' }, data: { input: { n: 1 } } },
      { type: 'step_completed', message: 'Completed a, step 1 of 1', step: { ...step, status: 'completed', durationMs: 812 }, data: { output: 'out' } },
    ]);
    expect(log[2]?.data).toEqual({ output: 'out' });
  });

  it.each([['back', -HOUR], ['forward', HOUR]])('lasts as long as it does, also where the clock is set %s meanwhile', async (_to, shift) => {
    const id = await engine.start({ type: 'sequential', name: 'S', steps: [gate('a')] });
    await gates.came('S/a#1');
    engine.clock.shift = shift;
    engine.clock.time += 812;
    await gates.open('S/a#1');
    const log = await engine.ended(id);
    expect(log.flatMap(({ step }) => (step?.durationMs === undefined ? [] : [step.durationMs]))).toEqual([812, 812]);
  });

  it.each([['told', 16 * 1024 - 10], ['left out', 16 * 1024]])('a long input is %s: %d characters', async (what, length) => {
    const log = await engine.run({ type: 'agent', name: 'a', agent: 'echo', input: 'x'.repeat(length) });
    expect(only(log, 'step_started').data).toEqual(what === 'told' ? { input: 'x'.repeat(length) } : {});
    expect(only(log, 'workflow_completed').data.result).toHaveLength(length);
  });

  describe('ends by its time-out', () => {
    it('to the millisecond, as a failure; the agent sees its signal abort', async () => {
      const id = await engine.start(gate('a', { timeoutMs: 1000 }));
      const { signal } = await gates.came('a#1');
      jest.advanceTimersByTime(999);
      await turns();
      expect(signal.aborted).toBe(false);
      jest.advanceTimersByTime(1);
      const log = await engine.ended(id);
      expect(signal.reason).toMatchObject({ code: 'step_timeout' });
      expect(only(log, 'step_failed').data.error).toEqual({ code: 'step_timeout', message: 'step a did not end within its timeoutMs of 1000', stepId: 'a' });
      expect(only(log, 'workflow_failed').data.error).toMatchObject({ code: 'step_timeout', stepId: 'a' });
    });

    it('and what is below it is cancelled first', async () => {
      const id = await engine.start({ type: 'sequential', name: 'S', timeoutMs: 10, steps: [{ type: 'sequential', name: 'T', steps: [gate('a', { timeoutMs: 1000 })] }] });
      await gates.came('S/T/a#1');
      jest.advanceTimersByTime(10);
      const log = await engine.ended(id);
      expect(outline(log).slice(-4)).toEqual(['step_cancelled S/T/a', 'step_cancelled S/T', 'step_failed S', 'workflow_failed']);
      expect(only(log, 'step_cancelled', 'S/T').data.reason).toBe('step_timeout');
    });

    it('and not when it has ended before: no timer is left', async () => {
      const id = await engine.start([gate('a', { timeoutMs: 1000 }), gate('b')]);
      await gates.open('a#1');
      await gates.came('b#1');
      expect(jest.getTimerCount()).toBe(timers);
      await engine.executions.cancel(id);
    });

    it('nor of a step that was cancelled, or has failed: no timer is left', async () => {
      const id = await engine.start({ type: 'parallel', name: 'P', steps: [gate('a', { timeoutMs: 1000 }), gate('b', { timeoutMs: 1000 })] });
      await gates.came('P/b#1');
      await gates.fail('P/a#1');
      await engine.ended(id);
      expect(jest.getTimerCount()).toBe(timers);
    });

    it('of the whole workflow: what runs is cancelled, and the workflow fails', async () => {
      const id = await engine.start({ name: 'w', timeoutMs: 1000, steps: [gate('a')] });
      await gates.came('a#1');
      jest.advanceTimersByTime(1000);
      const log = await engine.ended(id);
      expect(only(log, 'step_cancelled').data.reason).toBe('workflow_timeout');
      expect(only(log, 'workflow_failed').data.error).toEqual({ code: 'workflow_timeout', message: 'the workflow did not end within its timeoutMs of 1000' });
      expect(jest.getTimerCount()).toBe(timers);
    });
  });

  describe('after a crash', () => {
    const definition: WorkflowDefinition = { name: 'w', timeoutMs: 60_000, steps: [{ type: 'sequential', name: 'S', timeoutMs: 10_000, steps: [gate('a', { timeoutMs: 2000 }), gate('b')] }] };
    /** Goes on `later` milliseconds after the start with what had been told by then. */
    const resumeLater = async (later: number) => {
      const first = await engine.start(definition);
      await gates.came('S/a#1');
      const log = await engine.told(first, 'step_started', 'S/a');
      next = new Engine({ agents: { gate: gates.agent } });
      const id = await next.plant({ definition, events: log });
      next.clock.time = START + later;
      await next.open();
      return { next, id };
    };

    it('a composite has what is left of its time, and a leaf all of its own', async () => {
      const { next, id } = await resumeLater(9000);
      await gates.open('S/a#2');
      await gates.came('S/b#1');
      jest.advanceTimersByTime(999);
      await turns();
      expect((await next.log(id)).at(-1)?.type).toBe('step_started');
      jest.advanceTimersByTime(1);
      const log = await next.ended(id);
      expect(only(log, 'step_failed', 'S').data.error.code).toBe('step_timeout');
      expect(only(log, 'step_failed', 'S').step.durationMs).toBe(9000);
    });

    it('whose time is over ends at once, and starts nothing', async () => {
      const { next, id } = await resumeLater(10_000);
      const log = await next.ended(id);
      expect(outline(log).slice(-4)).toEqual(['workflow_resumed', 'step_cancelled S/a', 'step_failed S', 'workflow_failed']);
      expect(only(log, 'step_cancelled', 'S/a').data.reason).toBe('step_timeout');
      expect(gates.arrived).toEqual(['S/a#1']);
    });

    it('as a workflow whose time is over: downtime counts', async () => {
      const { next, id } = await resumeLater(60_000);
      const log = await next.ended(id);
      expect(outline(log).slice(-4)).toEqual(['workflow_resumed', 'step_cancelled S/a', 'step_cancelled S', 'workflow_failed']);
      expect(['S/a', 'S'].map((id) => only(log, 'step_cancelled', id).data.reason)).toEqual(['workflow_timeout', 'workflow_timeout']);
      expect(only(log, 'workflow_failed').data.error.code).toBe('workflow_timeout');
    });

    it('has no more than its whole time, where the clock was set back', async () => {
      const { next, id } = await resumeLater(-40 * 24 * HOUR);
      await gates.open('S/a#2');
      await gates.came('S/b#1');
      jest.advanceTimersByTime(10_000);
      expect(only(await next.ended(id), 'step_failed', 'S').data.error.code).toBe('step_timeout');
    });
  });

  it.each(['constructor', 'toString', 'valueOf'])('may be called %s, as leaf and as composite', async (name) => {
    const log = await engine.run([{ type: 'sequential', name, steps: [{ type: 'agent', name: 'a', agent: 'echo', input: 1 }] }, { type: 'agent', name: 'b', agent: 'echo', input: `{{steps.${name}.output}}` }]);
    expect(outline(log).slice(1, 5)).toEqual([`step_started ${name}`, `step_started ${name}/a`, `step_completed ${name}/a`, `step_completed ${name}`]);
    expect(only(log, 'workflow_completed').data.result).toBe(1);
    const leaf = await engine.run({ type: 'agent', name, agent: 'echo' }, 'x');
    expect(only(leaf, 'step_started').step.attempt).toBe(1);
  });

  it('has one idempotency key over all its attempts, and counts them on over crashes (P12)', async () => {
    const keys: string[] = [];
    const send = ({ idempotencyKey, attempt }: AgentContext) => {
      keys.push(`${idempotencyKey}#${attempt}`);
      if (attempt < 3) throw new Error('no');
      return null;
    };
    const flaky = await new Engine({ agents: { send } }).open();
    const id = await flaky.start({ type: 'retry', name: 'R', maxAttempts: 3, backoff: { delayMs: 0 }, step: { type: 'agent', name: 's', agent: 'send' } });
    for (let i = 0; i < 2; i++) {
      await turns();
      jest.advanceTimersByTime(0);
    }
    await flaky.ended(id);
    await flaky.close();
    expect(keys).toEqual([1, 2, 3].map((attempt) => `${id}/R/s#${attempt}`));
  });
});
