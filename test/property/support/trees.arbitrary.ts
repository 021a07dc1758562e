/**
 * Workflows by chance: every type of step, nested, small enough to run in milliseconds. A tree is drawn first without
 * names (`Plan`), then built: names are given in order, and conditions and inputs get to name only steps that have
 * certainly completed before, so that a failure is one the tree wants.
 */
import fc from 'fast-check';
import { type AgentStep, type Step, type StreamConfig, type WorkflowDefinition } from '../../../src/contract/definition.js';
import { type JsonValue, toJson } from '../../../src/contract/json.js';

type Plan =
  | { kind: 'agent'; agent: 'echo' | 'delay' | 'tokens' | 'flaky' | 'rich' | 'breaks' | 'hang' | 'deaf'; pick: number }
  | { kind: 'input'; pick: number }
  | { kind: 'sequential'; steps: Plan[]; pick: number }
  | { kind: 'parallel'; steps: Plan[]; concurrency: number; keepOn: boolean; pick: number }
  | { kind: 'conditional'; then: Plan; otherwise: Plan | undefined; pick: number }
  | { kind: 'retry'; step: Plan; more: number; pick: number }
  | { kind: 'iteration'; step: Plan; rounds: number; pick: number };

export interface Tree {
  definition: WorkflowDefinition;
  input: JsonValue;
}

export interface TreeOptions {
  /** Only trees whose outcome does not depend on time, chance and crashes. */
  deterministic: boolean;
  /** With steps that hang until they are cancelled, and agents that do not listen. */
  stubborn?: boolean;
}

const pick = fc.nat({ max: 1000 });
const STREAMING: StreamConfig[] = [{}, {}, {}, { flushIntervalMs: 1 }, { enabled: false }, { emitProgress: false, emitLogs: false }, { bufferSize: 1 }];

export function tree(options: TreeOptions): fc.Arbitrary<Tree> {
  return fc.record({ plans: fc.array(plan(options), { minLength: 1, maxLength: 4 }), input: fc.jsonValue({ maxDepth: 1 }), streaming: fc.constantFrom(...STREAMING) })
    .map(({ plans, input, streaming }) => {
      const steps = new Builder(options).buildAll(plans);
      return { definition: { name: 'chance', streaming, steps }, input: toJson(input) };
    });
}

function plan({ deterministic, stubborn = false }: TreeOptions): fc.Arbitrary<Plan> {
  const agents: Extract<Plan, { kind: 'agent' }>['agent'][] = ['echo', 'echo', 'delay', 'tokens', 'tokens', 'flaky', 'rich', 'breaks'];
  if (stubborn) agents.push('hang', 'deaf', 'deaf');
  if (deterministic) agents.push('echo', 'tokens', 'rich', 'delay', 'flaky');
  const leaf: fc.Arbitrary<Plan> = fc.oneof(
    { weight: 9, arbitrary: fc.record({ kind: fc.constant('agent' as const), agent: fc.constantFrom(...agents), pick }) },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant('input' as const), pick }) },
  );
  const { node } = fc.letrec<{ node: Plan }>((tie) => ({
    node: fc.oneof(
      { depthSize: 'small', maxDepth: 4, withCrossShrink: true },
      { weight: 6, arbitrary: leaf },
      { weight: 2, arbitrary: fc.record({ kind: fc.constant('sequential' as const), steps: fc.array(tie('node'), { minLength: 1, maxLength: 3 }), pick }) },
      { weight: 3, arbitrary: fc.record({ kind: fc.constant('parallel' as const), steps: fc.array(tie('node'), { minLength: 1, maxLength: 4 }), concurrency: fc.nat({ max: 3 }), keepOn: fc.boolean(), pick }) },
      { weight: 2, arbitrary: fc.record({ kind: fc.constant('conditional' as const), then: tie('node'), otherwise: fc.option(tie('node'), { nil: undefined }), pick }) },
      { weight: 3, arbitrary: fc.record({ kind: fc.constant('retry' as const), step: tie('node'), more: fc.nat({ max: 2 }), pick }) },
      { weight: 2, arbitrary: fc.record({ kind: fc.constant('iteration' as const), step: tie('node'), rounds: fc.integer({ min: 1, max: 3 }), pick }) },
    ),
  }));
  return node;
}

/** A step, and how often steps in it may fail before it completes all the same. */
interface Built {
  step: Step;
  failures: number;
}

class Builder {
  private count = 0;
  private readonly inherited = ['valueOf', 'toString', 'hasOwnProperty', 'constructor'];

  constructor(private readonly options: TreeOptions) {}

  buildAll(plans: readonly Plan[]): Step[] {
    return this.inOrder(plans, [], false).map(({ step }) => step);
  }

  private name(prefix: string, n = 0): string {
    this.count++;
    // Names that every object has a member of, where an agent's step happens to get one.
    const inherited = n % 7 === 6 ? this.inherited.pop() : undefined;
    return inherited ?? `${prefix}${this.count}`;
  }

  /** @param known names of steps that have completed before; @param covered whether a `retry` above takes failures on. */
  private build(plan: Plan, known: readonly string[], covered: boolean): Built {
    switch (plan.kind) {
      case 'agent':
        return this.agent(plan.agent, plan.pick, known, covered);
      case 'input':
        return { step: { type: 'input', name: this.name('ask'), prompt: 'Is it so?', ...(plan.pick % 2 ? { schema: { type: 'string' } } : {}) }, failures: 0 };
      case 'sequential': {
        const name = this.name('seq');
        const steps = this.inOrder(plan.steps, known, covered);
        return { step: { type: 'sequential', name, steps: steps.map(({ step }) => step), ...this.timeout(plan.pick) }, failures: sum(steps) };
      }
      case 'parallel': {
        const name = this.name('par');
        const steps = plan.steps.map((one) => this.build(one, known, covered && !plan.keepOn));
        return {
          step: {
            type: 'parallel', name, steps: steps.map(({ step }) => step), ...(plan.concurrency ? { concurrency: plan.concurrency } : {}),
            ...(plan.keepOn ? { onError: 'continue' as const } : {}), ...this.timeout(plan.pick),
          },
          failures: sum(steps),
        };
      }
      case 'conditional': {
        const name = this.name('if');
        const when = this.condition(plan.pick, known);
        const then = this.build(plan.then, known, covered);
        const otherwise = plan.otherwise && this.build(plan.otherwise, known, covered);
        return {
          step: { type: 'conditional', name, when, then: then.step, ...(otherwise ? { else: otherwise.step } : {}) },
          failures: then.failures + (otherwise?.failures ?? 0),
        };
      }
      case 'retry': {
        const name = this.name('retry');
        const { step, failures } = this.build(plan.step, known, true);
        const maxAttempts = this.options.deterministic ? failures + 1 + plan.more : 1 + plan.more;
        const backoff = { delayMs: plan.pick % 3, jitter: plan.pick % 2 === 0 };
        return { step: { type: 'retry', name, maxAttempts, backoff, step }, failures: 0 };
      }
      case 'iteration': {
        const name = this.name('loop');
        const { step, failures } = this.build(plan.step, known, covered);
        const until = plan.pick % 2 ? { until: this.condition(plan.pick, [...known, step.name]) } : {};
        return { step: { type: 'iteration', name, maxIterations: plan.rounds, ...until, step }, failures: failures * plan.rounds };
      }
    }
  }

  private inOrder(plans: readonly Plan[], known: readonly string[], covered: boolean): Built[] {
    const names = [...known];
    return plans.map((one) => {
      const built = this.build(one, names, covered);
      names.push(built.step.name);
      return built;
    });
  }

  private agent(agent: Extract<Plan, { kind: 'agent' }>['agent'], n: number, known: readonly string[], covered: boolean): Built {
    const step = (input?: JsonValue, more: Partial<AgentStep> = {}): AgentStep =>
      ({ type: 'agent', name: this.name(agent, n), agent, ...(input === undefined ? {} : { input }), ...more });
    switch (agent) {
      case 'echo': {
        const one = known[n % Math.max(1, known.length)];
        const inputs: (JsonValue | undefined)[] = [undefined, n, { all: '{{input}}' }, ...(one ? [`{{steps.${one}.output}}`, `say {{steps.${one}.output}} and {{previous}}`] : [])];
        return { step: step(inputs[n % inputs.length]), failures: 0 };
      }
      case 'delay':
        return { step: step({ ms: n % 4 }), failures: 0 };
      case 'tokens':
        return { step: step({ text: ['one two three', 'a', '\ud83d\ude00\u2028 b\r\nc', 'é \ud800 x'][n % 4] as string, intervalMs: n % 2 }), failures: 0 };
      case 'flaky': {
        const failures = n % 3;
        const flaky = step({ failures });
        if (!this.options.deterministic || covered) return { step: flaky, failures };
        return { step: { type: 'retry', name: this.name('cover'), maxAttempts: failures + 1, backoff: { delayMs: n % 2, jitter: false }, step: flaky }, failures: 0 };
      }
      case 'hang':
        return { step: step(undefined, { timeoutMs: 1 + (n % 3) }), failures: 0 };
      default:
        return { step: step(), failures: 0 };
    }
  }

  private condition(n: number, known: readonly string[]): string {
    const one = known[n % Math.max(1, known.length)];
    const conditions = ['true', 'false', ...(one ? [`steps.${one}.output == steps.${one}.output`, `steps.${one}.output == 'answer'`] : ['input == input']), ...(n % 29 === 0 ? ['input.nowhere.at.all'] : [])];
    return conditions[n % conditions.length] as string;
  }

  /** Composites with too little time, where the outcome need not be known. */
  private timeout(n: number): { timeoutMs?: number } {
    return !this.options.deterministic && n % 9 === 0 ? { timeoutMs: 1 + (n % 4) } : {};
  }
}

function sum(built: readonly Built[]): number {
  return built.reduce((all, { failures }) => all + failures, 0);
}
