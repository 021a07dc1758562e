import { describe, expect, it } from '@jest/globals';
import { type Journal } from '../journal.js';
import { execution, Owner, readAll, Reader } from './fixture.conformance.js';

/** What retention takes away, and for how long that is known. */
export function describeRetention(journal: () => Journal): void {
  const NEVER = 0;
  const finished = async (at: number, over = {}) => {
    const owner = (await Owner.start(journal(), over)).append(2).finish('completed', at);
    await journal().flushed();
    return owner;
  };

  describe('sweep()', () => {
    it('removes what finished before, and nothing else', async () => {
      const old = await finished(1000);
      const edge = await finished(2000);
      const running = (await Owner.start(journal(), { createdAt: 1 })).append();
      const failed = (await Owner.start(journal())).finish('failed', 1500);
      await journal().flushed();
      expect(await journal().sweep(2000, NEVER, 5000)).toBe(2);
      expect((await journal().list({ limit: 10 })).map(({ id }) => id)).toEqual([running.id, edge.id]);
      for (const { id } of [old, failed]) {
        expect(await journal().find(id)).toBeUndefined();
        await expect(journal().read(id, 0, { limit: 1 })).rejects.toMatchObject({ code: 'gone' });
        await expect(new Reader(journal(), id).finished).rejects.toMatchObject({ code: 'gone' });
        await expect(journal().claim(id, { countResume: false })).rejects.toMatchObject({ code: 'not_found' });
      }
      expect(await readAll(journal(), edge.id)).toEqual(edge.log);
      expect(await readAll(journal(), running.id)).toEqual(running.log);
      running.append();
      await journal().flushed();
      expect(await readAll(journal(), running.id)).toEqual(running.log);
      expect(await journal().sweep(2000, NEVER, 5000)).toBe(0);
    });

    it('remembers who owned what it removed, and forgets that later', async () => {
      const [first, second] = [await finished(1000, { user: 'ann' }), await finished(3000, { user: 'bob' })];
      expect(await journal().findRemoved(first.id)).toBeUndefined();
      await journal().sweep(2000, NEVER, 10_000);
      expect(await journal().findRemoved(first.id)).toEqual({ user: 'ann' });
      expect(await journal().findRemoved(second.id)).toBeUndefined();
      await journal().sweep(4000, 10_000, 20_000);
      expect(await journal().findRemoved(first.id)).toEqual({ user: 'ann' });
      expect(await journal().findRemoved(second.id)).toEqual({ user: 'bob' });
      await journal().sweep(4000, 10_001, 20_000);
      expect(await journal().findRemoved(first.id)).toBeUndefined();
      expect(await journal().findRemoved(second.id)).toEqual({ user: 'bob' });
      expect(await journal().findRemoved('nobody')).toBeUndefined();
    });

    it('frees idempotency keys, of what it removed alone', async () => {
      const idempotency = { key: 'k', fingerprint: 'body' };
      await finished(1000, { idempotency });
      const kept = await finished(9000, { idempotency: { key: 'kept', fingerprint: 'body' } });
      await journal().sweep(2000, NEVER, 5000);
      expect((await journal().create(execution({ idempotency: { key: 'k', fingerprint: 'another body' } }))).created).toBe(true);
      const again = await journal().create(execution({ idempotency: { key: 'kept', fingerprint: 'body' } }));
      expect(again).toMatchObject({ created: false, record: { id: kept.id } });
    });

    it('never gives an ordinal again', async () => {
      const last = await finished(1000);
      const ordinal = (await journal().find(last.id))?.ordinal as number;
      await journal().sweep(2000, NEVER, 5000);
      expect(await journal().lastOrdinal()).toBe(ordinal);
      expect((await journal().create(execution())).record.ordinal).toBeGreaterThan(ordinal);
    });

    it('takes a long log away while others append', async () => {
      const long = (await Owner.start(journal())).append(12_000).finish('completed', 1000);
      const other = await Owner.start(journal());
      await journal().flushed();
      const sweep = journal().sweep(2000, NEVER, 5000);
      for (let i = 0; i < 10; i++) {
        other.append();
        await journal().flushed();
      }
      expect(await sweep).toBe(1);
      await expect(journal().read(long.id, 0, { limit: 1 })).rejects.toMatchObject({ code: 'gone' });
      expect(await readAll(journal(), other.id)).toEqual(other.log);
    });
  });
}
