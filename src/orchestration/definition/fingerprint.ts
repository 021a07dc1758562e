/** Whether two definitions run the same steps: what an execution compares before it goes on with a newer deployment. */
import { createHash } from 'node:crypto';
import { definitionData, type Step, type WorkflowDefinition } from '../../contract/definition.js';
import { canonicalJson, type JsonObject, type JsonValue } from '../../contract/json.js';

/**
 * SHA-256, base64url, over what decides how a workflow runs: names, types, structure, agents, inputs, options and
 * conditions. Of functions it only sees that there is one. Descriptions, `streaming`, `inputSchema` and `cache` are left
 * out, as they change nothing for an execution that has started.
 */
export function fingerprintOf(definition: WorkflowDefinition): string {
  const { description: _description, inputSchema: _inputSchema, streaming: _streaming, ...data } = definitionData(definition).data as JsonObject;
  const shape = { ...data, steps: shapeOf(data.steps as JsonValue) };
  return createHash('sha256').update(canonicalJson(shape)).digest('base64url');
}

/** A step, or several, without descriptions and what is said of caching. Data such as `input` is left as it is, whatever its members are called. */
function shapeOf(value: JsonValue): JsonValue {
  if (Array.isArray(value)) return value.map(shapeOf);
  const { description: _description, cache: _cache, ...step } = value as JsonObject;
  for (const key of ['steps', 'step', 'then', 'else']) {
    const children = step[key];
    if (children !== undefined) step[key] = shapeOf(children);
  }
  return step;
}

/**
 * The steps of what `define()` gives. A `sequential` at the root stands for the workflow itself: its steps become the
 * workflow's steps. One with a time-out of its own stays a step, or nothing would keep the time-out.
 */
export function rootSteps(defined: Step | Step[] | Pick<WorkflowDefinition, 'steps'>): Step[] {
  if (Array.isArray(defined)) return defined;
  if (!('type' in defined)) return defined.steps;
  return defined.type === 'sequential' && defined.timeoutMs === undefined ? defined.steps : [defined];
}
