import { afterEach, describe, expect, it } from '@jest/globals';
import { config } from 'rxjs';
import { type Journal } from '../journal.js';
import { Owner, Reader, turns } from './fixture.conformance.js';

/** Past and live in one call (P3, P4, P5, P8). */
export function describeFollow(journal: () => Journal): void {
  describe('following', () => {
    afterEach(() => {
      config.onUnhandledError = null;
    });

    it('gives the same before, during and after the run (P5)', async () => {
      const owner = await Owner.start(journal());
      const before = new Reader(journal(), owner.id);
      owner.append(3);
      await before.until(3);
      const during = new Reader(journal(), owner.id);
      owner.append(3);
      await during.until(6);
      owner.finish();
      await Promise.all([before.finished, during.finished]);
      const after = new Reader(journal(), owner.id);
      await after.finished;
      for (const reader of [before, during, after]) expect(reader.json).toEqual(owner.log);
    });

    it('starts at any cursor, of a log that runs and of one that has ended', async () => {
      const owner = (await Owner.start(journal())).append(5);
      await journal().flushed();
      const running = [0, 1, 2, 3, 4, 5].map((after) => new Reader(journal(), owner.id, after));
      owner.append(2).finish();
      await journal().flushed();
      const ended = [0, 1, 2, 3, 4, 5, 6, 7].map((after) => new Reader(journal(), owner.id, after));
      for (const reader of [...running, ...ended]) {
        await reader.finished;
        expect(reader.json).toEqual(owner.log.slice(reader.after));
      }
    });

    it.each(['completed', 'failed', 'cancelled'] as const)('completes with the terminal event of a %s execution (P4)', async (status) => {
      const owner = await Owner.start(journal());
      const live = new Reader(journal(), owner.id);
      owner.append().finish(status);
      await live.finished;
      const late = new Reader(journal(), owner.id);
      await late.finished;
      expect(live.json).toEqual(owner.log);
      expect(late.json).toEqual(owner.log);
    });

    it('completes at once where the cursor stands on the terminal event', async () => {
      const owner = (await Owner.start(journal())).append(2).finish();
      await journal().flushed();
      const reader = new Reader(journal(), owner.id, 3);
      await reader.finished;
      expect(reader.json).toEqual([]);
    });

    it('of an execution that does not exist fails with not_found', async () => {
      await expect(new Reader(journal(), 'nobody').finished).rejects.toMatchObject({ code: 'not_found' });
    });

    it('gives every live reader of a turn the same batch', async () => {
      const owner = await Owner.start(journal());
      const readers = Array.from({ length: 3 }, () => new Reader(journal(), owner.id));
      await turns();
      owner.append(4);
      await Promise.all(readers.map((reader) => reader.until(4)));
      expect(new Set(readers.flatMap((reader) => reader.batches)).size).toBe(1);
    });

    it('holds nothing up for a reader that takes nothing, and loses it nothing (P8)', async () => {
      const owner = await Owner.start(journal());
      const slow = new Reader(journal(), owner.id, 0, { shut: true });
      const quick = new Reader(journal(), owner.id);
      for (let i = 0; i < 30; i++) {
        owner.append(100);
        await journal().flushed();
      }
      owner.finish();
      await quick.finished;
      expect(slow.json).toEqual([]);
      slow.open();
      await slow.finished;
      expect(slow.json).toEqual(owner.log);
    });

    it('stops where its reader has enough, also within its own next', async () => {
      const owner = (await Owner.start(journal())).append(3);
      await journal().flushed();
      const takeOne = (_: unknown, reader: Reader) => reader.json.length >= 1 && queueMicrotask(() => reader.leave());
      const live = new Reader(journal(), owner.id, 3, { onBatch: (_, reader) => reader.leave() });
      const late = new Reader(journal(), owner.id, 0, { onBatch: takeOne });
      const other = new Reader(journal(), owner.id);
      await other.until(3);
      owner.append();
      await other.until(4);
      owner.append().finish();
      await other.finished;
      expect(live.json).toEqual(owner.log.slice(3, 4));
      expect(late.json).toEqual(owner.log.slice(0, 3));
      expect(other.json).toEqual(owner.log);
    });

    it('may begin, and append, within the next of another', async () => {
      const owner = await Owner.start(journal());
      const inner: Reader[] = [];
      const outer = new Reader(journal(), owner.id, 0, {
        onBatch: () => {
          inner.push(new Reader(journal(), owner.id, 0), new Reader(journal(), owner.id, owner.seq));
          if (owner.seq < 4) owner.append();
          else if (owner.head.finishedAt === null) owner.finish();
        },
      });
      owner.append();
      await outer.finished;
      expect(outer.json).toEqual(owner.log);
      expect(inner.length).toBeGreaterThanOrEqual(4);
      for (const reader of inner) {
        await reader.finished;
        expect(reader.json).toEqual(owner.log.slice(reader.after));
      }
    });

    it('is not disturbed by a reader or a listener that throws', async () => {
      const thrown: unknown[] = [];
      const reported = new Promise<void>((resolve) => {
        config.onUnhandledError = (error) => thrown.push(error) === 2 && resolve();
      });
      const owner = await Owner.start(journal());
      journal().commits$.subscribe(() => {
        throw new Error('of a listener');
      });
      journal().follow(owner.id, 0).subscribe(() => {
        throw new Error('of a reader');
      });
      const reader = new Reader(journal(), owner.id);
      await turns();
      owner.finish();
      await journal().flushed();
      await reader.finished;
      await reported;
      expect(reader.json).toEqual(owner.log);
      expect(thrown.map((error) => (error as Error).message).sort()).toEqual(['of a listener', 'of a reader']);
    });

    it('fails alone where its gate throws or rejects', async () => {
      const owner = (await Owner.start(journal())).append();
      await journal().flushed();
      let broken = false;
      const gates = [
        () => {
          if (broken) throw new Error('broken gate');
          return undefined;
        },
        () => (broken ? Promise.reject(new Error('broken gate')) : undefined),
      ];
      const failures = gates.map((gate) => new Promise((resolve) => journal().follow(owner.id, 0, gate).subscribe({ error: resolve })));
      const reader = new Reader(journal(), owner.id);
      await turns();
      broken = true;
      owner.append();
      await journal().flushed();
      expect(await Promise.all(failures)).toEqual([new Error('broken gate'), new Error('broken gate')]);
      owner.finish();
      await reader.finished;
      expect(reader.json).toEqual(owner.log);
    });
  });
}
