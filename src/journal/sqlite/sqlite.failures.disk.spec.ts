import { afterEach, describe, expect, it } from '@jest/globals';
import { execFileSync } from 'node:child_process';
import { appendFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { execution, Owner, readAll, Reader, turns, whenReady } from '../conformance/fixture.conformance.js';
import { Bench, canMount, healthOf, whenFailing } from './sqlite.failures.conformance.js';

const bench = new Bench();
afterEach(() => bench.clear());

const MOUNTS = canMount();
if (!MOUNTS) process.stderr.write('SKIPPED: full and read-only disks, which only a user who may mount a disk can show\n');
const onOwnDisk = MOUNTS ? describe : describe.skip;

/** Fills a disk to the last block. */
function fill(folder: string): () => void {
  const path = join(folder, 'filler');
  for (const size of [65_536, 4096, 1]) {
    try {
      for (;;) appendFileSync(path, Buffer.alloc(size));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error;
    }
  }
  return () => rmSync(path);
}

onOwnDisk('a full disk', () => {
  it('is told of; starts are refused, events are kept, and are all there when it has room again', async () => {
    const disk = bench.disk(4096);
    const journal = await bench.journal(disk);
    const owner = (await Owner.start(journal)).append(10);
    await journal.flushed();
    const reader = new Reader(journal, owner.id);
    const free = fill(disk);
    const failing = whenFailing(journal);
    while (journal.health$.value.ready) {
      owner.append(20, 'x'.repeat(1000));
      await journal.flushed().catch(() => undefined);
    }
    expect(await failing).toMatch(/^\S+stepcast\.db: database or disk is full: the disk is full; free some space$/);
    await expect(journal.create(execution())).rejects.toMatchObject({ code: 'journal_unavailable' });
    owner.append(500, 'y'.repeat(1000));
    await turns();
    const committed = await readAll(journal, owner.id);
    expect(committed).toEqual(owner.log.slice(0, committed.length));
    expect(committed.length).toBeLessThan(owner.log.length);
    free();
    await whenReady(journal);
    owner.finish();
    await reader.finished;
    expect(reader.json).toEqual(owner.log);
    expect(await readAll(journal, owner.id)).toEqual(owner.log);
    expect((await journal.create(execution())).created).toBe(true);
  });

  it('is told of at the start, and the journal begun when it has room', async () => {
    const disk = bench.disk(1024);
    const free = fill(disk);
    const journal = await bench.journal(disk);
    expect(journal.health$.value).toEqual({ ready: false, reason: expect.stringContaining('full') });
    free();
    await whenReady(journal);
    expect((await journal.create(execution())).created).toBe(true);
  });
});

onOwnDisk('a read-only disk', () => {
  const remount = (disk: string, mode: 'ro' | 'rw') => execFileSync('mount', ['-o', `remount,${mode}`, disk]);

  it('is told of, and written to once it may be', async () => {
    const disk = bench.disk(2048);
    const before = await bench.journal(disk);
    const owner = (await Owner.start(before)).append(2);
    await before.close();
    remount(disk, 'ro');
    const journal = await bench.journal(disk);
    const said = healthOf(journal);
    expect(said).toEqual([expect.stringMatching(/^EROFS: .*: the disk is read-only; mount it for writing or set STEPCAST_DATA_DIR to another folder$/)]);
    await expect(journal.create(execution())).rejects.toMatchObject({ code: 'journal_unavailable' });
    remount(disk, 'rw');
    await whenReady(journal);
    expect(await readAll(journal, owner.id)).toEqual(owner.log);
    expect(said).toHaveLength(2);
  });
});

const LIMITS = process.platform === 'linux';
if (!LIMITS) process.stderr.write('SKIPPED: a limit on the size of files, which is raised with prlimit\n');

(LIMITS ? describe : describe.skip)('a limit on the size of files', () => {
  it('is told of; events are kept, and are all there when it is raised', async () => {
    const dataDir = bench.folder();
    const child = bench.child('journal', dataDir, { limitKib: 512 });
    await child.next({ type: 'health', ready: true });
    const { id } = await child.step('start');
    await child.step('append', { count: 10 });
    await child.step('flush');
    await child.step('append', { count: 2000, length: 1000 });
    const { reason } = await child.next({ type: 'health', ready: false });
    expect(reason).toMatch(/^\S+stepcast\.db: (disk I\/O error|database or disk is full): .*(free some space|check the disk, its free space and the limits of the process \(ulimit -f\))$/);
    await child.step('append', { count: 5 });
    execFileSync('prlimit', ['--pid', String(child.pid), '--fsize=unlimited:unlimited']);
    await child.next({ type: 'health', ready: true });
    await child.step('flush');
    await child.step('append', { count: 1 });
    await child.step('close');
    await child.kill();
    const journal = await bench.journal(dataDir);
    expect((await readAll(journal, id as string)).map((json) => (JSON.parse(json) as { seq: number }).seq)).toEqual(Array.from({ length: 2016 }, (_, i) => i + 1));
  });
});
