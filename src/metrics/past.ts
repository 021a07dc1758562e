import { type RecordedEvent } from '../journal/event-batch.js';
import { type Journal } from '../journal/journal.js';
import { type Page } from '../journal/journal.types.js';
import { readLog } from '../journal/read-log.js';
import { type LiveExecution } from './live.execution.js';

/** Small ones, as many executions may be read at once at a start. */
const PAGE: Page = { limit: 500, maxLength: 256 * 1024 };

/** What became of an execution before its event `before`, in another process: whom it asked, and since when, is part of what it took. */
export async function recallPast(journal: Journal, executionId: string, before: number, live: LiveExecution, momentOf: (recorded: RecordedEvent) => number): Promise<void> {
  if (before <= 1) return;
  for await (const page of readLog((after, size) => journal.read(executionId, after, size), PAGE)) {
    for (const recorded of page.events) if (recorded.seq < before) live.recall(recorded, momentOf);
    if (page.lastSeq >= before - 1) return;
  }
}
