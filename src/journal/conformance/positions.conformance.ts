import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { type Journal } from '../journal.js';
import { type Commit, type LogPage } from '../journal.types.js';
import { type OpenJournal, Owner, whenReady } from './fixture.conformance.js';

/** Reads on to the end, page by page; answers what was there, by execution. */
async function readToEnd(journal: Journal, from = 0, limit = 1000): Promise<{ logs: Map<string, string[]>; removed: number; position: number }> {
  const logs = new Map<string, string[]>();
  let [position, removed] = [from, 0];
  for (let page: LogPage; ; position = page.position) {
    page = await journal.readAllAfter(position, { limit });
    removed += page.removed;
    for (const { batch } of page.batches) logs.set(batch.executionId, [...(logs.get(batch.executionId) ?? []), ...batch.events.map(({ json }) => json)]);
    if (page.position === position) return { logs, removed, position };
  }
}

/** The log of all executions as one: positions, and the cursors of those who read it. */
export function describePositions(journal: () => Journal): void {
  const finished = async (at: number) => {
    const owner = (await Owner.start(journal())).append(2).finish('completed', at);
    await journal().flushed();
    return owner;
  };

  describe('readAllAfter()', () => {
    it('of an empty journal answers nothing, and where it ends', async () => {
      expect(await journal().readAllAfter(0, { limit: 10 })).toEqual({ batches: [], position: 0, removed: 0 });
      expect(await journal().lastPosition()).toBe(0);
    });

    it('gives what all executions gave, in the order of the commits', async () => {
      const [a, b] = [await Owner.start(journal()), await Owner.start(journal())];
      for (const owner of [a, b, a, a, b]) {
        owner.append(2);
        await journal().flushed();
      }
      const { batches, position, removed } = await journal().readAllAfter(0, { limit: 1000 });
      expect(batches.map(({ batch }) => [batch.executionId, batch.firstSeq])).toEqual([[a.id, 1], [b.id, 1], [a.id, 3], [a.id, 5], [b.id, 3]]);
      expect(batches.map((placed) => placed.position)).toEqual(batches.map((placed) => placed.position).sort((one, other) => one - other));
      expect([position, removed]).toEqual([batches.at(-1)?.position, 0]);
      expect(await journal().lastPosition()).toBe(position);
      const rest = await journal().readAllAfter(batches[2]?.position as number, { limit: 1000 });
      expect(rest.batches.map(({ batch }) => batch.events.map(({ json }) => json))).toEqual([a.log.slice(4), b.log.slice(2)]);
    });

    it('gives each log whole and in order, however small the pages are', async () => {
      const owners = await Promise.all(Array.from({ length: 4 }, () => Owner.start(journal())));
      await fc.assert(
        fc.asyncProperty(fc.array(fc.record({ owner: fc.nat(3), count: fc.integer({ min: 1, max: 4 }), flush: fc.boolean() }), { maxLength: 20 }), fc.integer({ min: 1, max: 20 }), async (appends, limit) => {
          const from = await journal().lastPosition();
          const before = owners.map(({ log }) => log.length);
          for (const { owner, count, flush } of appends) {
            owners[owner]?.append(count);
            if (flush) await journal().flushed();
          }
          await journal().flushed();
          const { logs } = await readToEnd(journal(), from, limit);
          expect(owners.map(({ id }) => logs.get(id) ?? [])).toEqual(owners.map(({ log }, i) => log.slice(before[i])));
        }),
        { numRuns: 30 },
      );
    });

    it('ends a page by length too, with at least one batch', async () => {
      const owner = await Owner.start(journal());
      for (let i = 0; i < 3; i++) {
        owner.append(1, 'x'.repeat(1000));
        await journal().flushed();
      }
      const page = await journal().readAllAfter(0, { limit: 1000, maxLength: 500 });
      expect(page.batches).toHaveLength(1);
      expect((await readToEnd(journal(), page.position)).logs.get(owner.id)).toEqual(owner.log.slice(1));
    });

    it('passes over what retention has removed, and says how much', async () => {
      const [old, kept, last] = [await finished(1000), await finished(9000), await finished(1000)];
      const end = await journal().lastPosition();
      await journal().sweep(2000, 0, 5000);
      const { logs, removed, position } = await readToEnd(journal());
      expect([...logs.keys()]).toEqual([kept.id]);
      expect([old, last].map(({ id }) => logs.get(id))).toEqual([undefined, undefined]);
      expect(removed).toBeGreaterThanOrEqual(2);
      expect(position).toBe(end);
      expect((await readToEnd(journal(), end)).removed).toBe(0);
    });

    it('passes over what loses its execution while it is removed', async () => {
      const long = (await Owner.start(journal())).append(12_000).finish('completed', 1000);
      await journal().flushed();
      const sweep = journal().sweep(2000, 0, 5000);
      const during = await readToEnd(journal());
      await sweep;
      expect([undefined, long.log.length]).toContain(during.logs.get(long.id)?.length);
      expect((await readToEnd(journal())).logs.size).toBe(0);
    });
  });

  describe('a commit', () => {
    it('says where the log stood before it and stands after it', async () => {
      const commits: Commit[] = [];
      const owner = await Owner.start(journal());
      const start = await journal().lastPosition();
      journal().commits$.subscribe((commit) => commits.push(commit));
      for (let i = 0; i < 3; i++) {
        owner.append(2);
        await journal().flushed();
      }
      expect(commits.map(({ after }) => after)).toEqual([start, ...commits.slice(0, -1).map(({ position }) => position)]);
      for (const { after, position, batches } of commits) {
        const page = await journal().readAllAfter(after, { limit: 1 });
        expect(page.position).toBe(position);
        expect(page.batches.map(({ batch }) => batch.events.map(({ json }) => json))).toEqual(batches.map((batch) => batch.events.map(({ json }) => json)));
      }
    });
  });

  describe('a cursor', () => {
    it('begins where the log ends, and then is where it was saved', async () => {
      const owner = await finished(1000);
      const end = await journal().lastPosition();
      expect(await journal().openCursor('hook')).toBe(end);
      await finished(1000);
      expect(await journal().openCursor('hook')).toBe(end);
      expect((await readToEnd(journal(), end)).logs.has(owner.id)).toBe(false);
      await journal().saveCursor('hook', end + 1);
      expect(await journal().openCursor('hook')).toBe(end + 1);
      expect(await journal().openCursor('other')).toBe(await journal().lastPosition());
    });

    it('never goes back', async () => {
      await journal().saveCursor('hook', 7);
      await journal().saveCursor('hook', 5);
      expect(await journal().openCursor('hook')).toBe(7);
    });

    it('begins before what is appended in the turn of its opening', async () => {
      const owner = await Owner.start(journal());
      owner.append();
      const opening = journal().openCursor('hook');
      await journal().flushed();
      expect((await readToEnd(journal(), await opening)).logs.get(owner.id)).toEqual(owner.log);
    });
  });
}

/** That positions and cursors outlive the process. */
export function describeReopenedPositions(opened: () => OpenJournal): void {
  const reopen = async () => {
    const journal = await opened().reopen();
    await whenReady(journal);
    return journal;
  };

  describe('reopened, the log of all executions', () => {
    it('goes on from a cursor without a seam', async () => {
      const before = opened().journal;
      const owner = (await Owner.start(before)).append(3);
      await before.flushed();
      await before.saveCursor('hook', await before.lastPosition());
      const rest = owner.append(2).log.slice(3);
      const journal = await reopen();
      const position = await journal.openCursor('hook');
      expect((await readToEnd(journal, position)).logs.get(owner.id)).toEqual(rest);
    });

    it('gives no position twice, also where the last batches were removed', async () => {
      const before = opened().journal;
      (await Owner.start(before)).append(3).finish('completed', 1000);
      await before.flushed();
      const end = await before.lastPosition();
      await before.saveCursor('hook', end);
      await before.sweep(2000, 0, 5000);
      const journal = await reopen();
      expect(await journal.lastPosition()).toBe(end);
      const next = (await Owner.start(journal)).append(2);
      await journal.flushed();
      expect((await readToEnd(journal, await journal.openCursor('hook'))).logs).toEqual(new Map([[next.id, next.log]]));
    });
  });
}
