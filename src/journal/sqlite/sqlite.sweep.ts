/**
 * Retention. A log may be long, and others want to write meanwhile: an execution's record goes first, in one
 * transaction with what stands for it, then its events part by part, a turn each. What a sweep that is cut short
 * leaves behind, the next one takes away.
 */
import { type SqliteWriter } from './sqlite.writer.js';

/** Free pages that stay in the file, to be used again. */
const SPARE_PAGES = 1000;

/** Answers how many executions were removed. @throws StepcastError `journal_unavailable` */
export async function sweep(writer: SqliteWriter, before: number, forgetBefore: number, now: number): Promise<number> {
  let removed = 0;
  for (let ordinal; (ordinal = await removeOne(writer, before, now)) !== undefined; removed++) await deleteEvents(writer, ordinal);
  await writer.operate(({ sql }) => sql.forgetRemoved.run(forgetBefore));
  if (removed > 0) await giveSpaceBack(writer);
  return removed;
}

/** Removes what a sweep left behind that was cut short. Looked for only where that may be, as it looks through all that is remembered. */
export async function sweepLeftOver(writer: SqliteWriter): Promise<void> {
  const orphans = await writer.operate(({ sql }) => sql.orphans.all() as unknown as { ordinal: number }[]);
  for (const { ordinal } of orphans) await deleteEvents(writer, ordinal);
}

/** Removes the record of one execution; the number under which its events are still there, or nothing where none is due. */
function removeOne(writer: SqliteWriter, before: number, now: number): Promise<number | undefined> {
  return writer.operate(({ sql }) => {
    const row = sql.finishedBefore.get(before) as { ordinal: number; id: string; user: string } | undefined;
    if (!row) return undefined;
    sql.deleteExecution.run(row.ordinal);
    sql.deleteKeys.run(row.id);
    sql.insertRemoved.run(row.id, row.user, row.ordinal, now);
    return row.ordinal;
  });
}

async function deleteEvents(writer: SqliteWriter, ordinal: number): Promise<void> {
  while (await writer.operate((log) => log.removeSome(ordinal)));
}

export async function giveSpaceBack(writer: SqliteWriter): Promise<void> {
  for (let more = true; more; ) {
    more = await writer.operate(({ sql }) => {
      const { freelist_count: free } = sql.freePages.get() as { freelist_count: number };
      if (free > SPARE_PAGES) sql.vacuum.all();
      return free > SPARE_PAGES;
    });
  }
}
