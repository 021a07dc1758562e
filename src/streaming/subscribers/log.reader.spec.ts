import { AsyncLocalStorage } from 'node:async_hooks';
import { mkdtempSync, renameSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { firstValueFrom, skipWhile } from 'rxjs';
import { TakingSink, attach, Watched } from '../../../test/support/subscribers.js';
import { eventually } from '../../../test/support/patience.js';
import { Owner, turns } from '../../journal/conformance/fixture.conformance.js';
import { StepcastError } from '../../contract/errors.js';
import { SqliteJournal } from '../../journal/sqlite/sqlite-journal.js';

let journal: SqliteJournal;
let owner: Owner;
let sink: TakingSink;
beforeEach(async () => {
  journal = new SqliteJournal({ dataDir: ':memory:' });
  await journal.open();
  owner = await Owner.start(journal);
  sink = new TakingSink();
});
afterEach(() => journal.close());

const commit = async (count = 1, text?: string) => {
  owner.append(count, text);
  await journal.flushed();
};
/** How often the journal was read, from here on. */
const readings = () => {
  const readAllAfter = journal.readAllAfter.bind(journal);
  const counted = { count: 0 };
  journal.readAllAfter = (...args) => (counted.count++, readAllAfter(...args));
  return counted;
};

describe('a reader of all executions', () => {
  it('without a cursor takes what is committed from now on, as it was committed, and does not ask the journal for it', async () => {
    await commit(3);
    const read = readings();
    await attach(journal, sink);
    const other = await Owner.start(journal);
    for (let i = 0; i < 20; i++) {
      other.append(2);
      await commit();
    }
    await sink.until(60);
    expect(sink.json.filter((json) => json.includes(other.id))).toEqual(other.log);
    expect(sink.json.filter((json) => json.includes(owner.id))).toEqual(owner.log.slice(3));
    expect(read.count).toBe(0);
  });

  it('that does not take anything keeps a bounded number of events, then reads the rest from the journal, none lost or doubled', async () => {
    const read = readings();
    const reader = await attach(journal, sink);
    sink.shut();
    for (let i = 0; i < 60; i++) await commit(100);
    expect(reader.lag).toBeGreaterThan(50);
    const { queue } = reader as unknown as { queue: unknown[] };
    expect(queue).toEqual([]);
    sink.open();
    await sink.until(6000);
    expect(sink.json).toEqual(owner.log);
    expect(read.count).toBeGreaterThan(0);
    await eventually(() => reader.lag === 0, 'the end of the lag');
    const before = read.count;
    await commit(5);
    await sink.until(6005);
    expect([sink.json, read.count]).toEqual([owner.log, before]);
  });

  it('is bounded by length too', async () => {
    const reader = await attach(journal, sink);
    sink.shut();
    for (let i = 0; i < 8; i++) await commit(1, 'x'.repeat(1024 * 1024));
    expect((reader as unknown as { queue: unknown[] }).queue).toEqual([]);
    sink.open();
    await sink.until(8);
    expect(sink.json).toEqual(owner.log);
  });

  it('that does not take anything holds up neither the journal nor another reader', async () => {
    const stuck = new TakingSink();
    stuck.shut();
    await attach(journal, stuck);
    await attach(journal, sink);
    for (let i = 0; i < 50; i++) await commit(100);
    await sink.until(5000);
    expect(sink.json).toEqual(owner.log);
    expect(stuck.json).toEqual([]);
  });

  it('is not woken within the commit: nothing is taken before the turn is over', async () => {
    await attach(journal, sink);
    let during = -1;
    journal.commits$.subscribe(() => (during = sink.json.length));
    await commit(2);
    expect(during).toBe(0);
    await sink.until(2);
  });

  it('takes nothing in the context of the request that has brought it about', async () => {
    const request = new AsyncLocalStorage<string>();
    const contexts: unknown[] = [];
    const take = sink.take.bind(sink);
    sink.take = (...args) => (contexts.push(request.getStore()), take(...args));
    await attach(journal, sink);
    await request.run('a request', () => commit(2));
    await sink.until(2);
    expect(contexts).toEqual([undefined]);
  });

  it('takes the types and workflows it wants', async () => {
    await attach(journal, sink, { filter: { types: ['workflow_completed'] } });
    const none = new TakingSink();
    await attach(journal, none, { filter: { workflows: ['another'] } });
    const all = new TakingSink();
    await attach(journal, all, { filter: { workflows: ['research'], types: ['message', 'workflow_completed'] } });
    owner.append(3).finish();
    await journal.flushed();
    await Promise.all([sink.until(1), all.until(4)]);
    expect([sink.json, all.json, none.json]).toEqual([owner.log.slice(3), owner.log, []]);
  });

  it('goes on when what it throws into it fails, and counts it', async () => {
    const watched = new Watched();
    let failures = 3;
    const take = sink.take.bind(sink);
    sink.take = (...args) => (failures-- > 0 ? Promise.reject(new Error('a fault')) : take(...args));
    await attach(journal, sink, { watched });
    await commit(3);
    await sink.until(3);
    expect(sink.json).toEqual(owner.log);
    expect(await watched.count('errors_total')).toBe(3);
    expect(watched.told.filter((line) => line.includes('a fault'))).toHaveLength(1);
  });

  it('reads from the journal what a commit may not tell of that came after a failure', async () => {
    const dataDir = mkdtempSync(join(tmpdir(), 'stepcast-'));
    const file = new SqliteJournal({ dataDir });
    await file.open();
    const one = await Owner.start(file);
    await attach(file, sink);
    one.append();
    await file.flushed();
    await sink.until(1);
    const told: number[] = [];
    file.commits$.subscribe(({ after }) => told.push(after));
    // Moved away and put back: the next transaction fails, the one after it goes through.
    renameSync(join(dataDir, 'stepcast.db'), join(dataDir, 'away'));
    one.append(2);
    await firstValueFrom(file.health$.pipe(skipWhile(({ ready }) => ready)));
    renameSync(join(dataDir, 'away'), join(dataDir, 'stepcast.db'));
    await sink.until(3);
    expect(sink.json).toEqual(one.log);
    expect(told).toEqual([-1]);
    one.append(2);
    await file.flushed();
    await sink.until(5);
    expect(sink.json).toEqual(one.log);
    await file.close();
    rmSync(dataDir, { recursive: true });
  });

  it('waits while the journal cannot be read', async () => {
    const readAllAfter = journal.readAllAfter.bind(journal);
    let failures = 2;
    journal.readAllAfter = (...args) => (failures-- > 0 ? Promise.reject(new StepcastError('journal_unavailable', 'not now')) : readAllAfter(...args));
    await journal.saveCursor('c', 0);
    await commit(3);
    await attach(journal, sink, { cursor: 'c' });
    await sink.until(3);
    expect([sink.json, failures]).toEqual([owner.log, -1]);
  });
});

describe('a reader with a cursor', () => {
  it('begins with its first start, and the next one goes on where it ended', async () => {
    await commit(3);
    const first = await attach(journal, sink, { cursor: 'c' });
    await commit(2);
    await sink.until(2);
    await first.stop(1000);
    await commit(4);
    const next = new TakingSink();
    await attach(journal, next, { cursor: 'c' });
    await commit(1);
    await next.until(5);
    expect([sink.json, next.json]).toEqual([owner.log.slice(3, 5), owner.log.slice(5)]);
  });

  it('gives again what was not dealt with, in order, also of a burst', async () => {
    const first = await attach(journal, sink, { cursor: 'c' });
    await commit(1);
    await sink.until(1);
    sink.shut();
    await commit(200);
    await commit(3);
    await first.stop(0);
    const next = new TakingSink();
    await attach(journal, next, { cursor: 'c' });
    await next.until(203);
    expect(next.json).toEqual(owner.log.slice(1));
  });

  it('keeps its place near the end where nothing is wanted', async () => {
    const first = await attach(journal, sink, { cursor: 'c', filter: { types: ['workflow_failed'] } });
    for (let i = 0; i < 5; i++) await commit(2);
    await eventually(() => first.lag === 0, 'the end of the lag');
    await first.stop(1000);
    expect(await journal.openCursor('c')).toBe(await journal.lastPosition());
  });

  it('keeps its place before what is not dealt with, though what came after it is', async () => {
    const other = await Owner.start(journal);
    const first = await attach(journal, sink, { cursor: 'c' });
    const came = Promise.withResolvers<void>();
    sink.take = (items, passed) => {
      for (const [i, { executionId }] of items.entries()) if (executionId === other.id) passed(i);
      came.resolve();
      return new Promise(() => undefined);
    };
    owner.append();
    other.append();
    await journal.flushed();
    await came.promise;
    await first.stop(0);
    const next = new TakingSink();
    await attach(journal, next, { cursor: 'c' });
    await next.until(2);
    expect(next.json).toEqual([...owner.log, ...other.log]);
  });

  it('keeps its place within a thousand commits of the end where nothing is wanted and it is never stopped', async () => {
    await attach(journal, sink, { cursor: 'c', filter: { types: ['workflow_failed'] } });
    for (let i = 0; i < 1100; i++) await commit();
    await eventually(async () => (await journal.openCursor('c')) > 1000, 'a place that is saved');
    expect(sink.json).toEqual([]);
  });

  it('passes over what retention has removed, and reports it', async () => {
    await journal.openCursor('c');
    const old = (await Owner.start(journal)).append(5).finish('completed', 1000);
    await commit(2);
    await journal.sweep(2000, 0, 5000);
    const watched = new Watched();
    await attach(journal, sink, { cursor: 'c', watched });
    await sink.until(2);
    expect(sink.json).toEqual(owner.log);
    expect(sink.json.join()).not.toContain(old.id);
    expect(await watched.count('skipped_total')).toBe(1);
    expect(watched.told).toEqual([expect.stringContaining('missed 1 batches')]);
  });

  it('ends with the process although its subscriber never answers', async () => {
    const reader = await attach(journal, sink, { cursor: 'c' });
    sink.take = () => new Promise(() => undefined);
    await commit(1);
    await turns();
    await reader.stop(0);
    expect(sink.closed).toBe(true);
    const next = new TakingSink();
    await attach(journal, next, { cursor: 'c' });
    await next.until(1);
  });

  it('delivers at the end what is committed by then', async () => {
    const reader = await attach(journal, sink, { cursor: 'c' });
    await commit(20);
    await reader.stop(10_000);
    expect(sink.json).toEqual(owner.log);
    expect(await journal.openCursor('c')).toBe(await journal.lastPosition());
  });
});
