import { setImmediate as turn } from 'node:timers/promises';
import { type Journal } from '../journal/journal.js';
import { type Page } from '../journal/journal.types.js';
import { type LiveExecution } from './live.execution.js';

const PAGE: Page = { limit: 500, maxLength: 256 * 1024 };

/**
 * What became of an execution before its event `before`, in another process: whom it asked, and since when, is part of what
 * it took. A page a turn, as there may be many of them at a start.
 */
export async function recallPast(journal: Journal, executionId: string, before: number, live: LiveExecution): Promise<void> {
  for (let after = 0; after < before - 1; ) {
    const page = await journal.read(executionId, after, PAGE);
    if (!page) return;
    for (const recorded of page.events) if (recorded.seq < before) live.recall(recorded);
    after = page.lastSeq;
    await turn();
  }
}
