/** Agents can be named in any workflow, so each looks at what it is given. */
import { StepcastError } from '../../../contract/errors.js';
import { type JsonValue } from '../../../contract/json.js';
import { listOf, objectOf, textOf, wholeOf } from '../../team/settings.js';
import { type Finding, type Research } from '../research.types.js';
import { BREADTH, DEPTH } from './settings.agent.js';

/** @throws StepcastError `invalid_input` */
export function researchOf(given: JsonValue | undefined, name: string): Research {
  const { question, breadth, depth, model, round, findings } = objectOf(given ?? null, name);
  const list = listOf(findings, `${name}.findings`);
  if (!list.every(isFinding)) throw new StepcastError('invalid_input', `${name}.findings must be a list of {id, round, title, question, why, step, answer}`);
  return {
    question: textOf(question, `${name}.question`),
    breadth: wholeOf(breadth, `${name}.breadth`, 1, BREADTH.most),
    depth: wholeOf(depth, `${name}.depth`, 1, DEPTH.most),
    model: textOf(model, `${name}.model`),
    round: wholeOf(round, `${name}.round`, 0, DEPTH.most),
    findings: list as unknown as Finding[],
  };
}

function isFinding(value: JsonValue): boolean {
  const { id, title, question, why, step, answer } = (value ?? {}) as Partial<Record<keyof Finding, JsonValue>>;
  return [id, title, question, why, step, answer].every((text) => typeof text === 'string');
}
