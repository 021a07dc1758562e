import { describe, expect, it } from '@jest/globals';
import { SqliteJournal } from './sqlite-journal.js';

const entry = (n: number) => ({ key: `key ${n}`, owner: 'ann', output: n, createdAt: 1, expiresAt: 1000 });
const FRESH = { now: 10, maxAgeMs: 1000 };

describe('the cache in the file', () => {
  it('makes room for an entry part by part, where much has to go: others want to write too', async () => {
    const journal = new SqliteJournal({ dataDir: ':memory:' });
    await journal.open();
    const { cache } = journal;
    await Promise.all(Array.from({ length: 2000 }, (_, n) => cache.save(entry(n), { maxEntries: 2000, maxBytes: 1e9 })));
    let committed = 0;
    const saving = cache.save(entry(2000), { maxEntries: 2, maxBytes: 1e9 }).finally(() => (committed = Infinity));
    // Each of these is written in a turn of its own.
    for (; committed < Infinity; committed++) await journal.saveCursor('other', committed);
    await saving;
    expect(await journal.openCursor('other')).toBeGreaterThanOrEqual(5);
    const left = await Promise.all([0, 1998, 1999, 2000].map(async (n) => (await cache.find(`key ${n}`, FRESH))?.output));
    expect(left).toEqual([undefined, undefined, 1999, 2000]);
    await journal.close();
  });
});
