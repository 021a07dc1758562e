import { DEFINITION_LIMITS as LIMITS, type WorkflowDefinition } from '../../contract/definition.js';

/** Stands for an agent that is a function. No name of an agent that anyone can register. */
export const CODE_AGENT = '\u0000function';

/** Stands for what lies deeper, or comes later, than any valid tree has: trees of code may be circular. */
const BEYOND = { type: 'agent', name: 'beyond', agent: CODE_AGENT };

/** The tree with something valid in the place of every function that may be there, so that it can be checked as JSON. */
export function formOf(definition: WorkflowDefinition): unknown {
  if (!isRecord(definition)) return definition;
  let count = 0;

  const children = (value: unknown, level: number): unknown =>
    Array.isArray(value) ? value.map((item) => formOfStep(item, level)) : formOfStep(value, level);

  const formOfStep = (step: unknown, level: number): unknown => {
    if (!isRecord(step)) return step;
    // One more than allowed of both, for the check to see.
    if (level > LIMITS.levels + 1 || ++count > LIMITS.steps + 1) return BEYOND;
    const form: Record<string, unknown> = { ...step };
    if (typeof form.agent === 'function') form.agent = CODE_AGENT;
    if (typeof form.input === 'function') delete form.input;
    for (const key of ['when', 'until']) if (typeof form[key] === 'function') form[key] = 'true';
    for (const key of ['steps', 'step', 'then', 'else']) if (key in form) form[key] = children(form[key], level + 1);
    return form;
  };

  return { ...definition, steps: children(definition.steps, 1) };
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
