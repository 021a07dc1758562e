import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { existsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execution, Owner, readAll, Reader, turns } from '../conformance/fixture.conformance.js';
import { type Head } from '../journal.types.js';
import { openDatabase, type OpenDatabase } from './sqlite.database.js';
import { needsReopen } from './sqlite.errors.js';
import { recordOf, type ExecutionRow } from './sqlite.statements.js';
import { type PendingAppend } from './sqlite.log.js';
import { SqliteWriter } from './sqlite.writer.js';
import { SqliteJournal } from './sqlite-journal.js';

const HEAD: Head = { status: 'running', progress: 0, startedAt: null, finishedAt: null, error: null };
const sqliteError = (errcode: number, message: string) => Object.assign(new Error(message), { code: 'ERR_SQLITE_ERROR', errcode });

/** What errors of a real file do is in `sqlite.failures.*.spec.ts`; here are those that no file gives on demand. */
describe('SqliteWriter', () => {
  let database: OpenDatabase;
  let writer: SqliteWriter;
  let committed: PendingAppend[];
  let failures: unknown[];
  let recovered: Promise<void>;

  beforeEach(() => {
    database = openDatabase({ dataDir: ':memory:' });
    committed = [];
    failures = [];
    let onRecovered!: () => void;
    const nextRecovery = () => (recovered = new Promise((resolve) => (onRecovered = resolve)));
    void nextRecovery();
    writer = new SqliteWriter({
      database: () => database,
      onCommitted: ({ kept }) => committed.push(...kept),
      onFailure: (error) => failures.push(error),
      onRecovered: () => (onRecovered(), void nextRecovery()),
    });
    writer.flush();
  });
  afterEach(async () => {
    await writer.close();
    database.close();
  });

  const start = () =>
    writer.operate((log) => {
      const record = recordOf(log.sql.insertExecution.get(execution().id, 'ann', 'w', null, 1, 'data', '{}', 'f', '{}') as unknown as ExecutionRow);
      log.created(record);
      return record;
    });
  const append = (id: string, seqs: number[], head = HEAD, onLost = () => undefined as void) =>
    seqs.forEach((seq) => writer.append(id, 1, { seq, type: 'message', json: `{"seq":${seq}}` } as never, head, onLost));
  const stored = (id: string) => database.log.read(id, 0, { limit: 1000 })?.map(({ seq }) => seq);
  const failingOnce = (what: 'commit' | 'rollback', broken: (real: () => void) => void) => {
    const real = database[what];
    database[what] = () => {
      database[what] = real;
      broken(real);
    };
  };

  it('commits once a turn, also after a turn that was too long for one commit', async () => {
    const { id } = await start();
    let seq = 0;
    const next = (count: number) => append(id, Array.from({ length: count }, () => ++seq));
    for (let i = 0; i < 5; i++) {
      next(5000);
      setImmediate(() => next(1));
    }
    await turns(2);
    await writer.flushed();
    expect(stored(id)).toHaveLength(1000);
    // Six while the bursts were made, one at the end of their turn with what came before it there, one for the rest.
    expect(committed.map(({ events }) => events.length)).toEqual([4096, 4096, 4096, 4096, 4096, 4096, 25_000 - 6 * 4096 + 4, 1]);
  });

  it('does not write again, or take for lost, what a commit brought in that was answered with an error', async () => {
    const { id } = await start();
    append(id, [1, 2]);
    await writer.flushed();
    failingOnce('commit', (real) => {
      real();
      throw sqliteError(1034, 'disk I/O error');
    });
    append(id, [3, 4, 5]);
    let lost = false;
    const failed = writer.flushed();
    await expect(failed).rejects.toMatchObject({ code: 'journal_unavailable' });
    append(id, [6, 7], HEAD, () => (lost = true));
    await recovered;
    expect(failures).toHaveLength(1);
    expect(lost).toBe(false);
    expect(stored(id)).toEqual([1, 2, 3, 4, 5, 6, 7]);
    expect(committed.map(({ events }) => events.map(({ seq }) => seq))).toEqual([[1, 2], [3, 4, 5, 6, 7]]);
    append(id, [8]);
    await writer.flushed();
    expect(stored(id)).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
  });

  it('nor where that was the end of the execution', async () => {
    const { id } = await start();
    failingOnce('commit', (real) => {
      real();
      throw sqliteError(1034, 'disk I/O error');
    });
    let lost = false;
    const head: Head = { ...HEAD, status: 'completed', progress: 1, finishedAt: 2 };
    append(id, [1], head, () => (lost = true));
    writer.append(id, 1, { seq: 2, type: 'workflow_completed', json: '{"seq":2}' } as never, head, () => (lost = true));
    await recovered;
    expect(failures).toHaveLength(1);
    expect(lost).toBe(false);
    expect(stored(id)).toEqual([1, 2]);
    expect(committed.map(({ events }) => events.map(({ seq }) => seq))).toEqual([[1, 2]]);
  });

  it('never takes an event that was appended twice for one that is already there', async () => {
    const { id } = await start();
    append(id, [1, 2]);
    await writer.flushed();
    let lost = 0;
    append(id, [2], HEAD, () => void lost++);
    await writer.flushed();
    expect([lost, stored(id), committed.length]).toEqual([1, [1, 2], 1]);
  });

  it('asks for a new connection where a transaction can be neither committed nor undone', async () => {
    const { id } = await start();
    failingOnce('commit', () => {
      throw sqliteError(13, 'database or disk is full');
    });
    failingOnce('rollback', () => undefined);
    append(id, [1]);
    await recovered;
    expect(failures.map(needsReopen)).toEqual([false, true]);
    expect(stored(id)).toEqual([1]);
  });

  it('loses one execution whose events cannot be stored, and says so, rather than hold up all others', async () => {
    const [good, bad] = [await start(), await start()];
    const warn = jest.spyOn(process, 'emitWarning').mockImplementation(() => undefined);
    let lost = 0;
    append(good.id, [1]);
    append(bad.id, [1, 2], { ...HEAD, progress: Number.NaN }, () => void lost++);
    append(good.id, [2]);
    await writer.flushed();
    expect([stored(good.id), stored(bad.id), lost, failures]).toEqual([[1, 2], [], 1, []]);
    expect(warn.mock.calls).toEqual([[expect.stringContaining(bad.id), 'StepcastWarning']]);
    warn.mockRestore();
  });

  it('refuses operations while it fails, and takes appends', async () => {
    const { id } = await start();
    failingOnce('commit', () => {
      throw sqliteError(13, 'database or disk is full');
    });
    const refused = [start(), writer.operate(() => 'anything')];
    await turns(1);
    refused.push(start());
    for (const one of refused) await expect(one).rejects.toMatchObject({ code: 'journal_unavailable', options: { retryAfterSeconds: 1 } });
    append(id, [1, 2]);
    const writable = writer.whenWritable();
    expect(writer.isPending(id)).toBe(true);
    await writable;
    expect([writer.whenWritable(), stored(id)]).toEqual([undefined, [1, 2]]);
  });
});

describe('SqliteJournal', () => {
  it('opens once, however often it is asked to', async () => {
    const journal = new SqliteJournal({ dataDir: ':memory:' });
    await expect(journal.create(execution())).rejects.toMatchObject({ code: 'journal_unavailable' });
    expect(journal.health$.value).toEqual({ ready: false, reason: 'the journal is not open yet' });
    await journal.open();
    const owner = (await Owner.start(journal)).append();
    await journal.open();
    await journal.flushed();
    expect(await readAll(journal, owner.id)).toEqual(owner.log);
    await journal.close();
  });

  it('that is closed before it was opened touches nothing', async () => {
    const dataDir = join(tmpdir(), `stepcast-${execution().id}`);
    await new SqliteJournal({ dataDir }).close();
    expect(existsSync(dataDir)).toBe(false);
  });

  it('lets who follows before it is open wait', async () => {
    const journal = new SqliteJournal({ dataDir: ':memory:' });
    const reader = new Reader(journal, 'nobody');
    await turns();
    await journal.open();
    await expect(reader.finished).rejects.toMatchObject({ code: 'not_found' });
    await journal.close();
  });

  it('refuses what cannot be asked of a database, without doubting the file', async () => {
    const journal = new SqliteJournal({ dataDir: ':memory:' });
    await journal.open();
    const owner = (await Owner.start(journal)).append();
    await journal.flushed();
    await expect(journal.list({ limit: undefined as unknown as number })).rejects.toMatchObject({ name: 'TypeError' });
    await expect(journal.list({ limit: 1.5 })).rejects.toThrow();
    await expect(journal.create(execution({ createdAt: undefined as unknown as number }))).rejects.toMatchObject({ name: 'TypeError' });
    expect(journal.health$.value).toEqual({ ready: true });
    expect(await readAll(journal, owner.id)).toEqual(owner.log);
    await journal.close();
  });
});
