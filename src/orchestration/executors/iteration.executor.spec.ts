import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { Engine, only, outline, upTo } from '../../../test/support/engine.js';
import { type IterationStep, type Step, type WorkflowDefinition } from '../../contract/definition.js';
import { type JsonValue } from '../../contract/json.js';
import { type AgentContext } from '../agent.js';

/** Agents that count what they are called for. */
function counter() {
  const calls: string[] = [];
  const count = ({ stepId, input }: AgentContext): JsonValue => {
    calls.push(stepId);
    return typeof input === 'number' ? input + 1 : 1;
  };
  return { calls, agents: { count } };
}

const loop = (more: Partial<IterationStep> = {}, step: Step = { type: 'agent', name: 'critic', agent: 'count' }): IterationStep =>
  ({ type: 'iteration', name: 'refine', maxIterations: 3, step, ...more });

describe('an iteration', () => {
  const { calls, agents } = counter();
  const opened: Engine[] = [];
  const engineOf = async (engine = new Engine({ agents })) => {
    opened.push(engine);
    return engine.open();
  };
  beforeEach(() => void calls.splice(0));
  afterEach(() => Promise.all(opened.splice(0).map((engine) => engine.close())));

  it('runs maxIterations rounds, each given the output of the one before, under ids of their own', async () => {
    const log = await (await engineOf()).run(loop(), 10);
    expect(outline(log)).toEqual([
      'workflow_started', 'step_started refine',
      ...[1, 2, 3].flatMap((n) => [
        'iteration_started refine', `step_started refine[${n}]/critic`, `step_completed refine[${n}]/critic`, 'iteration_completed refine',
      ]),
      'step_completed refine', 'workflow_completed',
    ]);
    expect(log.filter(({ type }) => type === 'iteration_started').map(({ data }) => data)).toEqual([1, 2, 3].map((iteration) => ({ iteration, maxIterations: 3 })));
    expect(only(log, 'step_completed', 'refine[2]/critic').step.iteration).toBe(2);
    expect(only(log, 'workflow_completed').data.result).toBe(13);
  });

  it('ends as soon as until holds, given as an expression', async () => {
    const log = await (await engineOf()).run(loop({ until: 'steps.critic.output == 2' }), 0);
    expect(only(log, 'workflow_completed').data.result).toBe(2);
    expect(calls).toEqual(['refine[1]/critic', 'refine[2]/critic']);
  });

  it('ends as soon as until holds, given as a function, which may take its time', async () => {
    const asked: JsonValue[] = [];
    const until: IterationStep['until'] = async ({ results, previous, input }) => {
      asked.push([results['critic'] ?? null, previous, input]);
      return results['critic'] === 2;
    };
    await (await engineOf()).run(loop({ until }), 0);
    expect(asked).toEqual([[1, 0, 0], [2, 0, 0]]);
  });

  it('fails where its step fails, and the round is not completed', async () => {
    const fail = () => { throw new Error('no'); };
    const log = await (await engineOf(new Engine({ agents: { count: fail } }))).run(loop());
    expect(outline(log).slice(2)).toEqual(['iteration_started refine', 'step_started refine[1]/critic', 'step_failed refine[1]/critic', 'step_failed refine', 'workflow_failed']);
    expect(only(log, 'workflow_failed').data.error).toEqual({ code: 'agent_failed', message: 'no', stepId: 'refine[1]/critic' });
  });

  it.each<[string, IterationStep['until'], string]>([
    ['a faulty expression', 'steps.critic.output.missing == 1', 'expression_failed'],
    ['a function that throws', () => { throw new Error('no'); }, 'agent_failed'],
    ['a function that rejects', () => Promise.reject(new Error('no')), 'agent_failed'],
  ])('fails with %s as its until', async (_what, until, code) => {
    const log = await (await engineOf()).run(loop({ until }));
    expect(only(log, 'step_failed', 'refine').data.error).toMatchObject({ code, stepId: 'refine' });
  });

  it('is cancelled while until is being asked, however long that takes', async () => {
    const asked = Promise.withResolvers<void>();
    const engine = await engineOf();
    const id = await engine.start(loop({ until: () => { asked.resolve(); return new Promise<boolean>(() => undefined); } }));
    await asked.promise;
    await engine.executions.cancel(id);
    expect(outline(await engine.log(id)).slice(-2)).toEqual(['step_cancelled refine', 'workflow_cancelled']);
  });

  it('counts the rounds of a loop in a loop for each round anew', async () => {
    const inner = loop({ name: 'inner', maxIterations: 2 });
    const log = await (await engineOf()).run(loop({ name: 'outer', maxIterations: 2 }, inner), 0);
    expect(calls).toEqual([1, 2].flatMap((outer) => [1, 2].map((n) => `outer[${outer}]/inner[${n}]/critic`)));
    expect(only(log, 'workflow_completed').data.result).toBe(4);
  });

  it('gives others a turn: a loop without any waiting of its own does not hold the process', async () => {
    const engine = await engineOf();
    const long = engine.run(loop({ maxIterations: 2000 }), 0);
    const short = await engine.run({ type: 'agent', name: 'a', agent: 'echo' });
    expect(short.at(-1)?.type).toBe('workflow_completed');
    expect(calls.length).toBeLessThan(2000);
    expect(only(await long, 'workflow_completed').data.result).toBe(2000);
  });

  it('runs as many rounds as are allowed at all without exhausting the stack', async () => {
    const log = await (await engineOf()).run(loop({ maxIterations: 10_000 }), 0);
    expect(log.at(-1)).toMatchObject({ type: 'workflow_completed', progress: 1, data: { result: 10_000 } });
  });

  describe('after a crash', () => {
    const definition = (step: IterationStep): WorkflowDefinition => ({ name: 'w', steps: [step] });

    it('goes on in the round it was in, with the output of the round before', async () => {
      const log = await (await engineOf()).run(definition(loop()), 10);
      const cut = upTo(log, 'step_started', 'refine[2]/critic');
      calls.splice(0);
      const engine = new Engine({ agents });
      const id = await engine.plant({ definition: definition(loop()), events: cut, input: 10 });
      const resumed = await (await engineOf(engine)).ended(id);
      expect(calls).toEqual(['refine[2]/critic', 'refine[3]/critic']);
      expect(outline(resumed).slice(cut.length, cut.length + 3)).toEqual(['workflow_resumed', 'step_started refine[2]/critic', 'step_completed refine[2]/critic']);
      expect(only(resumed, 'workflow_completed').data.result).toBe(13);
    });

    it('asks until once more where it came between two rounds', async () => {
      const step = loop({ until: 'steps.critic.output == 11' });
      const log = await (await engineOf()).run(definition(step), 10);
      const engine = new Engine({ agents });
      const cut = upTo(log, 'iteration_completed');
      const id = await engine.plant({ definition: definition(step), events: cut, input: 10 });
      expect(outline(await (await engineOf(engine)).ended(id)).slice(cut.length)).toEqual(['workflow_resumed', 'step_completed refine', 'workflow_completed']);
    });

    it('does not ask until again of a round that has begun: what has run in it since would answer', async () => {
      const body: Step = { type: 'sequential', name: 'body', steps: [{ type: 'agent', name: 'critic', agent: 'count' }, { type: 'agent', name: 'after', agent: 'echo' }] };
      const step = loop({ until: 'steps.critic.output >= 2', maxIterations: 9 }, body);
      const log = await (await engineOf()).run(definition(step), 0);
      const cut = upTo(log, 'step_completed', 'refine[2]/body/critic');
      const engine = new Engine({ agents });
      const id = await engine.plant({ definition: definition(step), events: cut, input: 0 });
      const resumed = await (await engineOf(engine)).ended(id);
      expect(outline(resumed).slice(cut.length)).toEqual([
        'workflow_resumed', 'step_started refine[2]/body/after', 'step_completed refine[2]/body/after', 'step_completed refine[2]/body',
        'iteration_completed refine', 'step_completed refine', 'workflow_completed',
      ]);
      expect(only(resumed, 'workflow_completed').data.result).toBe(2);
    });
  });
});
