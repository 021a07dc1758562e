import { type EventBatch } from './event-batch.js';
import { type Page } from './journal.types.js';

const PAGE: Page = { limit: 1000, maxLength: 1024 * 1024 };

/** What is committed of a log, page by page, with a turn for others between two. */
export async function* readLog(read: (after: number, page: Page) => Promise<EventBatch | undefined>, page = PAGE): AsyncGenerator<EventBatch> {
  for (let batch = await read(0, page); batch; batch = await read(batch.lastSeq, page)) {
    yield batch;
    await new Promise((resolve) => setImmediate(resolve));
  }
}
