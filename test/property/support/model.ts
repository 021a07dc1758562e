/**
 * What a tree must come to, said in the plainest way: a recursive walk, one step after another, without time, events or
 * crashes. It holds for trees that are `deterministic` (trees.arbitrary.ts).
 */
import { type Step, type WorkflowDefinition } from '../../../src/contract/definition.js';
import { type JsonValue } from '../../../src/contract/json.js';
import { evaluateCondition } from '../../../src/orchestration/definition/expression.js';
import { resolveTemplate } from '../../../src/orchestration/definition/template.js';
import { answerOf } from './engine.fixture.js';

export type Outcome = { completed: true; output: JsonValue } | { completed: false };

const FAILED: Outcome = { completed: false };
const completed = (output: JsonValue): Outcome => ({ completed: true, output });

export function outcomeOf(definition: WorkflowDefinition, input: JsonValue): Outcome {
  return new Model(input).inOrder(definition.steps, input, '');
}

class Model {
  private readonly results = Object.create(null) as Record<string, JsonValue>;
  private readonly attempts = new Map<string, number>();

  constructor(private readonly input: JsonValue) {}

  inOrder(steps: readonly Step[], first: JsonValue, base: string): Outcome {
    let outcome = completed(first);
    for (const step of steps) {
      if (!outcome.completed) return outcome;
      outcome = this.step(step, outcome.output, base);
    }
    return outcome;
  }

  private step(step: Step, previous: JsonValue, base: string): Outcome {
    let outcome: Outcome;
    try {
      outcome = this.inner(step, previous, `${base}${step.name}`);
    } catch {
      return FAILED;
    }
    if (outcome.completed) this.results[step.name] = outcome.output;
    return outcome;
  }

  private inner(step: Step, previous: JsonValue, id: string): Outcome {
    switch (step.type) {
      case 'agent':
        return this.agent(step.agent as string, step.input === undefined ? previous : resolveTemplate(step.input as JsonValue, this.context(previous)), id);
      case 'input':
        return completed(answerOf(id));
      case 'sequential':
        return this.inOrder(step.steps, previous, `${id}/`);
      case 'parallel': {
        const outcomes = step.steps.map((branch) => this.step(branch, previous, `${id}/`));
        if (step.onError !== 'continue' && outcomes.some((outcome) => !outcome.completed)) return FAILED;
        return completed(Object.fromEntries(step.steps.flatMap(({ name }, i) => {
          const outcome = outcomes[i] as Outcome;
          return outcome.completed ? [[name, outcome.output]] : [];
        })));
      }
      case 'conditional': {
        const taken = this.holds(step.when as string, previous) ? step.then : step.else;
        return taken ? this.step(taken, previous, `${id}/`) : completed(null);
      }
      case 'retry': {
        let outcome = FAILED;
        for (let i = 0; i < step.maxAttempts && !outcome.completed; i++) outcome = this.step(step.step, previous, `${id}/`);
        return outcome;
      }
      case 'iteration': {
        let outcome = completed(previous);
        for (let round = 1; round <= step.maxIterations && outcome.completed; round++) {
          outcome = this.step(step.step, outcome.output, `${id}[${round}]/`);
          // After the last round nothing depends on the condition: it is not asked.
          if (outcome.completed && round < step.maxIterations && step.until !== undefined && this.holds(step.until as string, previous)) break;
        }
        return outcome;
      }
    }
  }

  private agent(name: string, input: JsonValue, id: string): Outcome {
    const attempt = (this.attempts.get(id) ?? 0) + 1;
    this.attempts.set(id, attempt);
    const { text, failures } = (input ?? {}) as { text?: string; failures?: number };
    switch (name) {
      case 'tokens':
        return completed(text as string);
      case 'flaky':
        return attempt <= (failures as number) ? FAILED : completed(input);
      case 'rich':
        return completed({ text: `rich of ${id} \ud83d\ude00` });
      case 'deaf':
        return completed('deaf');
      case 'breaks':
      case 'hang':
        return FAILED;
      default:
        return completed(input);
    }
  }

  private holds(condition: string, previous: JsonValue): boolean {
    return evaluateCondition(condition, this.context(previous));
  }

  private context(previous: JsonValue) {
    return { input: this.input, previous, results: this.results };
  }
}
