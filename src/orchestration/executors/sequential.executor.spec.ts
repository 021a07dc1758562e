import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { Engine, Gates, only, outline, upTo } from '../../../test/support/engine.js';
import { type Step, type WorkflowDefinition } from '../../contract/definition.js';

const echo = (name: string, input?: string): Step => ({ type: 'agent', name, agent: 'echo', ...(input === undefined ? {} : { input }) });
const gate = (name: string): Step => ({ type: 'agent', name, agent: 'gate' });
const sequential = (name: string, ...steps: Step[]): Step => ({ type: 'sequential', name, steps });

describe('sequential', () => {
  let engine: Engine;
  let gates: Gates;
  const resumed: Engine[] = [];
  const again = () => {
    const next = new Engine({ agents: { gate: gates.agent } });
    resumed.push(next);
    return next;
  };
  beforeEach(async () => {
    gates = new Gates();
    engine = await new Engine({ agents: { gate: gates.agent } }).open();
  });
  afterEach(async () => {
    for (const one of [engine, ...resumed.splice(0)]) await one.close();
  });

  it('runs its steps in order, each given the output of the one before; its output is that of the last', async () => {
    const log = await engine.run([echo('first', 'one'), sequential('S', echo('a'), echo('b', 'two'), echo('c')), echo('last')], 'in');
    expect(outline(log)).toEqual([
      'workflow_started', 'step_started first', 'step_completed first', 'step_started S', 'step_started S/a', 'step_completed S/a',
      'step_started S/b', 'step_completed S/b', 'step_started S/c', 'step_completed S/c', 'step_completed S', 'step_started last', 'step_completed last', 'workflow_completed',
    ]);
    expect(log.flatMap((event) => (event.type === 'step_completed' ? [event.data.output] : []))).toEqual(['one', 'one', 'two', 'two', 'two', 'two']);
    expect(only(log, 'step_started', 'S/b').step).toMatchObject({ index: 1, total: 3 });
    expect(only(log, 'step_completed', 'S/b').message).toBe('Completed b, step 2 of 3');
  });

  it('fails with the step that fails: those after it do not start', async () => {
    const id = await engine.start(sequential('S', gate('a'), echo('b')));
    await gates.fail('S/a#1', 'broken');
    const log = await engine.ended(id);
    expect(outline(log).slice(-3)).toEqual(['step_failed S/a', 'step_failed S', 'workflow_failed']);
    expect(only(log, 'step_failed', 'S').data.error).toEqual({ code: 'agent_failed', message: 'broken', stepId: 'S/a' });
  });

  it('is cancelled with the step that runs', async () => {
    const id = await engine.start(sequential('S', gate('a'), echo('b')));
    await gates.came('S/a#1');
    await engine.executions.cancel(id);
    expect(outline(await engine.log(id)).slice(-3)).toEqual(['step_cancelled S/a', 'step_cancelled S', 'workflow_cancelled']);
  });

  it('after a crash goes on where it was: it is not started anew, what had completed is read from the log (P12)', async () => {
    const definition: WorkflowDefinition = { name: 'w', steps: [sequential('S', echo('a', 'kept'), gate('b'), echo('c'))] };
    const first = await engine.start(definition);
    await gates.came('S/b#1');
    const cut = upTo(await engine.told(first, 'step_started', 'S/b'), 'step_started', 'S/b');
    const next = again();
    const id = await next.plant({ definition, events: cut });
    await next.open();
    await gates.open('S/b#2', 'new');
    const log = await next.ended(id);
    expect(outline(log).slice(cut.length)).toEqual([
      'workflow_resumed', 'step_started S/b', 'step_completed S/b', 'step_started S/c', 'step_completed S/c', 'step_completed S', 'workflow_completed',
    ]);
    expect(log.map(({ seq }) => seq)).toEqual(log.map((_, i) => i + 1));
    expect(await next.status(id)).toMatchObject({ status: 'completed', result: 'new', steps: { 'S/a': { output: 'kept', attempt: 1 }, 'S/b': { attempt: 2 }, S: { attempt: 1 } } });
  });

  it('may have completed a thousand steps before a crash', async () => {
    const definition: WorkflowDefinition = { name: 'w', steps: [sequential('S', ...Array.from({ length: 998 }, (_, i) => echo(`s${i}`))), gate('last')] };
    const first = await engine.start(definition, 'in');
    await gates.came('last#1');
    const cut = upTo(await engine.told(first, 'step_started', 'last'), 'step_started', 'last');
    const next = again();
    const id = await next.plant({ definition, events: cut, input: 'in' });
    await next.open();
    await gates.open('last#2');
    expect(outline(await next.ended(id)).slice(cut.length)).toEqual(['workflow_resumed', 'step_started last', 'step_completed last', 'workflow_completed']);
  });
});
