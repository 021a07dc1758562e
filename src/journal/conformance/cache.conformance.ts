import { describe, expect, it } from '@jest/globals';
import { type CachedResult, MAX_COMPARED, type NewCacheEntry } from '../cache.store.js';
import { type Journal } from '../journal.js';
import { execution, type OpenJournal, Owner, whenReady } from './fixture.conformance.js';

const NOW = 1_800_000_000_000;
const ROOM = { maxEntries: 1000, maxBytes: 1024 * 1024 };
const FRESH = { now: NOW, maxAgeMs: 1000 };

const entry = (key: string, more: Partial<NewCacheEntry> = {}): NewCacheEntry => ({ key, owner: 'user:ann', output: `output of ${key}`, createdAt: NOW, expiresAt: NOW + 1000, ...more });
const resultOf = ({ output, text, createdAt }: NewCacheEntry): CachedResult => ({ output, createdAt, ...(text === undefined ? {} : { text }) });
/** A point on the circle, by its angle in degrees. */
const at = (degrees: number) => Float32Array.of(Math.cos((degrees * Math.PI) / 180), Math.sin((degrees * Math.PI) / 180));
const near = (group: string, degrees: number) => ({ group, vector: at(degrees) });
const cosine = (degrees: number) => expect.closeTo(Math.cos((degrees * Math.PI) / 180), 5) as unknown as number;

/** Results of agents that are given again. */
export function describeCache(journal: () => Journal): void {
  describe('the cache', () => {
    const cache = () => journal().cache;
    const kept = async (...keys: string[]) => (await Promise.all(keys.map((key) => cache().find(key, FRESH)))).map((found) => found !== undefined);

    it.each<[string, Partial<NewCacheEntry>]>([
      ['an output', { output: { a: [1, null, true, 'ü'] } }], ['null', { output: null }], ['a text that is the output', { output: 'words', text: 'words' }], ['a text beside an output', { output: 1, text: 'words' }],
      ['an empty text', { output: '', text: '' }], ['what is no well-formed Unicode', { output: '\ud800', text: 'a\0\ud800' }],
    ])('gives %s as it was saved', async (_what, more) => {
      const saved = entry('k', more);
      await cache().save(saved, ROOM);
      expect(await cache().find('k', FRESH)).toEqual(resultOf(saved));
      expect(await cache().find('K', FRESH)).toBeUndefined();
    });

    it('finds what was saved before, though it is not committed yet', async () => {
      const saving = cache().save(entry('k', { near: near('g', 0) }), ROOM);
      expect(await Promise.all([cache().find('k', FRESH), cache().nearest(near('g', 0), FRESH)])).toEqual([expect.anything(), expect.anything()]);
      await saving;
    });

    it('commits what is saved in the turn of an event together with that event', async () => {
      const owner = await Owner.start(journal());
      let found: Promise<unknown> | undefined;
      const subscription = journal().commits$.subscribe(() => void (found ??= cache().find('k', FRESH)));
      owner.append();
      await Promise.all([cache().save(entry('k'), ROOM), journal().flushed()]);
      subscription.unsubscribe();
      expect(await found).toEqual(resultOf(entry('k')));
    });

    it('replaces what has the same key', async () => {
      await cache().save(entry('k', { output: 1, near: near('g', 0) }), ROOM);
      await cache().save(entry('k', { output: 2, near: near('g', 90) }), ROOM);
      expect((await cache().find('k', FRESH))?.output).toBe(2);
      expect(await cache().nearest(near('g', 90), FRESH)).toMatchObject({ similarity: 1, result: { output: 2 } });
      expect((await cache().nearest(near('g', 0), FRESH))?.similarity).toBeCloseTo(0, 5);
    });

    it('gives nothing that is too old, by what it was saved with or by who asks', async () => {
      await cache().save(entry('k', { near: near('g', 0), expiresAt: NOW + 500 }), ROOM);
      for (const [now, maxAgeMs, found] of [[NOW + 499, 1000, true], [NOW + 500, 1000, false], [NOW + 100, 101, true], [NOW + 100, 100, false]] as const) {
        expect([now, maxAgeMs, (await cache().find('k', { now, maxAgeMs })) !== undefined]).toEqual([now, maxAgeMs, found]);
        expect([now, maxAgeMs, (await cache().nearest(near('g', 0), { now, maxAgeMs })) !== undefined]).toEqual([now, maxAgeMs, found]);
      }
    });

    it('finds the nearest of a group, and none of another or of another length', async () => {
      for (const degrees of [10, 40, 80]) await cache().save(entry(`k${degrees}`, { near: near('g', degrees) }), ROOM);
      await cache().save(entry('other', { near: near('h', 45) }), ROOM);
      await cache().save(entry('longer', { near: { group: 'g', vector: Float32Array.of(0, 0, 1) } }), ROOM);
      await cache().save(entry('without'), ROOM);
      expect(await cache().nearest(near('g', 50), FRESH)).toEqual({ similarity: cosine(10), result: resultOf(entry('k40')) });
      expect(await cache().nearest(near('g', 200), FRESH)).toEqual({ similarity: cosine(120), result: resultOf(entry('k80')) });
      expect(await cache().nearest(near('none', 50), FRESH)).toBeUndefined();
      expect(await cache().nearest({ group: 'g', vector: Float32Array.of(0.6, 0, 0.8) }, FRESH)).toMatchObject({ result: resultOf(entry('longer')) });
    });

    it('compares the newest of a group alone, as many as it says', async () => {
      await cache().save(entry('first', { near: near('g', 0) }), ROOM);
      await Promise.all(Array.from({ length: MAX_COMPARED - 1 }, (_, i) => cache().save(entry(`k${i}`, { near: near('g', 90) }), ROOM)));
      expect((await cache().nearest(near('g', 0), FRESH))?.result).toEqual(resultOf(entry('first')));
      await cache().save(entry('last', { near: near('g', 90) }), ROOM);
      expect((await cache().nearest(near('g', 0), FRESH))?.similarity).toBeCloseTo(0, 5);
    });

    it('keeps of each owner as many as the quota allows, the oldest goes first', async () => {
      const quota = { ...ROOM, maxEntries: 2 };
      for (const key of ['a', 'b']) await cache().save(entry(key), quota);
      await cache().save(entry('a', { output: 'anew' }), quota);
      await cache().save(entry('theirs', { owner: 'user:bob' }), quota);
      await cache().save(entry('c'), quota);
      expect(await kept('a', 'b', 'c', 'theirs')).toEqual([true, false, true, true]);
      await cache().save(entry('d'), { ...ROOM, maxEntries: 1 });
      expect(await kept('a', 'c', 'd', 'theirs')).toEqual([false, false, true, true]);
      await cache().save(entry('e'), { ...ROOM, maxEntries: 0 });
      expect(await kept('d', 'e')).toEqual([true, false]);
    });

    it('keeps of each owner as many bytes as the quota allows, and nothing that is larger than that', async () => {
      const quota = { ...ROOM, maxBytes: 10_000 };
      const large = (key: string, length: number) => entry(key, { output: 'x'.repeat(length) });
      for (const key of ['a', 'b']) await cache().save(large(key, 4000), quota);
      expect(await kept('a', 'b')).toEqual([true, true]);
      await cache().save(large('c', 4000), quota);
      expect(await kept('a', 'b', 'c')).toEqual([false, true, true]);
      await cache().save(large('d', 10_000), quota);
      expect(await kept('b', 'c', 'd')).toEqual([true, true, false]);
      // Bytes and not characters.
      await cache().save(entry('e', { output: 'ü'.repeat(4500) }), quota);
      expect(await kept('b', 'c', 'e')).toEqual([false, false, true]);
    });

    it('forgets those of an owner, or all, however many', async () => {
      await Promise.all(Array.from({ length: 450 }, (_, i) => cache().save(entry(`k${i}`), ROOM)));
      await cache().save(entry('theirs', { owner: 'user:bob\ud800' }), ROOM);
      expect(await cache().clear('user:ann')).toBe(450);
      expect(await kept('k0', 'k449', 'theirs')).toEqual([false, false, true]);
      expect(await cache().clear('user:nobody')).toBe(0);
      expect(await cache().clear()).toBe(1);
      expect(await kept('theirs')).toEqual([false]);
      // What was forgotten is not counted any more.
      await cache().save(entry('new'), { ...ROOM, maxEntries: 1 });
      expect(await kept('new')).toEqual([true]);
    });

    it('loses by retention what is good no more, and with an execution nothing', async () => {
      await cache().save(entry('old', { expiresAt: NOW - 1 }), ROOM);
      await cache().save(entry('young', { expiresAt: NOW + 1 }), ROOM);
      const owner = await Owner.start(journal(), execution());
      owner.finish('completed', NOW - 5000);
      await journal().flushed();
      expect(await journal().sweep(NOW - 1000, NOW - 1000, NOW)).toBe(1);
      expect(await cache().find('old', { now: NOW - 10, maxAgeMs: 10_000 })).toBeUndefined();
      expect(await kept('young')).toEqual([true]);
      expect(await cache().sweep(NOW + 1)).toBe(1);
      expect(await cache().sweep(NOW + 1)).toBe(0);
    });

    it('is refused, and not said to be empty, while the journal cannot be had', async () => {
      await cache().save(entry('k'), ROOM);
      await journal().close();
      for (const attempt of [cache().find('k', FRESH), cache().nearest(near('g', 0), FRESH), cache().save(entry('l'), ROOM), cache().clear(), cache().sweep(NOW)]) {
        await expect(attempt).rejects.toMatchObject({ code: 'journal_unavailable' });
      }
    });
  });
}

export function describeReopenedCache(opened: () => OpenJournal): void {
  it('the cache is kept over a close', async () => {
    await opened().journal.cache.save(entry('k', { text: 'words', near: near('g', 30) }), ROOM);
    const journal = await opened().reopen();
    await whenReady(journal);
    expect(await journal.cache.find('k', FRESH)).toEqual(resultOf(entry('k', { text: 'words' })));
    expect(await journal.cache.nearest(near('g', 30), FRESH)).toMatchObject({ similarity: cosine(0) });
  });
}
