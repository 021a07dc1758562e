import { DEFINITION_LIMITS as LIMITS, type WorkflowDefinition } from '../../contract/definition.js';
import { isObject } from '../../contract/json.js';

/** Stands for an agent that is a function. No name of an agent that anyone can register. */
export const CODE_AGENT = '\u0000function';

/** The tree with something valid in the place of every function that may be there, so that it can be checked as JSON. */
export function formOf(definition: WorkflowDefinition): unknown {
  if (!isObject(definition)) return definition;
  let count = 0;

  const formOfStep = (step: unknown, level: number): unknown => {
    if (!isObject(step)) return step;
    count++;
    // Trees of code may be circular: what lies too deep or comes too late is cut, one step later than the check refuses it.
    if (level > LIMITS.levels + 1 || count > LIMITS.steps + 1) return { type: 'agent', name: `step_${count}_of_too_many`, agent: CODE_AGENT };
    const form: Record<string, unknown> = { ...step };
    if (typeof form.agent === 'function') form.agent = CODE_AGENT;
    if (typeof form.input === 'function') delete form.input;
    for (const key of ['when', 'until']) if (typeof form[key] === 'function') form[key] = 'true';
    for (const key of ['steps', 'step', 'then', 'else']) if (key in form) form[key] = formOfChildren(form[key], level + 1);
    return form;
  };
  const formOfChildren = (value: unknown, level: number): unknown => {
    if (!Array.isArray(value)) return formOfStep(value, level);
    return value.flatMap((item) => (count > LIMITS.steps + 1 ? [] : [formOfStep(item, level)]));
  };

  return { ...definition, steps: formOfChildren(definition.steps, 1) };
}
