/** An input that a form shall begin with: that of an execution which one wants to run anew with a change. */
import { type JsonValue } from '../../contract/json.js';

let kept: { workflow: string; input: JsonValue } | undefined;

export function prefill(workflow: string, input: JsonValue): void {
  kept = { workflow, input };
}

export function prefilled(workflow: string): JsonValue | undefined {
  return kept?.workflow === workflow ? kept.input : undefined;
}
