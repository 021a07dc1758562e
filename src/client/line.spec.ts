import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { Line, StallLimit } from './line.js';

describe('how long silence may last', () => {
  it('is learned from heartbeats: three times the silence before one', () => {
    const limit = new StallLimit(45_000);
    const heard = (silenceMs: number) => {
      limit.heard(silenceMs);
      return limit.ms;
    };
    // Two that come at once were held up on the way; after more silence than is allowed it was the reader that was away.
    expect([15_000, 10_000, 999, 0, 30_001, 1000, 5001].map(heard)).toEqual([45_000, 30_000, 30_000, 30_000, 30_000, 5000, 5000]);
    limit.ms = 200_000;
    expect(heard(150_000)).toBe(300_000);
  });

  it('is twice as long after a line that was silent for too long, up to five minutes, and never less than it was', () => {
    const after = [45_000, 200_000, 400_000].map((ms) => {
      const limit = new StallLimit(ms);
      limit.stalled();
      return limit.ms;
    });
    expect(after).toEqual([90_000, 300_000, 400_000]);
  });
});

describe('a line over which nothing comes', () => {
  beforeEach(() => void jest.useFakeTimers({ now: 10_000_000 }));
  afterEach(() => void jest.useRealTimers());

  const silent = () => {
    const stall = new StallLimit(45_000);
    const probe = { afterMs: 3000, call: jest.fn<(line: Line) => void>() };
    const line = new Line({ connect: () => new Promise(() => undefined), stall, onHeartbeat: () => undefined, probe, signal: new AbortController().signal });
    const cut = line.read(async () => undefined).next().catch((error: unknown) => error);
    return { line, stall, probe, cut };
  };

  it('is asked about once, and is dead at the limit, which the next one has twice', async () => {
    const { line, stall, probe, cut } = silent();
    await jest.advanceTimersByTimeAsync(44_999);
    expect([line.isSilent, probe.call.mock.calls.length]).toEqual([true, 1]);
    await jest.advanceTimersByTimeAsync(1);
    expect(await cut).toEqual(new Error('nothing has come for 45000 ms'));
    expect([line.isSilent, stall.ms, jest.getTimerCount()]).toEqual([false, 90_000, 0]);
  });

  it('is dead after no more than that, where the clock was set back by an hour meanwhile', async () => {
    const { line } = silent();
    jest.setSystemTime(Date.now() - 3_600_000);
    await jest.advanceTimersByTimeAsync(3000 + 45_000);
    expect(line.isSilent).toBe(false);
  });
});
