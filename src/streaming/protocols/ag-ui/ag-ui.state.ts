/** How an execution stands, as AG-UI's shared state: under the key `stepcast`, so that an app's own state stays beside it. */
import { isObject, type JsonObject, type JsonValue, memberPath } from '../../../contract/json.js';
import { type ExecutionState, type StepState } from '../../../contract/state.js';
import { type PatchOperation, type TokenUsage } from './ag-ui.events.js';

const ROOT = '/stepcast';

/** The whole state. @param given The client's own. */
export function stateSnapshot(execution: ExecutionState, given: JsonValue): JsonObject {
  const { id, workflow, status, progress, steps, usage } = execution;
  const own = Object.fromEntries(Object.values(steps).map((step) => [step.id, viewOf(step)]));
  const others = isObject(given) ? given : {};
  return { ...others, stepcast: { executionId: id, workflow, status, progress, steps: own, usage: { ...usage } as JsonObject } };
}

export function stepPatch(step: StepState): PatchOperation {
  return { op: 'add', path: memberPath(`${ROOT}/steps`, step.id), value: viewOf(step) };
}

export function patchOf(key: 'status' | 'progress' | 'usage', value: JsonValue): PatchOperation {
  return { op: 'add', path: memberPath(ROOT, key), value };
}

function viewOf({ name, type, status, attempt, iteration, progress, error }: StepState): JsonObject {
  return { name, type, status, attempt, iteration, progress, ...(error === undefined ? {} : { error: { code: error.code, message: error.message } }) };
}

/** Of the tokens, those that AG-UI has a name for; nothing where none were used. */
export function tokenUsage({ usage }: ExecutionState): { usage?: TokenUsage[] } {
  const { inputTokens, outputTokens, totalTokens, reasoningTokens, cachedInputTokens } = usage;
  const counts = Object.entries({ inputTokens, outputTokens, totalTokens, reasoningTokens, cachedInputTokens })
    .filter((entry): entry is [string, number] => Number.isSafeInteger(entry[1]) && (entry[1] as number) >= 0);
  return counts.length === 0 ? {} : { usage: [Object.fromEntries(counts)] };
}
