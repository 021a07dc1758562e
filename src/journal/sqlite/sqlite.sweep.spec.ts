import { afterEach, describe, expect, it } from '@jest/globals';
import { statSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { Owner, readAll, turns } from '../conformance/fixture.conformance.js';
import { Bench } from './sqlite.failures.conformance.js';

const bench = new Bench();
afterEach(() => bench.clear());

describe('a sweep of the file', () => {
  it('gives its space back, but for a little to use again', async () => {
    const dataDir = bench.folder();
    const journal = await bench.journal(dataDir);
    const old = (await Owner.start(journal)).append(15_000, 'x'.repeat(1000)).finish('completed', 1000);
    const kept = (await Owner.start(journal)).append(10);
    await journal.flushed();
    expect(await journal.sweep(2000, 0, 3000)).toBe(1);
    expect(old.lost).toBe(0);
    await journal.close();
    expect(statSync(join(dataDir, 'stepcast.db')).size).toBeLessThan(5 * 1024 * 1024);
    expect(await readAll(await bench.journal(dataDir), kept.id)).toEqual(kept.log);
  });

  it('that was cut short leaves nothing behind after the next one', async () => {
    const dataDir = bench.folder();
    const journal = await bench.journal(dataDir);
    const old = await Owner.start(journal);
    for (let i = 0; i < 2000; i++) await (old.append(), journal.flushed());
    old.finish('completed', 1000);
    await journal.flushed();
    const sweep = journal.sweep(2000, 0, 3000);
    while (await journal.find(old.id)) await turns(1);
    const cut = expect(sweep).rejects.toMatchObject({ code: 'journal_unavailable' });
    await journal.close();
    await cut;
    const left = () => {
      const db = new DatabaseSync(join(dataDir, 'stepcast.db'), { readOnly: true });
      const { n } = db.prepare('SELECT count(*) AS n FROM batches').get() as { n: number };
      db.close();
      return n;
    };
    expect(left()).toBeGreaterThan(0);
    const next = await bench.journal(dataDir);
    expect(await next.findRemoved(old.id)).toEqual({ user: 'ann' });
    // Even where it is forgotten in the same sweep that the execution was there.
    expect(await next.sweep(2000, 10_000, 20_000)).toBe(0);
    expect(left()).toBe(0);
    expect(await next.findRemoved(old.id)).toBeUndefined();
  });
});
