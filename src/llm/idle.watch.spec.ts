import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { IdleWatch } from './idle.watch.js';

describe('a silence', () => {
  beforeEach(() => void jest.useFakeTimers());
  afterEach(() => void jest.useRealTimers());

  it('is bounded, from the beginning and between two pieces', () => {
    const watch = new IdleWatch(100);
    jest.advanceTimersByTime(99);
    watch.heard();
    jest.advanceTimersByTime(99);
    expect(watch.expired).toBe(false);
    jest.advanceTimersByTime(1);
    expect([watch.expired, watch.signal.aborted]).toEqual([true, true]);
  });

  it('does not count while something else is waited for', async () => {
    const watch = new IdleWatch(100);
    const [slow, quick] = [Promise.withResolvers<string>(), Promise.withResolvers<string>()];
    const both = [watch.aside(() => slow.promise), watch.aside(() => quick.promise)];
    quick.resolve('b');
    await both[1];
    watch.heard();
    jest.advanceTimersByTime(1000);
    expect(watch.expired).toBe(false);
    slow.resolve('a');
    expect(await Promise.all(both)).toEqual(['a', 'b']);
    jest.advanceTimersByTime(100);
    expect(watch.expired).toBe(true);
  });

  it('counts again when what was waited for has failed', async () => {
    const watch = new IdleWatch(100);
    await expect(watch.aside(() => Promise.reject(new Error('no')))).rejects.toThrow('no');
    jest.advanceTimersByTime(100);
    expect(watch.expired).toBe(true);
  });

  it('is not bounded any more once it is stopped, also by what ends later', async () => {
    const watch = new IdleWatch(100);
    const work = Promise.withResolvers<void>();
    const aside = watch.aside(() => work.promise);
    watch.stop();
    work.resolve();
    await aside;
    expect(jest.getTimerCount()).toBe(0);
  });
});
