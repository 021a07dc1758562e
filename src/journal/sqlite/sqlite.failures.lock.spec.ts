import { afterEach, describe, expect, it } from '@jest/globals';
import { join } from 'node:path';
import { execution, Owner, readAll, Reader, turns, whenReady } from '../conformance/fixture.conformance.js';
import { Bench, healthOf, whenFailing } from './sqlite.failures.conformance.js';

const bench = new Bench();
afterEach(() => bench.clear());

describe('a database that another program has locked', () => {
  it('is waited for, where that is done soon', async () => {
    const dataDir = bench.folder();
    const journal = await bench.journal(dataDir);
    const owner = await Owner.start(journal);
    const reader = new Reader(journal, owner.id);
    const said = healthOf(journal);
    const locker = bench.child('locker', join(dataDir, 'stepcast.db'));
    await locker.next({ type: 'locked' });
    owner.append(3);
    const start = Owner.start(journal);
    await turns();
    expect(journal.isPending(owner.id)).toBe(true);
    expect(await readAll(journal, owner.id)).toEqual([]);
    locker.send({});
    await journal.flushed();
    await start;
    await reader.until(3);
    expect(await readAll(journal, owner.id)).toEqual(owner.log);
    expect(said).toEqual(['ready']);
  });

  it('is told of where it lasts: starts are refused, events are kept, in order and without a gap', async () => {
    const dataDir = bench.folder();
    const journal = await bench.journal(dataDir);
    const owner = (await Owner.start(journal)).append(2);
    await journal.flushed();
    const reader = new Reader(journal, owner.id);
    const locker = bench.child('locker', join(dataDir, 'stepcast.db'));
    await locker.next({ type: 'locked' });
    owner.append(3);
    const waiting = journal.flushed();
    const refused = journal.create(execution());
    const reason = await whenFailing(journal);
    expect(reason).toMatch(/^\S+stepcast\.db: database is locked: another program has locked it; end that program, or wait: it is tried again$/);
    await expect(refused).rejects.toMatchObject({ code: 'journal_unavailable' });
    await expect(waiting).rejects.toMatchObject({ code: 'journal_unavailable' });
    await expect(journal.create(execution())).rejects.toMatchObject({ code: 'journal_unavailable' });
    await expect(journal.flushed()).rejects.toMatchObject({ code: 'journal_unavailable' });
    owner.append(5000).append(1).finish();
    await turns();
    // What is committed can be read, and no more than that is.
    expect(await readAll(journal, owner.id)).toEqual(owner.log.slice(0, 2));
    expect(reader.json).toEqual(owner.log.slice(0, 2));
    const writable = journal.whenWritable();
    locker.send({});
    await writable;
    await whenReady(journal);
    await reader.finished;
    expect(reader.json).toEqual(owner.log);
    expect(await readAll(journal, owner.id)).toEqual(owner.log);
    expect((await journal.create(execution())).created).toBe(true);
    expect(await locker.exited).toEqual({ code: 0, signal: null });
  });

  it('is waited for by close, so that what was appended is in', async () => {
    const dataDir = bench.folder();
    const journal = await bench.journal(dataDir);
    const owner = await Owner.start(journal);
    const locker = bench.child('locker', join(dataDir, 'stepcast.db'));
    await locker.next({ type: 'locked' });
    owner.append(3);
    const closing = journal.close();
    await turns();
    locker.send({});
    await closing;
    expect(await readAll(await bench.journal(dataDir), owner.id)).toEqual(owner.log);
  });

  it('is not waited for by close for long: what is not in is told to be missing', async () => {
    const dataDir = bench.folder();
    const journal = await bench.journal(dataDir);
    const owner = (await Owner.start(journal)).append(1);
    await journal.flushed();
    const locker = bench.child('locker', join(dataDir, 'stepcast.db'));
    await locker.next({ type: 'locked' });
    owner.append(3);
    await journal.close();
    await expect(journal.flushed()).rejects.toMatchObject({ code: 'journal_unavailable' });
    await locker.kill();
    const next = await bench.journal(dataDir);
    expect(await readAll(next, owner.id)).toEqual(owner.log.slice(0, 1));
    expect(await next.find(owner.id)).toMatchObject({ lastSeq: 1 });
  });

  it.each(['before', 'after'])('keeps a process alive that has nothing left to do but to commit what it appended %s that was told of', async (when) => {
    const dataDir = bench.folder();
    const child = bench.child('journal', dataDir);
    await child.next({ type: 'health', ready: true });
    const { id } = await child.step('start');
    const locker = bench.child('locker', join(dataDir, 'stepcast.db'));
    await locker.next({ type: 'locked' });
    if (when === 'after') {
      child.send({ step: 'start' });
      await child.next({ type: 'failed', code: 'journal_unavailable' });
    }
    child.send({ step: 'appendAndLeave', count: 3 });
    await child.next({ type: 'left' });
    locker.send({});
    expect(await child.exited).toEqual({ code: 0, signal: null });
    const journal = await bench.journal(dataDir);
    expect(await readAll(journal, id as string)).toHaveLength(3);
  });
});

describe('a data folder that another Stepcast process uses', () => {
  it('is taken over when that one closes', async () => {
    const dataDir = bench.folder();
    const first = bench.child('journal', dataDir);
    await first.next({ type: 'health', ready: true });
    const { id } = await first.step('start');
    const journal = await bench.journal(dataDir);
    expect(journal.health$.value).toEqual({
      ready: false, reason: `${join(dataDir, 'stepcast.lock')}: another Stepcast process uses this data folder; end that one, and this one takes over`,
    });
    await expect(journal.create(execution())).rejects.toMatchObject({ code: 'journal_unavailable' });
    await expect(journal.find(id as string)).rejects.toMatchObject({ code: 'journal_unavailable' });
    await first.step('append', { count: 4 });
    await first.step('close');
    await whenReady(journal);
    expect(await readAll(journal, id as string)).toHaveLength(4);
  });

  it('is taken over when that one is killed, with all that it committed', async () => {
    const dataDir = bench.folder();
    const first = bench.child('journal', dataDir);
    await first.next({ type: 'health', ready: true });
    const { id } = await first.step('start');
    const journal = await bench.journal(dataDir);
    const said = healthOf(journal);
    await first.step('append', { count: 2000 });
    await first.step('flush');
    await first.kill('SIGKILL');
    await whenReady(journal);
    expect(said).toEqual([expect.stringContaining('another Stepcast process'), 'ready']);
    const [left] = await journal.unfinished();
    expect(left).toMatchObject({ id, lastSeq: 2000, status: 'running' });
    const owner = Owner.of(journal, await journal.claim(id as string, { countResume: true })).append(2).finish();
    await journal.flushed();
    expect((await readAll(journal, id as string)).map((json) => (JSON.parse(json) as { seq: number }).seq)).toEqual(Array.from({ length: owner.seq }, (_, i) => i + 1));
  });

  it('is refused to a second journal of the same process too', async () => {
    const dataDir = bench.folder();
    const first = await bench.journal(dataDir);
    const second = await bench.journal(dataDir);
    await whenFailing(second, 'another Stepcast process');
    await first.close();
    await whenReady(second);
  });
});
