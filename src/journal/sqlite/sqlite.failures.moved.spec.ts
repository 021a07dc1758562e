import { afterEach, describe, expect, it } from '@jest/globals';
import { copyFileSync, existsSync, mkdirSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { execution, Owner, readAll, whenReady } from '../conformance/fixture.conformance.js';
import { Bench, whenFailing } from './sqlite.failures.conformance.js';
import { type SqliteJournal } from './sqlite-journal.js';

const bench = new Bench();
afterEach(() => bench.clear());

const databaseIn = (dataDir: string) => join(dataDir, 'stepcast.db');
const isDown = (journal: SqliteJournal) => expect(journal.create(execution())).rejects.toMatchObject({ code: 'journal_unavailable' });

describe('a file that is deleted or replaced while it is in use', () => {
  it('is told of, and a new one begun; what ran in it has lost its owner', async () => {
    const dataDir = bench.folder();
    const journal = await bench.journal(dataDir);
    const owner = (await Owner.start(journal)).append(3);
    await journal.flushed();
    rmSync(dataDir, { recursive: true });
    mkdirSync(dataDir);
    const failing = whenFailing(journal);
    owner.append();
    await isDown(journal);
    expect(await failing).toMatch(/^\S+stepcast\.db: the file was deleted or replaced while it was in use: what is there now is opened; to go on with the former state, stop Stepcast and restore a backup$/);
    await whenReady(journal);
    expect(owner.lost).toBe(1);
    expect(await journal.find(owner.id)).toBeUndefined();
    const next = (await Owner.start(journal)).append(4);
    // Of the same place in the file as the one before had: nothing of that may get in.
    owner.append();
    await journal.flushed();
    expect(owner.lost).toBe(2);
    expect(await readAll(journal, next.id)).toEqual(next.log);
    await expect(journal.read(owner.id, 0, { limit: 1 })).rejects.toMatchObject({ code: 'not_found' });
    expect(existsSync(databaseIn(dataDir))).toBe(true);
  });

  it('is not seen before the next write where only its folder is gone, and then made anew', async () => {
    const dataDir = join(bench.folder(), 'data');
    const journal = await bench.journal(dataDir);
    await whenReady(journal);
    rmSync(dataDir, { recursive: true });
    await isDown(journal);
    await whenReady(journal);
    expect((await journal.create(execution())).created).toBe(true);
    expect(existsSync(databaseIn(dataDir))).toBe(true);
  });

  it('leaves a backup that was put in its place as it is, its write-ahead log included', async () => {
    const dataDir = bench.folder();
    const journal = await bench.journal(dataDir);
    const kept = (await Owner.start(journal)).append(3).finish();
    await journal.flushed();
    const backup = bench.folder();
    for (const name of ['stepcast.db', 'stepcast.db-wal']) copyFileSync(join(dataDir, name), join(backup, name));
    expect(statSync(join(backup, 'stepcast.db-wal')).size).toBeGreaterThan(0);
    const later = (await Owner.start(journal)).append(3);
    await journal.flushed();
    for (const name of ['stepcast.db', 'stepcast.db-wal', 'stepcast.db-shm']) rmSync(join(dataDir, name));
    for (const name of ['stepcast.db', 'stepcast.db-wal']) copyFileSync(join(backup, name), join(dataDir, name));
    later.append();
    await whenFailing(journal, 'deleted or replaced');
    await whenReady(journal);
    expect(await readAll(journal, kept.id)).toEqual(kept.log);
    expect(await journal.find(later.id)).toBeUndefined();
    expect(later.lost).toBe(1);
  });
});
