import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { type EventBatch } from '../event-batch.js';
import { type Journal } from '../journal.js';
import { type Commit, type Page } from '../journal.types.js';
import { execution, turns, Owner, readAll, recorded } from './fixture.conformance.js';

/** Appending, reading, and what one transaction is. */
export function describeLog(journal: () => Journal): void {
  describe('the log', () => {
    it('of an execution without events reads as nothing', async () => {
      const { id } = await Owner.start(journal());
      expect(await journal().read(id, 0, { limit: 10 })).toBeUndefined();
    });

    it('of an execution that does not exist is not found', async () => {
      await expect(journal().read('nobody', 0, { limit: 10 })).rejects.toMatchObject({ code: 'not_found' });
      expect(await journal().find('nobody')).toBeUndefined();
    });

    it('gives back each event as it was appended, in order', async () => {
      const owner = (await Owner.start(journal())).append(3).finish();
      await journal().flushed();
      const page = (await journal().read(owner.id, 0, { limit: 10 })) as EventBatch;
      expect(page.executionId).toBe(owner.id);
      expect(page.events.map(({ seq, type, json }) => ({ seq, type, json }))).toEqual(
        owner.log.map((json, i) => ({ seq: i + 1, type: i < 3 ? 'message' : 'workflow_completed', json })),
      );
      expect(page.events.map(({ event }) => event)).toEqual(owner.log.map((json) => JSON.parse(json) as unknown));
      expect([page.firstSeq, page.lastSeq, page.terminal]).toEqual([1, 4, true]);
    });

    it('brings the record along with the last event of each transaction', async () => {
      const owner = await Owner.start(journal());
      owner.append(2);
      await journal().flushed();
      expect(await journal().find(owner.id)).toMatchObject({ status: 'running', progress: 0, lastSeq: 2, startedAt: 1_700_000_000_001, finishedAt: null });
      owner.head.progress = 0.1 + 0.2;
      owner.head.error = { code: 'agent_failed', message: 'no — “такой” 🙈', stepId: 'a/b' };
      owner.append().finish('failed', 1_700_000_005_000);
      await journal().flushed();
      expect(await journal().find(owner.id)).toMatchObject({
        status: 'failed', progress: 0.1 + 0.2, lastSeq: 4, finishedAt: 1_700_000_005_000, error: { code: 'agent_failed', message: 'no — “такой” 🙈', stepId: 'a/b' },
      });
    });

    it('pages by number and by length, with at least one event a page', async () => {
      const owner = await Owner.start(journal());
      for (let i = 0; i < 30; i++) owner.append(1, 'x'.repeat((i * 37) % 200));
      await journal().flushed();
      const pages = fc.record({ limit: fc.integer({ min: 1, max: 40 }), maxLength: fc.option(fc.integer({ min: 1, max: 2000 }), { nil: undefined }) });
      await fc.assert(
        fc.asyncProperty(pages, fc.integer({ min: 0, max: 31 }), async ({ limit, maxLength }, after) => {
          const page: Page = maxLength === undefined ? { limit } : { limit, maxLength };
          const read: string[] = [];
          for (let batch; (batch = await journal().read(owner.id, after + read.length, page)); ) {
            const texts = batch.events.map((event) => event.json);
            expect(texts.length).toBeLessThanOrEqual(limit);
            if (maxLength !== undefined) expect(texts.slice(0, -1).join('').length).toBeLessThan(maxLength);
            read.push(...texts);
          }
          expect(read).toEqual(owner.log.slice(after));
        }),
        { numRuns: 40 },
      );
    });

    it('takes a turn that does not end, whole and gapless', async () => {
      const owner = (await Owner.start(journal())).append(10_000);
      await journal().flushed();
      expect(await readAll(journal(), owner.id)).toEqual(owner.log);
    });

    it('takes an event of a megabyte', async () => {
      const owner = (await Owner.start(journal())).append(1, 'é'.repeat(1024 * 1024)).append();
      await journal().flushed();
      expect(await readAll(journal(), owner.id)).toEqual(owner.log);
    });

    it('never has a gap, whatever is appended (P1)', async () => {
      const owner = (await Owner.start(journal())).append(2);
      const append = (seq: number) => () => journal().append(owner.id, owner.epoch, recorded(owner.id, seq), owner.head, () => undefined);
      expect(append(4)).toThrow('P1');
      expect(append(2)).toThrow('P1');
      await journal().flushed();
      append(9)();
      await journal().flushed();
      expect(await readAll(journal(), owner.id)).toEqual(owner.log);
      owner.append();
      await journal().flushed();
      expect(await readAll(journal(), owner.id)).toEqual(owner.log);
    });
  });

  describe('a transaction', () => {
    it('holds what one turn of the loop brought, of all executions', async () => {
      const owners = await Promise.all(Array.from({ length: 20 }, () => Owner.start(journal())));
      const commits: Commit[] = [];
      journal().commits$.subscribe((commit) => commits.push(commit));
      for (const owner of owners) owner.append(2);
      for (const owner of owners) owner.append(1);
      await journal().flushed();
      expect(commits).toHaveLength(1);
      expect(commits[0]).toMatchObject({ created: [], events: 60 });
      expect(commits[0]?.durationMs).toBeGreaterThan(0);
      expect(new Map(commits[0]?.batches.map((batch) => [batch.executionId, batch.events.map((event) => event.json)]))).toEqual(
        new Map(owners.map((owner) => [owner.id, owner.log])),
      );
    });

    it('holds the starts of its turn too, and is told before their callers go on', async () => {
      const running = await Owner.start(journal());
      const commits: Commit[] = [];
      journal().commits$.subscribe((commit) => commits.push(commit));
      const ids = Array.from({ length: 5 }, () => execution());
      const starts = ids.map(async (one) => ({ ...(await journal().create(one)), told: commits.length }));
      running.append();
      const started = await Promise.all(starts);
      expect(started.map(({ told }) => told)).toEqual([1, 1, 1, 1, 1]);
      expect(commits).toHaveLength(1);
      expect(commits[0]?.created).toEqual(started.map(({ record }) => record));
      expect(commits[0]?.batches.map((batch) => batch.executionId)).toEqual([running.id]);
    });

    it('is what events wait for: pending before, readable after', async () => {
      const owner = (await Owner.start(journal())).append();
      expect(journal().isPending(owner.id)).toBe(true);
      expect(await journal().read(owner.id, 0, { limit: 1 })).toBeUndefined();
      await journal().flushed();
      expect(journal().isPending(owner.id)).toBe(false);
      expect((await journal().read(owner.id, 0, { limit: 1 }))?.lastSeq).toBe(1);
      await expect(journal().flushed()).resolves.toBeUndefined();
      expect(journal().whenWritable()).toBeUndefined();
    });

    it('tells of an event only once a fresh read finds it (P2)', async () => {
      const owner = await Owner.start(journal());
      const checks: Promise<void>[] = [];
      const check = (batch: EventBatch) => checks.push(readAll(journal(), batch.executionId).then((log) => expect(log.length).toBeGreaterThanOrEqual(batch.lastSeq)));
      journal().commits$.subscribe((commit) => commit.batches.forEach(check));
      journal().follow(owner.id, 0).subscribe(check);
      for (let i = 0; i < 10; i++) {
        owner.append(3);
        await journal().flushed();
      }
      expect(checks.length).toBeGreaterThanOrEqual(20);
      await Promise.all(checks);
    });

    it('may be made from within the telling of another, and is told after it', async () => {
      const owner = await Owner.start(journal());
      const told: number[] = [];
      journal().commits$.subscribe(({ batches }) => {
        for (const batch of batches) told.push(...batch.events.map((event) => event.seq));
      });
      // Each more than a turn may hold, so that a careless backend commits it before the listener has ended.
      const bursts = [() => owner.append(5000), () => owner.append(1, 'x'.repeat(5 * 1024 * 1024)), () => owner.append(5000)];
      journal().follow(owner.id, 0).subscribe(() => void bursts.shift()?.());
      owner.append();
      for (; told.length < 10_002; await turns(1)) await journal().flushed();
      expect(told).toEqual(Array.from({ length: 10_002 }, (_, i) => i + 1));
      expect(await readAll(journal(), owner.id)).toEqual(owner.log);
    });
  });
}
