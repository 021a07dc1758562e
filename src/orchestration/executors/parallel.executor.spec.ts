import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { Engine, Gates, only, outline, turns, upTo } from '../../../test/support/engine.js';
import { type ParallelStep, type Step, type WorkflowDefinition } from '../../contract/definition.js';

const at = (name: string): Step => ({ type: 'agent', name, agent: 'gate' });
const parallel = (more: Partial<ParallelStep> = {}, ...steps: Step[]): ParallelStep => ({ type: 'parallel', name: 'P', steps, ...more });

describe('parallel', () => {
  let gates: Gates;
  let engine: Engine;
  const other: Engine[] = [];
  beforeEach(async () => {
    gates = new Gates();
    engine = await new Engine({ agents: { gate: gates.agent } }).open();
  });
  afterEach(async () => {
    for (const one of [engine, ...other.splice(0)]) await one.close();
  });

  it('runs its branches side by side, and tells each result when that branch completes (P6)', async () => {
    const id = await engine.start(parallel({}, at('a'), at('b'), at('c')), 'in');
    await gates.open('P/c#1', 3);
    expect(outline(await engine.told(id, 'step_completed', 'P/c')).slice(-1)).toEqual(['step_completed P/c']);
    await gates.open('P/a#1', 1);
    await gates.open('P/b#1', 2);
    const log = await engine.ended(id);
    expect(outline(log)).toEqual([
      'workflow_started', 'step_started P', 'step_started P/a', 'step_started P/b', 'step_started P/c',
      'step_completed P/c', 'step_completed P/a', 'step_completed P/b', 'step_completed P', 'workflow_completed',
    ]);
    expect(only(log, 'step_started', 'P/b').step).toMatchObject({ index: 1, total: 3, parallelIndex: 1, parallelTotal: 3 });
    expect(Object.entries(only(log, 'workflow_completed').data.result as object)).toEqual([['a', 1], ['b', 2], ['c', 3]]);
  });

  it('gives each branch what came before the step', async () => {
    const log = await engine.run([{ type: 'agent', name: 'before', agent: 'echo', input: [1] }, parallel({}, { type: 'agent', name: 'a', agent: 'echo' }, { type: 'agent', name: 'b', agent: 'echo' })]);
    expect(only(log, 'workflow_completed').data.result).toEqual({ a: [1], b: [1] });
  });

  it('runs no more than `concurrency` branches at once, the others in their order', async () => {
    const id = await engine.start(parallel({ concurrency: 2 }, at('a'), at('b'), at('c'), at('d')));
    await gates.came('P/b#1');
    await turns();
    expect(gates.arrived).toEqual(['P/a#1', 'P/b#1']);
    await gates.open('P/b#1');
    await gates.came('P/c#1');
    await turns();
    expect(gates.arrived).toEqual(['P/a#1', 'P/b#1', 'P/c#1']);
    for (const name of ['c', 'd', 'a']) await gates.open(`P/${name}#1`);
    expect((await engine.ended(id)).at(-1)?.type).toBe('workflow_completed');
  });

  it('fails with the first failure: siblings are cancelled and tell their end first, those not begun never start', async () => {
    const id = await engine.start([parallel({ concurrency: 3 }, at('a'), { type: 'sequential', name: 'S', steps: [at('s')] }, at('c'), at('never'))]);
    await gates.came('P/S/s#1');
    const { signal } = await gates.came('P/a#1');
    await gates.fail('P/c#1', 'broken');
    const log = await engine.ended(id);
    expect(signal.reason).toMatchObject({ code: 'sibling_failed', message: 'P/c failed' });
    expect(outline(log).slice(-6)).toEqual(['step_failed P/c', 'step_cancelled P/a', 'step_cancelled P/S/s', 'step_cancelled P/S', 'step_failed P', 'workflow_failed']);
    expect(only(log, 'step_cancelled', 'P/a').data).toEqual({ reason: 'sibling_failed' });
    expect(only(log, 'step_failed', 'P').data.error).toEqual({ code: 'agent_failed', message: 'broken', stepId: 'P/c' });
    expect(only(log, 'workflow_failed').data.error).toEqual({ code: 'agent_failed', message: 'broken', stepId: 'P/c' });
    expect(outline(log).join()).not.toContain('never');
  });

  it('takes the time-out of a branch for its failure', async () => {
    const log = await engine.run(parallel({}, { ...at('a'), timeoutMs: 1 }, at('b')));
    expect(only(log, 'workflow_failed').data.error).toMatchObject({ code: 'step_timeout', stepId: 'P/a' });
    expect(only(log, 'step_cancelled', 'P/b').data.reason).toBe('sibling_failed');
  });

  it('goes on with `onError: continue`: failed branches are left out of the output', async () => {
    const id = await engine.start(parallel({ onError: 'continue' }, at('a'), at('b'), at('c')));
    await gates.fail('P/a#1');
    await gates.fail('P/c#1');
    await gates.open('P/b#1', 2);
    const log = await engine.ended(id);
    expect(only(log, 'workflow_completed').data.result).toEqual({ b: 2 });
    expect(outline(log).filter((line) => line.startsWith('step_failed'))).toEqual(['step_failed P/a', 'step_failed P/c']);
  });

  it('gives an empty output where all have failed and it goes on all the same', async () => {
    const id = await engine.start(parallel({ onError: 'continue' }, at('a')));
    await gates.fail('P/a#1');
    expect(only(await engine.ended(id), 'workflow_completed').data.result).toEqual({});
  });

  it('is cancelled with all its branches, each with its end told before its own', async () => {
    const id = await engine.start(parallel({ onError: 'continue' }, at('a'), at('b')));
    await gates.came('P/b#1');
    await engine.executions.cancel(id, 'enough');
    expect(outline(await engine.log(id)).slice(-4)).toEqual(['step_cancelled P/a', 'step_cancelled P/b', 'step_cancelled P', 'workflow_cancelled']);
  });

  it('fails by its own time-out, which cancels its branches', async () => {
    const log = await engine.run(parallel({ timeoutMs: 1 }, at('a'), at('b')));
    expect(only(log, 'step_cancelled', 'P/a').data.reason).toBe('step_timeout');
    expect(only(log, 'step_failed', 'P').data.error).toMatchObject({ code: 'step_timeout', stepId: 'P' });
  });

  it('has branches of any name that a step may have', async () => {
    const log = await engine.run(parallel({}, ...['constructor', 'toString', 'hasOwnProperty'].map((name): Step => ({ type: 'agent', name, agent: 'echo', input: name }))));
    expect(Object.entries(only(log, 'workflow_completed').data.result as object)).toEqual([['constructor', 'constructor'], ['toString', 'toString'], ['hasOwnProperty', 'hasOwnProperty']]);
  });

  it('may be in a branch of another', async () => {
    const inner = parallel({ name: 'Q' }, at('x'), at('y'));
    const id = await engine.start(parallel({ onError: 'continue' }, inner, at('z')));
    await gates.came('P/Q/y#1');
    await gates.fail('P/Q/x#1');
    await gates.open('P/z#1', 'z');
    const log = await engine.ended(id);
    expect(only(log, 'step_cancelled', 'P/Q/y').data.reason).toBe('sibling_failed');
    expect(only(log, 'workflow_completed').data.result).toEqual({ z: 'z' });
  });

  describe('after a crash', () => {
    const resume = async (definition: WorkflowDefinition, events: Awaited<ReturnType<Engine['log']>>) => {
      const again = new Gates();
      const next = new Engine({ agents: { gate: again.agent } });
      other.push(next);
      const id = await next.plant({ definition, events });
      await next.open();
      return { next, again, id };
    };

    it('runs the branches that had not completed, and no other', async () => {
      const definition: WorkflowDefinition = { name: 'w', steps: [parallel({}, at('a'), at('b'), at('c'))] };
      const first = await engine.start(definition);
      await gates.open('P/b#1', 'kept');
      const log = await engine.told(first, 'step_completed', 'P/b');
      const { next, again, id } = await resume(definition, log);
      await again.open('P/a#2', 'a');
      await again.open('P/c#2', 'c');
      expect(only(await next.ended(id), 'workflow_completed').data.result).toEqual({ a: 'a', b: 'kept', c: 'c' });
      expect(again.arrived).toEqual(['P/a#2', 'P/c#2']);
    });

    it('fails where a branch had failed before, and starts nothing', async () => {
      const definition: WorkflowDefinition = { name: 'w', steps: [parallel({}, at('a'), at('b'))] };
      const first = await engine.start(definition);
      await gates.came('P/b#1');
      await gates.fail('P/a#1', 'broken');
      const log = await engine.ended(first);
      const { next, again, id } = await resume(definition, upTo(log, 'step_failed', 'P/a'));
      const resumed = await next.ended(id);
      expect(outline(resumed).slice(-4)).toEqual(['workflow_resumed', 'step_cancelled P/b', 'step_failed P', 'workflow_failed']);
      expect(only(resumed, 'workflow_failed').data.error).toMatchObject({ message: 'broken', stepId: 'P/a' });
      expect(again.arrived).toEqual([]);
    });

    it('with `onError: continue` leaves out a branch that had failed before', async () => {
      const definition: WorkflowDefinition = { name: 'w', steps: [parallel({ onError: 'continue' }, at('a'), at('b'))] };
      const first = await engine.start(definition);
      await gates.came('P/b#1');
      await gates.fail('P/a#1');
      const { next, again, id } = await resume(definition, await engine.told(first, 'step_failed', 'P/a'));
      await again.open('P/b#2', 'b');
      expect(only(await next.ended(id), 'workflow_completed').data.result).toEqual({ b: 'b' });
    });
  });
});
