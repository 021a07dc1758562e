import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { execution, recorded } from '../conformance/fixture.conformance.js';
import { type RecordedEvent } from '../event-batch.js';
import { type Head } from '../journal.types.js';
import { openDatabase, type OpenDatabase } from './sqlite.database.js';
import { type SqliteLog } from './sqlite.log.js';
import { type ExecutionRow, recordOf } from './sqlite.statements.js';

const HEAD: Head = { status: 'running', progress: 0.5, startedAt: 1, finishedAt: null, error: null };
const ALL = { limit: 1_000_000 };

/** What a journal's conformance shows of a log is in its suite; here is when rows go to the index, and what an opening finds. */
describe('SqliteLog', () => {
  let database: OpenDatabase;
  let log: SqliteLog;
  const logs = new Map<string, string[]>();
  beforeEach(() => {
    database = openDatabase({ dataDir: ':memory:' });
    ({ log } = database);
    logs.clear();
  });
  afterEach(() => database.close());

  const start = () => {
    const { id } = execution();
    log.created(recordOf(log.sql.insertExecution.get(id, 'ann', 'w', null, 1, 'data', '{}', 'f', '{}') as unknown as ExecutionRow));
    logs.set(id, []);
    return id;
  };
  /** A transaction in which the execution gives so many events. */
  const give = (id: string, count = 1, end = false, text = 'piece') => {
    const written = logs.get(id) as string[];
    const events = Array.from({ length: count }, (_, i): RecordedEvent => {
      const seq = written.length + i + 1;
      return end && i === count - 1 ? recorded(id, seq, 'workflow_completed') : recorded(id, seq, 'message', text);
    });
    const head = end ? { ...HEAD, status: 'completed' as const, finishedAt: 2 } : HEAD;
    expect(log.append({ id, epoch: 1, events, head, onLost: () => undefined, recordedAt: 0, tried: false })).toBe(true);
    log.moveMark();
    written.push(...events.map(({ json }) => json));
  };
  const reload = () => {
    database.rollback();
    ({ log } = database);
  };
  const texts = (id: string, after = 0, page = ALL) => log.read(id, after, page)?.map(({ json }) => json);
  const indexed = (id: string) => {
    const { ordinal } = log.sql.ordinalOf.get(id) as { ordinal: number };
    return log.sql.indexAfter.all(ordinal, 0, -1).flatMap(({ batches }) => (JSON.parse(batches as string) as number[]).filter((_, i) => i % 2 === 0));
  };
  /** Rows that an opening looks through. */
  const behind = () => log.sql.batchesBehind.all(((log.sql.mark.get() as { batch: number } | undefined)?.batch) ?? 0).length;
  const assertAllRead = () => {
    for (const [id, written] of logs) expect(texts(id)).toEqual(written);
  };

  it('reads from every place, before and after the rows went to the index, and after an opening', () => {
    const id = start();
    const others = [start(), start()];
    for (let i = 0; i < 300; i++) {
      give(id, 1 + (i % 3));
      if (i % 5 === 0) others.forEach((other) => give(other));
    }
    const written = logs.get(id) as string[];
    const check = () => {
      for (let after = 0; after <= written.length; after++) expect(texts(id, after, { limit: 5 })).toEqual(written.slice(after, after + 5));
      assertAllRead();
    };
    check();
    reload();
    check();
    give(id, 3, true);
    check();
    reload();
    check();
  });
  it('indexes all rows of an execution that has ended, and of one that runs by the hundred', () => {
    const [ended, running] = [start(), start()];
    for (let i = 0; i < 300; i++) give(running);
    give(ended, 10);
    give(ended, 1, true);
    expect(indexed(running)).toHaveLength(256);
    expect(indexed(ended)).toEqual([301, 302]);
    assertAllRead();
  });

  it('splits what is long into rows, so that a reader in its middle passes little', () => {
    const id = start();
    give(id, 500, false, 'x'.repeat(1000));
    give(id, 1, false, 'y'.repeat(200_000));
    const sizes = log.sql.batches.all(1, 1000).map(({ body }) => (body as string).length);
    expect(sizes.length).toBeGreaterThan(8);
    expect(Math.max(...sizes.slice(0, -1))).toBeLessThan(70_000);
    assertAllRead();
    reload();
    assertAllRead();
  });

  it('keeps few rows for an opening to look through, whatever waits since long, and finds all events again', () => {
    const waiting = Array.from({ length: 50 }, () => start());
    waiting.forEach((id) => give(id, 2));
    const busy = [start(), start()];
    let most = 0;
    for (let i = 0; i < 45_000; i++) {
      busy.forEach((id) => give(id));
      if (i % 1000 === 0) most = Math.max(most, behind());
    }
    expect(most).toBeLessThan(80_000);
    expect(waiting.flatMap(indexed)).toHaveLength(50);
    reload();
    assertAllRead();
    waiting.forEach((id) => give(id, 3));
    reload();
    assertAllRead();
    for (const id of [...waiting, ...busy]) give(id, 1, true);
    reload();
    assertAllRead();
    expect(log.append({ id: busy[0] as string, epoch: 1, events: [recorded(busy[0] as string, 1)], head: HEAD, onLost: () => undefined, recordedAt: 0, tried: false })).toBe(false);
  });

  it('never gives a row the number of one that was removed', () => {
    const [old, next] = [start(), start()];
    give(old, 5, true);
    const { ordinal } = log.sql.ordinalOf.get(old) as { ordinal: number };
    for (let i = 0; i < 5000; i++) give(next);
    give(next, 1, true);
    const last = Math.max(...indexed(next));
    log.sql.deleteExecution.run((log.sql.ordinalOf.get(next) as { ordinal: number }).ordinal);
    const removed = (log.sql.lastOrdinal.get() as { seq: number }).seq;
    while (log.removeSome(removed));
    while (log.removeSome(ordinal));
    reload();
    const id = start();
    give(id);
    const mark = (log.sql.mark.get() as { batch: number }).batch;
    expect(mark).toBeGreaterThan(4000);
    expect(mark).toBeLessThanOrEqual(last);
    logs.delete(next);
    logs.delete(old);
    assertAllRead();
    reload();
    assertAllRead();
  });
});
