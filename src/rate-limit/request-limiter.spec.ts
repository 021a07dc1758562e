import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { RequestLimiter } from './request-limiter.js';

const limited = (retryAfterSeconds: number) =>
  expect.objectContaining({ code: 'rate_limited', status: 429, options: { retryAfterSeconds }, message: expect.stringContaining(`try again in ${retryAfterSeconds} s`) });

describe('RequestLimiter', () => {
  beforeEach(() => void jest.useFakeTimers({ now: 1_000_000 }));
  afterEach(() => void jest.useRealTimers());

  it('counts down to nothing, then refuses until the window is over', async () => {
    const limiter = new RequestLimiter({ points: 3, seconds: 60 });
    await expect(limiter.consume('a')).resolves.toEqual({ limit: 3, remaining: 2, resetSeconds: 60, resetAt: Date.now() + 60_000 });
    jest.advanceTimersByTime(20_500);
    await expect(limiter.consume('a')).resolves.toEqual({ limit: 3, remaining: 1, resetSeconds: 40, resetAt: Date.now() + 39_500 });
    await expect(limiter.consume('a')).resolves.toMatchObject({ remaining: 0, resetSeconds: 40 });
    await expect(limiter.consume('a')).rejects.toEqual(limited(40));
    jest.advanceTimersByTime(39_499);
    await expect(limiter.consume('a')).rejects.toEqual(limited(1));
    jest.advanceTimersByTime(1);
    await expect(limiter.consume('a')).resolves.toEqual({ limit: 3, remaining: 2, resetSeconds: 60, resetAt: Date.now() + 60_000 });
  });

  it('counts each key for itself', async () => {
    const limiter = new RequestLimiter({ points: 1, seconds: 60 });
    for (const key of ['user:a', 'address:a', 'user:__proto__', 'user:constructor']) await expect(limiter.consume(key)).resolves.toMatchObject({ remaining: 0 });
    await expect(limiter.consume('user:a')).rejects.toEqual(limited(60));
  });

  it('cannot be got round by requests at the same moment', async () => {
    const limiter = new RequestLimiter({ points: 5, seconds: 60 });
    const results = await Promise.allSettled(Array.from({ length: 50 }, () => limiter.consume('a')));
    expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(5);
  });

  it('takes a request back', async () => {
    const limiter = new RequestLimiter({ points: 1, seconds: 60 });
    for (let i = 0; i < 5; i++) {
      const quota = await limiter.consume('a');
      await limiter.refund('a', quota);
    }
    await limiter.consume('a');
    await expect(limiter.consume('a')).rejects.toEqual(limited(60));
  });

  it('does not count what it refuses: when requests are taken back, others have their place', async () => {
    const limiter = new RequestLimiter({ points: 2, seconds: 60 });
    const [first] = await Promise.all([limiter.consume('a'), limiter.consume('a')]);
    for (let i = 0; i < 100; i++) await expect(limiter.consume('a')).rejects.toEqual(limited(60));
    await limiter.refund('a', first);
    await expect(limiter.consume('a')).resolves.toMatchObject({ remaining: 0 });
    await expect(limiter.consume('a')).rejects.toEqual(limited(60));
  });

  it('gives no credit for a request of a window that is over, nor for one that never was', async () => {
    const limiter = new RequestLimiter({ points: 1, seconds: 60 });
    const earlier = await limiter.consume('a');
    jest.advanceTimersByTime(60_000);
    await limiter.refund('a', earlier);
    await limiter.refund('b', earlier);
    const late = await limiter.consume('late');
    // The window is over, though its timer has not gone off yet.
    jest.setSystemTime(Date.now() + 60_000);
    await limiter.refund('late', late);
    const twice = await limiter.consume('twice');
    await limiter.refund('twice', twice);
    await limiter.refund('twice', twice);
    for (const key of ['a', 'b', 'late', 'twice']) {
      await limiter.consume(key);
      await expect(limiter.consume(key)).rejects.toEqual(limited(60));
    }
    // Nor in the window after its own, where others are counted by now.
    await limiter.refund('a', earlier);
    await expect(limiter.consume('a')).rejects.toEqual(limited(60));
  });

  it('asks nobody to wait for longer than a window, where the clock was set back', async () => {
    const limiter = new RequestLimiter({ points: 1, seconds: 60 });
    await limiter.consume('a');
    jest.setSystemTime(Date.now() - 600_000);
    await expect(limiter.consume('a')).rejects.toEqual(limited(60));
  });

  it('forgets a key when its window is over', async () => {
    const limiter = new RequestLimiter({ points: 1, seconds: 60 });
    for (let i = 0; i < 10; i++) await limiter.consume(`address:${i}`);
    expect(jest.getTimerCount()).toBe(10);
    jest.advanceTimersByTime(60_000);
    expect(jest.getTimerCount()).toBe(0);
  });
});
