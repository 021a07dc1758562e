import { describe, expect, it } from '@jest/globals';
import { type Journal } from '../journal.js';
import { type Commit } from '../journal.types.js';
import { execution, type OpenJournal, Owner, readAll, Reader, turns, whenReady } from './fixture.conformance.js';

/** The end of a journal, as its users see it. */
export function describeClosing(journal: () => Journal): void {
  describe('close()', () => {
    it('commits what was appended, tells of it, and ends readers and listeners', async () => {
      const owner = (await Owner.start(journal())).append();
      const live = new Reader(journal(), owner.id);
      const held = new Reader(journal(), owner.id, 0, { shut: true });
      await journal().flushed();
      const commits: Commit[] = [];
      const ended = new Promise<void>((resolve) => journal().commits$.subscribe({ next: (commit) => commits.push(commit), complete: resolve }));
      owner.append(3);
      const flushed = journal().flushed();
      const start = journal().create(execution());
      await journal().close();
      await Promise.all([flushed, start, ended, live.finished, held.finished]);
      expect(live.json).toEqual(owner.log);
      expect(held.json).toEqual([]);
      expect(commits).toMatchObject([{ events: 3, created: [{ id: (await start).record.id }] }]);
      expect(owner.lost).toBe(0);
    });

    it('leaves nothing waiting for ever: what comes after it is refused', async () => {
      const owner = (await Owner.start(journal())).append();
      await journal().close();
      await journal().close();
      const closed = { code: 'journal_unavailable', status: 503 };
      expect(journal().health$.value).toMatchObject({ ready: false, reason: expect.stringContaining('closed') });
      await expect(journal().create(execution())).rejects.toMatchObject(closed);
      await expect(journal().claim(owner.id, { countResume: true })).rejects.toMatchObject(closed);
      await expect(journal().find(owner.id)).rejects.toMatchObject(closed);
      await expect(journal().read(owner.id, 0, { limit: 1 })).rejects.toMatchObject(closed);
      owner.append();
      await expect(journal().flushed()).rejects.toMatchObject(closed);
      // Who waits to be let on again is not woken, or it would ask in circles.
      expect(await Promise.race([journal().whenWritable()?.then(() => 'writable'), turns().then(() => 'waiting')])).toBe('waiting');
      const late = new Reader(journal(), owner.id);
      await late.finished;
      expect(late.json).toEqual([]);
    });
  });
}

/** What is kept where a process ends and another begins. */
export function describeReopening(opened: () => OpenJournal): void {
  describe('reopened', () => {
    it('keeps everything', async () => {
      const before = opened().journal;
      const running = (await Owner.start(before, { sessionId: 's', idempotency: { key: 'k', fingerprint: 'f' } })).append(3);
      const done = (await Owner.start(before)).append(700).finish();
      const old = (await Owner.start(before)).finish('completed', 1);
      await before.flushed();
      await before.sweep(2, 0, 5);
      await before.claim(running.id, { countResume: true });
      await before.saveWorkflow('ann', { name: 'w', steps: [] }, 5);
      const records = await before.list({ limit: 10 });

      const journal = await opened().reopen();
      await whenReady(journal);
      expect(await journal.list({ limit: 10 })).toEqual(records);
      expect(await journal.unfinished()).toEqual(records.filter(({ id }) => id === running.id));
      expect(await readAll(journal, running.id)).toEqual(running.log);
      expect(await readAll(journal, done.id)).toEqual(done.log);
      expect(await journal.findWorkflow('ann', 'w')).toEqual({ user: 'ann', definition: { name: 'w', steps: [] }, createdAt: 5 });
      expect(await journal.findRemoved(old.id)).toEqual({ user: 'ann' });
      expect((await journal.create(execution({ idempotency: { key: 'k', fingerprint: 'f' } }))).record.id).toBe(running.id);
    });

    it('keeps what was appended in the very turn of the close, and the log goes on without a seam', async () => {
      const first = (await Owner.start(opened().journal)).append(3);
      const journal = await opened().reopen();
      await whenReady(journal);
      const second = Owner.of(journal, await journal.claim(first.id, { countResume: true }));
      const reader = new Reader(journal, first.id, 1);
      second.append(2).finish();
      await reader.finished;
      expect(reader.json).toEqual([...first.log, ...second.log].slice(1));
      expect(second.seq).toBe(6);
    });

    it('gives a reader of before the rest from its cursor', async () => {
      const owner = (await Owner.start(opened().journal)).append(5);
      const before = new Reader(opened().journal, owner.id);
      await before.until(5);
      const journal = await opened().reopen();
      await before.finished;
      await whenReady(journal);
      const next = Owner.of(journal, await journal.claim(owner.id, { countResume: false }));
      const after = new Reader(journal, owner.id, before.json.length);
      next.append(2).finish();
      await after.finished;
      expect([...before.json, ...after.json]).toEqual([...owner.log, ...next.log]);
    });
  });
}
