import { type ExecutionState, initialState } from '../contract/state.js';
import { type ExecutionRecord } from '../journal/journal.types.js';

/** The state of an execution before its first event. */
export function stateBefore(record: ExecutionRecord): ExecutionState {
  const { id, workflow, sessionId, createdAt } = record;
  return initialState({ id, workflow, sessionId, createdAt: new Date(createdAt).toISOString() });
}
