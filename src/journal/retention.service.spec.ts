import { Logger } from '@nestjs/common';
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { execution, Owner } from './conformance/fixture.conformance.js';
import { type Journal } from './journal.js';
import { RetentionService } from './retention.service.js';
import { SqliteJournal } from './sqlite/sqlite-journal.js';

Logger.overrideLogger(false);

const DAY = 24 * 60 * 60 * 1000;
const NOW = 1_800_000_000_000;

describe('retention', () => {
  it('removes what was finished for longer than it is kept, and nothing else; remembers that it was there for a day', async () => {
    const journal = new SqliteJournal({ dataDir: ':memory:' });
    await journal.open();
    const [old, young, running] = [(await Owner.start(journal)).append(2).finish('completed', NOW - 1001), (await Owner.start(journal)).finish('failed', NOW - 999), (await Owner.start(journal)).append(1)];
    await journal.flushed();
    let now = NOW;
    const service = new RetentionService(journal, { retentionMs: 1000, now: () => now });
    expect(await service.sweep()).toBe(1);
    expect(await Promise.all([old, young, running].map(async ({ id }) => (await journal.find(id)) !== undefined))).toEqual([false, true, true]);
    expect(await journal.findRemoved(old.id)).toEqual({ user: execution().user });
    now = NOW + DAY - 1;
    await service.sweep();
    expect(await journal.findRemoved(old.id)).toBeDefined();
    now = NOW + DAY + 1;
    await service.sweep();
    expect(await journal.findRemoved(old.id)).toBeUndefined();
    await journal.close();
  });

  describe('by itself', () => {
    const sweep = jest.fn<Journal['sweep']>();
    const started = (retentionMs: number) => {
      const service = new RetentionService({ sweep } as unknown as Journal, { retentionMs, now: () => NOW });
      service.onApplicationBootstrap();
      return service;
    };
    beforeEach(() => {
      jest.useFakeTimers();
      sweep.mockReset().mockResolvedValue(0);
    });
    afterEach(() => void jest.useRealTimers());

    it.each([[7 * DAY, 60_000], [100_000, 10_000], [1000, 1000]])('sweeps, where executions are kept %d ms, every %d ms', async (retentionMs, interval) => {
      const service = started(retentionMs);
      await jest.advanceTimersByTimeAsync(interval - 1);
      expect(sweep).not.toHaveBeenCalled();
      await jest.advanceTimersByTimeAsync(1 + 2 * interval);
      expect(sweep.mock.calls).toEqual(Array(3).fill([NOW - retentionMs, NOW - DAY, NOW]));
      service.onModuleDestroy();
    });

    it('goes on where a sweep has failed', async () => {
      sweep.mockRejectedValueOnce(new Error('the disk is full'));
      const service = started(1000);
      await jest.advanceTimersByTimeAsync(2000);
      expect(sweep).toHaveBeenCalledTimes(2);
      service.onModuleDestroy();
    });

    it('never sweeps twice at once, however long one takes', async () => {
      const held = Promise.withResolvers<number>();
      sweep.mockReturnValueOnce(held.promise);
      const service = started(1000);
      await jest.advanceTimersByTimeAsync(10_000);
      expect(sweep).toHaveBeenCalledTimes(1);
      held.resolve(3);
      await jest.advanceTimersByTimeAsync(1000);
      expect(sweep).toHaveBeenCalledTimes(2);
      service.onModuleDestroy();
    });

    it('stops with the module, in the middle of a sweep too', async () => {
      const held = Promise.withResolvers<number>();
      sweep.mockReturnValueOnce(held.promise);
      const service = started(1000);
      await jest.advanceTimersByTimeAsync(1000);
      service.onModuleDestroy();
      held.resolve(0);
      await jest.advanceTimersByTimeAsync(10_000);
      expect([sweep.mock.calls.length, jest.getTimerCount()]).toEqual([1, 0]);
    });
  });
});
