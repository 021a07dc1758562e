import { describe, expect, it } from '@jest/globals';
import { type Journal } from '../journal.js';
import { Owner, readAll, Reader } from './fixture.conformance.js';

/** One owner at a time, fenced by the epoch; resumes counted; what is left to resume. */
export function describeOwnership(journal: () => Journal): void {
  const claimed = async (id: string) => Owner.of(journal(), await journal().claim(id, { countResume: false }));

  describe('ownership', () => {
    it('begins with the start and goes on with each claim, at a higher epoch', async () => {
      const owner = (await Owner.start(journal())).append(2);
      await journal().flushed();
      const first = await journal().claim(owner.id, { countResume: false });
      expect(first.epoch).toBeGreaterThan(owner.epoch);
      expect(first).toMatchObject({ id: owner.id, lastSeq: 2, resumes: 0 });
      expect((await journal().claim(owner.id, { countResume: false })).epoch).toBeGreaterThan(first.epoch);
      await expect(journal().claim('nobody', { countResume: false })).rejects.toMatchObject({ code: 'not_found' });
    });

    it('refuses the appends of a former owner, who is told, and leaves the log as it is', async () => {
      const former = (await Owner.start(journal())).append(2);
      const reader = new Reader(journal(), former.id);
      await journal().flushed();
      const next = await claimed(former.id);
      former.append(3);
      await journal().flushed();
      expect(former.lost).toBe(1);
      next.append().finish();
      await reader.finished;
      const log = [...former.log.slice(0, 2), ...next.log];
      expect(reader.json).toEqual(log);
      expect(await readAll(journal(), former.id)).toEqual(log);
      former.append();
      await journal().flushed();
      expect(former.lost).toBe(2);
      expect(await journal().find(former.id)).toMatchObject({ status: 'completed', lastSeq: 4, epoch: next.epoch });
    });

    it.each(['before', 'after', 'around'] as const)('keeps what the owner appends, where a former one appends %s it in the same turn', async (when) => {
      const former = await Owner.start(journal());
      const owner = await claimed(former.id);
      if (when !== 'after') former.append(2);
      owner.append(2);
      if (when !== 'before') former.append(2);
      owner.append();
      await journal().flushed();
      expect(await readAll(journal(), owner.id)).toEqual(owner.log);
      expect(former.lost).toBeGreaterThan(0);
      expect(owner.lost).toBe(0);
    });

    it('tells who appends to an execution that does not exist, and commits what others append', async () => {
      const owner = await Owner.start(journal());
      const ghost = new Owner(journal(), 'nobody', 1).append();
      owner.append();
      await journal().flushed();
      expect([ghost.lost, owner.lost]).toEqual([1, 0]);
      expect(await readAll(journal(), owner.id)).toEqual(owner.log);
    });

    it('is not stopped by one who throws on hearing of the loss', async () => {
      const [former, other] = [await Owner.start(journal()), await Owner.start(journal())];
      await claimed(former.id);
      const { config } = await import('rxjs');
      const reported = new Promise((resolve) => (config.onUnhandledError = resolve));
      former.append();
      const heard = former.lost;
      Object.defineProperty(former, 'lost', {
        get: () => heard,
        set: () => {
          throw new Error('of a former owner');
        },
      });
      other.append();
      const start = Owner.start(journal());
      await journal().flushed();
      expect(await readAll(journal(), other.id)).toEqual(other.log);
      expect((await start).epoch).toBe(1);
      expect(await reported).toEqual(new Error('of a former owner'));
      config.onUnhandledError = null;
    });
  });

  describe('resumes', () => {
    it('count the claims that are asked to, and are cleared', async () => {
      const [a, b, c] = [await Owner.start(journal()), await Owner.start(journal()), await Owner.start(journal())];
      const resume = async ({ id }: Owner) => (await journal().claim(id, { countResume: true })).resumes;
      expect([await resume(a), await resume(a), await resume(b), await resume(c)]).toEqual([1, 2, 1, 1]);
      expect((await journal().claim(a.id, { countResume: false })).resumes).toBe(2);
      await journal().clearResumes([a.id, 'nobody', b.id]);
      await journal().clearResumes([]);
      const resumes = async ({ id }: Owner) => (await journal().find(id))?.resumes;
      expect([await resumes(a), await resumes(b), await resumes(c)]).toEqual([0, 0, 1]);
    });
  });

  describe('unfinished()', () => {
    it('has nothing where nothing was started', async () => {
      expect(await journal().unfinished()).toEqual([]);
      expect(await journal().countUnfinished()).toEqual([]);
    });

    it('has the executions of all users that are queued, run or wait, oldest first', async () => {
      const owners: Owner[] = [];
      for (let i = 0; i < 6; i++) owners.push(await Owner.start(journal(), { user: i % 2 ? 'ann' : 'bob', createdAt: 1_700_000_000_000 - i }));
      const [queued, running, waiting, completed, failed, cancelled] = owners as [Owner, Owner, Owner, Owner, Owner, Owner];
      running.append();
      waiting.head.status = 'waiting';
      waiting.append();
      completed.finish('completed');
      failed.finish('failed');
      cancelled.finish('cancelled');
      await journal().flushed();
      expect((await journal().unfinished()).map(({ id, status }) => [id, status])).toEqual([
        [queued.id, 'queued'], [running.id, 'running'], [waiting.id, 'waiting'],
      ]);
      await Owner.start(journal());
      await Owner.start(journal(), { workflow: 'brief', source: 'code' });
      const counts = (await journal().countUnfinished()).map(({ workflow, source, status, count }) => `${workflow} ${source} ${status} ${count}`);
      expect(counts.sort()).toEqual(['brief code queued 1', 'research data queued 2', 'research data running 1', 'research data waiting 1']);
    });
  });
}
