import { applyEvent, type ExecutionState, initialState } from '../contract/state.js';
import { type Journal } from '../journal/journal.js';
import { type ExecutionRecord } from '../journal/journal.types.js';

const PAGE = { limit: 1000, maxLength: 1024 * 1024 };

/** The state of an execution as its log tells it, read page by page so that others get their turn. @throws StepcastError `gone` */
export async function foldLog(journal: Journal, record: ExecutionRecord): Promise<ExecutionState> {
  const state = initialState({ ...record, createdAt: new Date(record.createdAt).toISOString() });
  for (;;) {
    const batch = await journal.read(record.id, state.lastSeq, PAGE);
    if (!batch) return state;
    for (const { event } of batch.events) applyEvent(state, event);
    await new Promise((resolve) => setImmediate(resolve));
  }
}
