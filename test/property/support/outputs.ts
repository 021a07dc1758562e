import { isDeepStrictEqual } from 'node:util';
import { type JsonValue } from '../../../src/contract/json.js';
import { type Life, type Lives } from './lives.js';

/** Why `output` cannot be the output of a step, given the steps below it (CONTRACT section 5); nothing where it can. */
export function outputFault(life: Life, output: JsonValue, lives: Lives): string | undefined {
  const { step } = life.place;
  const below = lives.below(life.id, step.type === 'iteration' ? life.rounds : undefined);
  const completed = below.filter(({ status }) => status === 'completed');
  const last = completed.at(-1)?.output;
  const isOf = (expected: JsonValue | undefined) =>
    isDeepStrictEqual(output, expected) ? undefined : `the output is ${JSON.stringify(output)}, of the steps below it ${JSON.stringify(expected)}`;

  switch (step.type) {
    case 'agent':
      // An agent that streams its whole output as text: after retries and crashes too, the pieces are the text (P11).
      return step.agent === 'tokens' && life.text !== '' && life.text !== output ? `the text is "${life.text}", the output ${JSON.stringify(output)}` : undefined;
    case 'input':
      return isDeepStrictEqual(output, life.received) ? undefined : 'the output is not the answer';
    case 'sequential':
      if (completed.length !== step.steps.length) return `completed after ${completed.length} of ${step.steps.length} steps`;
      return isOf(below.find(({ place }) => place.index === step.steps.length - 1)?.output);
    case 'parallel': {
      const ended = step.onError === 'continue' ? below.filter(({ status }) => status === 'completed' || status === 'failed') : completed;
      if (ended.length !== step.steps.length) return `completed after ${ended.length} of ${step.steps.length} branches`;
      return isOf(Object.fromEntries(completed.map(({ place, output: one }) => [place.step.name, one as JsonValue])));
    }
    case 'conditional': {
      const skipped = below.filter(({ status }) => status === 'skipped').length;
      if (skipped + completed.length !== below.length) return 'completed with a branch that is neither completed nor skipped';
      return isOf(completed.length ? last : null);
    }
    case 'retry':
      return completed.length === 1 ? isOf(last) : 'completed before its step';
    case 'iteration':
      if (life.roundOpen || life.rounds === 0) return 'completed in the middle of a round';
      if (step.until === undefined && life.rounds !== step.maxIterations) return `completed after ${life.rounds} of ${step.maxIterations} rounds`;
      return isOf(last);
  }
}
