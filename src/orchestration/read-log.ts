import { type ExecutionState, initialState } from '../contract/state.js';
import { type EventBatch } from '../journal/event-batch.js';
import { type ExecutionRecord, type Page } from '../journal/journal.types.js';

const PAGE: Page = { limit: 1000, maxLength: 1024 * 1024 };

/** The state of an execution before its first event. */
export function stateBefore(record: ExecutionRecord): ExecutionState {
  const { id, workflow, sessionId, createdAt } = record;
  return initialState({ id, workflow, sessionId, createdAt: new Date(createdAt).toISOString() });
}

/** What is committed of a log, page by page, with a turn for others between two. */
export async function* readLog(read: (after: number, page: Page) => Promise<EventBatch | undefined>): AsyncGenerator<EventBatch> {
  for (let batch = await read(0, PAGE); batch; batch = await read(batch.lastSeq, PAGE)) {
    yield batch;
    await new Promise((resolve) => setImmediate(resolve));
  }
}
