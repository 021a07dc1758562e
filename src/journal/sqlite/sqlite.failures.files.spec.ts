import { afterEach, describe, expect, it } from '@jest/globals';
import { chmodSync, closeSync, copyFileSync, existsSync, openSync, readdirSync, readFileSync, renameSync, rmSync, statSync, truncateSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { execution, Owner, readAll, Reader, whenReady } from '../conformance/fixture.conformance.js';
import { Bench, healthOf, whenFailing } from './sqlite.failures.conformance.js';
import { MIGRATIONS } from './sqlite.schema.js';
import { type SqliteJournal } from './sqlite-journal.js';

const bench = new Bench();
afterEach(() => bench.clear());

const databaseIn = (dataDir: string) => join(dataDir, 'stepcast.db');
const isDown = (journal: SqliteJournal) => expect(journal.create(execution())).rejects.toMatchObject({ code: 'journal_unavailable', status: 503 });

/** A data folder whose file holds a log too long for one page, read by nobody yet; with what it holds. */
async function filled(): Promise<{ dataDir: string; owner: Owner }> {
  const dataDir = bench.folder();
  const journal = await bench.journal(dataDir);
  const owner = (await Owner.start(journal)).append(4000, 'x'.repeat(500));
  await journal.close();
  expect(statSync(databaseIn(dataDir)).size).toBeGreaterThan(2 * 1024 * 1024);
  return { dataDir, owner };
}

function overwrite(path: string, from: number, length: number): void {
  const file = openSync(path, 'r+');
  writeSync(file, Buffer.alloc(length, 0xa5), 0, length, from);
  closeSync(file);
}

describe('a data folder', () => {
  it.each([
    ['is a file', (folder: string) => folder, /EEXIST.*: the data folder is a file; move it away or set STEPCAST_DATA_DIR to a folder$/],
    ['lies below a file', (folder: string) => join(folder, 'below', 'that'), /ENOTDIR.*: a part of the path is a file; set STEPCAST_DATA_DIR to a folder$/],
  ])('that %s is told of, and used as soon as it can be made', async (_, dirOf, reason) => {
    const file = join(bench.folder(), 'data');
    writeFileSync(file, 'a file');
    const journal = await bench.journal(dirOf(file));
    expect(journal.health$.value.reason).toMatch(reason);
    await isDown(journal);
    rmSync(file);
    await whenReady(journal);
    expect((await journal.create(execution())).created).toBe(true);
  });

  it('that all may look into has files that their owner alone can read', async () => {
    const dataDir = bench.folder();
    chmodSync(dataDir, 0o755);
    const before = process.umask(0o022);
    try {
      // One that is made for it is the owner's alone as a whole.
      await bench.journal(join(dataDir, 'made', 'here'));
      expect(statSync(join(dataDir, 'made', 'here')).mode & 0o777).toBe(0o700);
      const journal = await bench.journal(dataDir);
      (await Owner.start(journal)).append(1);
      const modes = readdirSync(dataDir).map((name) => [name, statSync(join(dataDir, name)).mode & 0o777]);
      expect(Object.fromEntries(modes)).toMatchObject({ 'stepcast.db': 0o600, 'stepcast.db-wal': 0o600, 'stepcast.db-shm': 0o600, 'stepcast.lock': 0o600 });
    } finally {
      process.umask(before);
    }
  });

  const mayForbid = process.getuid?.() !== 0;
  if (!mayForbid) process.stderr.write('SKIPPED: folders and files without the right to write, which do not stop root\n');
  (mayForbid ? it : it.skip).each([['', 0o555, 0o755], ['stepcast.lock', 0o444, 0o644], ['stepcast.db', 0o444, 0o644]])('without the right to write (%j) is told of, and used when there is one', async (name, forbidden, allowed) => {
    const dataDir = bench.folder();
    await (await bench.journal(dataDir)).close();
    chmodSync(join(dataDir, name), forbidden);
    const journal = await bench.journal(dataDir);
    expect(journal.health$.value).toEqual({ ready: false, reason: expect.stringContaining('give the process the right to write to ') });
    await isDown(journal);
    chmodSync(join(dataDir, name), allowed);
    await whenReady(journal);
    expect((await journal.create(execution())).created).toBe(true);
  });

  it('is made where it is missing, at any depth', async () => {
    const dataDir = join(bench.folder(), 'a', 'b', 'c');
    const journal = await bench.journal(dataDir);
    await whenReady(journal);
    expect(existsSync(databaseIn(dataDir))).toBe(true);
  });
});

describe('a file that is not ours', () => {
  const theirs = (path: string) => {
    const db = new DatabaseSync(path);
    db.exec("PRAGMA auto_vacuum = FULL; CREATE TABLE theirs (x TEXT); INSERT INTO theirs VALUES ('kept')");
    db.close();
  };
  const newer = (path: string) => {
    const db = new DatabaseSync(path);
    db.exec('PRAGMA application_id = 0x53545043; PRAGMA user_version = 99; CREATE TABLE executions (x TEXT)');
    db.close();
  };
  it.each([
    ['no database', 'stepcast.db', (path: string) => writeFileSync(path, 'Dear diary, '.repeat(500)), 'file is not a database: it is not a SQLite database; move it away or set STEPCAST_DATA_DIR to another folder'],
    ['a database of another application', 'stepcast.db', theirs, 'it is a database of another application; move it away or set STEPCAST_DATA_DIR to another folder'],
    ['of a newer version', 'stepcast.db', newer, `it was written by a newer version of Stepcast (schema 99, this one knows ${MIGRATIONS.length}); start that version or set STEPCAST_DATA_DIR to another folder`],
    ['no lock', 'stepcast.lock', (path: string) => writeFileSync(path, 'Dear diary, '.repeat(500)), 'file is not a database: it is not a SQLite database; move it away or set STEPCAST_DATA_DIR to another folder'],
  ])('but %s is told of in one line, left as it is, and not in the way once it is moved', async (_, name, make, reason) => {
    const dataDir = bench.folder();
    const path = join(dataDir, name);
    make(path);
    const before = readFileSync(path);
    const journal = await bench.journal(dataDir);
    expect(journal.health$.value).toEqual({ ready: false, reason: `${path}: ${reason}` });
    await isDown(journal);
    expect(readFileSync(path)).toEqual(before);
    renameSync(path, join(dataDir, 'moved'));
    await whenReady(journal);
    expect((await journal.create(execution())).created).toBe(true);
    expect(readFileSync(join(dataDir, 'moved'))).toEqual(before);
  });
});

describe('a damaged file', () => {
  it('that was truncated is told of at the start, and its backup is opened when it is put back', async () => {
    const { dataDir, owner } = await filled();
    const path = databaseIn(dataDir);
    copyFileSync(path, `${path}.backup`);
    truncateSync(path, 1024 * 1024 + 100);
    const journal = await bench.journal(dataDir);
    expect(journal.health$.value.reason).toMatch(/stepcast\.db: database disk image is malformed: it is damaged; .*restore it from a backup, or move all three away$/);
    await isDown(journal);
    renameSync(`${path}.backup`, path);
    await whenReady(journal);
    expect(await readAll(journal, owner.id)).toEqual(owner.log);
  });

  it('whose first page is gone is told of at the start', async () => {
    const { dataDir } = await filled();
    overwrite(databaseIn(dataDir), 0, 4096);
    const journal = await bench.journal(dataDir);
    expect(journal.health$.value.reason).toMatch(/stepcast\.db: file is not a database: /);
    await isDown(journal);
  });

  it.each([
    ['whose pages were overwritten', (path: string) => overwrite(path, 400 * 1024, 1024 * 1024)],
    ['that was truncated', (path: string) => truncateSync(path, 400 * 1024)],
  ])('%s while it is in use is told of and not written to, until it is restored; then all events are in', async (_, damage) => {
    const { dataDir, owner: before } = await filled();
    const path = databaseIn(dataDir);
    copyFileSync(path, `${path}.backup`);
    const journal = await bench.journal(dataDir);
    await whenReady(journal);
    const record = await journal.claim(before.id, { countResume: true });
    await journal.flushed();
    damage(path);
    const reader = new Reader(journal, before.id);
    const reason = await whenFailing(journal);
    expect(reason).toMatch(/^\S+stepcast\.db: (database disk image is malformed|disk I\/O error): it is damaged; delete the -wal and -shm files beside it and restore it from a backup, or move all three away$/);
    await isDown(journal);
    await expect(journal.find(before.id)).rejects.toMatchObject({ code: 'journal_unavailable' });
    // The epoch of the backup, which was made before the claim.
    const owner = new Owner(journal, before.id, record.epoch - 1, before.seq).append(3).finish();
    const said = healthOf(journal);
    // Tried again, it would open: the first page is whole. But it is the same file still.
    await journal.open();
    for (const file of [`${path}-wal`, `${path}-shm`]) rmSync(file, { force: true });
    renameSync(`${path}.backup`, path);
    await whenReady(journal);
    await reader.finished;
    expect(reader.json).toEqual([...before.log, ...owner.log]);
    expect(said).toEqual([reason, 'ready']);
  });
});
