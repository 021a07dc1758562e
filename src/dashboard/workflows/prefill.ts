/** An input that a form shall begin with: that of an execution which one wants to run anew with a change. */
import { type WorkflowDefinition } from '../../contract/definition.js';
import { type JsonValue } from '../../contract/json.js';

let own: { workflow: WorkflowDefinition; input: JsonValue } | undefined;
let kept: { workflow: string; input: JsonValue } | undefined;

export function prefill(workflow: string, input: JsonValue): void {
  kept = { workflow, input };
}

export function prefilled(workflow: string): JsonValue | undefined {
  return kept?.workflow === workflow ? kept.input : undefined;
}

/** The same for a definition that was given whole with the start. */
export function prefillOwn(workflow: WorkflowDefinition, input: JsonValue): void {
  own = { workflow, input };
}

/** Once: then what is typed is what counts. */
export function takePrefilledOwn(): typeof own {
  const taken = own;
  own = undefined;
  return taken;
}
