import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { Engine, Gates, only, outline, upTo } from '../../../test/support/engine.js';
import { type ConditionalStep, type Step, type StepContext, type WorkflowDefinition } from '../../contract/definition.js';

const echo = (name: string): Step => ({ type: 'agent', name, agent: 'echo', input: name });
const choose = (when: ConditionalStep['when'], more: Partial<ConditionalStep> = {}): ConditionalStep =>
  ({ type: 'conditional', name: 'C', when, then: echo('yes'), else: echo('no'), ...more });
const withoutElse = (when: ConditionalStep['when']): ConditionalStep => ({ type: 'conditional', name: 'C', when, then: echo('yes') });

describe('conditional', () => {
  let engine: Engine;
  let next: Engine | undefined;
  beforeEach(async () => void (engine = await new Engine().open()));
  afterEach(async () => {
    await engine.close();
    await next?.close();
    next = undefined;
  });

  it.each<[ConditionalStep['when'], 'yes' | 'no']>([
    ['input.n > 1', 'yes'], ['input.n > 2', 'no'], [({ input }) => (input as { n: number }).n === 2, 'yes'], [async () => false, 'no'],
  ])('with %s takes one branch, and tells of the other that it is skipped', async (when, taken) => {
    const other = taken === 'yes' ? 'no' : 'yes';
    const log = await engine.run(choose(when), { n: 2 });
    expect(outline(log)).toEqual([
      'workflow_started', 'step_started C', `step_skipped C/${other}`, `step_started C/${taken}`, `step_completed C/${taken}`, 'step_completed C', 'workflow_completed',
    ]);
    expect(only(log, 'step_skipped').step).toMatchObject({ status: 'skipped', attempt: 0, total: 2, index: other === 'yes' ? 0 : 1 });
    expect(only(log, 'step_skipped').data.reason).toBe(`the condition ${taken === 'yes' ? 'holds' : 'does not hold'}`);
    expect(only(log, 'workflow_completed').data.result).toBe(taken);
  });

  it('without another branch runs none where the condition does not hold', async () => {
    const log = await engine.run([withoutElse('false'), { type: 'agent', name: 'after', agent: 'echo' }], 'in');
    expect(outline(log).slice(1, 4)).toEqual(['step_started C', 'step_skipped C/yes', 'step_completed C']);
    expect(only(log, 'step_completed', 'after').data.output).toBeNull();
    const taken = await engine.run(withoutElse('true'));
    expect(outline(taken).join()).not.toContain('step_skipped');
    expect(only(taken, 'step_started', 'C/yes').step).toMatchObject({ index: 0, total: 1 });
  });

  it('sees the outputs of the steps before', async () => {
    const seen: StepContext[] = [];
    await engine.run([echo('a'), choose((context) => { seen.push({ ...context, results: { ...context.results } }); return true; })], 'in');
    expect(seen).toEqual([{ input: 'in', previous: 'a', results: { a: 'a' } }]);
  });

  it.each<[string, ConditionalStep['when'], string]>([
    ['is faulty', 'steps.missing.output > 1', 'invalid_definition'],
    ['meets a missing key', 'input.missing > 1', 'expression_failed'],
    ['gives no boolean', 'input.n', 'expression_failed'],
    ['throws', () => { throw new Error('no'); }, 'agent_failed'],
  ])('fails where the condition %s', async (_what, when, code) => {
    const ended = engine.run(choose(when), { n: 1 });
    if (code === 'invalid_definition') await expect(ended).rejects.toMatchObject({ code });
    else expect(only(await ended, 'workflow_failed').data.error).toMatchObject({ code, stepId: 'C' });
  });

  it('fails with the branch that fails', async () => {
    const log = await engine.run(choose('true', { then: { type: 'agent', name: 'yes', agent: () => { throw new Error('broken'); } } }));
    expect(outline(log).slice(-3)).toEqual(['step_failed C/yes', 'step_failed C', 'workflow_failed']);
  });

  it('is cancelled, and ends by its time-out, while its condition takes for ever', async () => {
    const asked = Promise.withResolvers<void>();
    const endless = () => { asked.resolve(); return new Promise<boolean>(() => undefined); };
    const id = await engine.start(choose(endless));
    await asked.promise;
    await engine.executions.cancel(id);
    expect(outline(await engine.log(id)).slice(-2)).toEqual(['step_cancelled C', 'workflow_cancelled']);
    expect(only(await engine.run(choose(endless, { timeoutMs: 1 })), 'workflow_failed').data.error).toMatchObject({ code: 'step_timeout', stepId: 'C' });
  });

  it('a thousand in a row that take no branch neither exhaust the stack nor hold the process', async () => {
    const other = jest.fn();
    setImmediate(other);
    const { journal } = engine;
    const steps = Array.from({ length: 500 }, (_, i): Step => ({ ...withoutElse('false'), name: `C${i}`, then: echo(`yes${i}`) }));
    let turnsTaken = 0;
    const subscription = journal.commits$.subscribe(() => void turnsTaken++);
    const log = await engine.run(steps);
    subscription.unsubscribe();
    expect(log.at(-1)).toMatchObject({ type: 'workflow_completed', progress: 1 });
    expect(turnsTaken).toBeGreaterThan(3);
    expect(other).toHaveBeenCalled();
  });

  it('keeps to its choice over a crash, whatever the condition would say then', async () => {
    const gates = new Gates();
    const counter = { count: 0 };
    const definition: WorkflowDefinition = { name: 'w', steps: [{ type: 'agent', name: 'a', agent: 'count' }, choose('steps.a.output == 1', { then: { type: 'agent', name: 'yes', agent: 'gate' } })] };
    const agents = { count: () => ++counter.count, gate: gates.agent };
    const first = new Engine({ agents });
    await first.open();
    const before = await first.start(definition);
    await gates.open('C/yes#1', 'one');
    const log = await first.ended(before);
    await first.close();
    // As if the condition had changed its mind: what it is about is not what it was.
    const cut = upTo(log, 'step_started', 'C/yes').map((event) => (event.type === 'step_completed' && event.step.id === 'a' ? { ...event, data: { output: 2 } } : event));
    next = new Engine({ agents });
    const id = await next.plant({ definition, events: cut });
    await next.open();
    await gates.open('C/yes#2', 'again');
    const resumed = await next.ended(id);
    expect(outline(resumed).slice(cut.length)).toEqual(['workflow_resumed', 'step_started C/yes', 'step_completed C/yes', 'step_completed C', 'workflow_completed']);
    expect(resumed.filter(({ type }) => type === 'step_skipped')).toHaveLength(1);
  });

  it('keeps to its choice where only the skip of the other branch was told before the crash', async () => {
    const definition: WorkflowDefinition = { name: 'w', steps: [choose('input == 1')] };
    const cut = upTo(await engine.run(definition, 1), 'step_skipped');
    next = new Engine();
    const id = await next.plant({ definition, events: cut, input: 2 });
    await next.open();
    expect(outline(await next.ended(id)).slice(cut.length)).toEqual(['workflow_resumed', 'step_started C/yes', 'step_completed C/yes', 'step_completed C', 'workflow_completed']);
  });
});
