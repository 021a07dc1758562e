import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { type FailureWatch, SubscriberFailure } from './failure.watch.js';
import { persist } from './persist.js';

const told: string[] = [];
const watch = { struggles: () => told.push('struggles'), failed: () => told.push('failed'), recovered: () => told.push('recovered') } as unknown as FailureWatch;

describe('what is tried until it works', () => {
  let aborter: AbortController;
  let attempts: number[];
  beforeEach(() => {
    jest.useFakeTimers({ now: 0 });
    aborter = new AbortController();
    attempts = [];
    told.length = 0;
  });
  afterEach(() => {
    expect(jest.getTimerCount()).toBe(0);
    jest.useRealTimers();
  });

  /** Fails with each of these, and then works; the moments at which it was tried. */
  const trying = (failures: readonly unknown[], random = 0.5) => {
    const left = [...failures];
    return persist(() => {
      attempts.push(Date.now());
      if (left.length > 0) throw left.shift();
    }, { watch, signal: aborter.signal, minDelayMs: 100, maxDelayMs: 400, random: () => random });
  };
  const times = (count: number, failure: unknown = new Error('no')) => Array.from({ length: count }, () => failure);
  const waits = () => attempts.slice(1).map((at, i) => at - (attempts[i] as number));

  it.each([[0, [50, 100, 200, 200, 200]], [0.5, [75, 150, 300, 300, 300]]])('waits twice as long each time, up to its bound, by chance %d', async (random, expected) => {
    const tried = trying(times(5), random);
    await jest.runAllTimersAsync();
    expect([await tried, waits()]).toEqual([true, expected]);
    expect(told).toEqual(['struggles', ...times(5, 'failed'), 'recovered']);
  });

  it('waits as long as it is asked to, and at once as long as it ever does where it is not wanted', async () => {
    const tried = trying([new SubscriberFailure('a', 'a', { retryAfterMs: 5000 }), new Error('no'), new SubscriberFailure('b', 'b', { retryAfterMs: 1 })]);
    await jest.runAllTimersAsync();
    expect([await tried, waits()]).toEqual([true, [5000, 150, 300]]);
    attempts = [];
    const unwanted = trying([new SubscriberFailure('c', 'c', { isFinal: true })]);
    await jest.runAllTimersAsync();
    expect([await unwanted, waits()]).toEqual([true, [300]]);
  });

  it('tells of nothing where it works at once', async () => {
    expect([await trying([]), told]).toEqual([true, []]);
  });

  it('ends with its signal: before the first try, in the middle of one, and between two', async () => {
    const between = trying(times(5));
    await jest.advanceTimersByTimeAsync(80);
    aborter.abort();
    expect([await between, attempts, await trying([])]).toEqual([false, [0, 75], false]);
    aborter = new AbortController();
    told.length = 0;
    const during = persist(() => {
      aborter.abort();
      throw new Error('no');
    }, { watch, signal: aborter.signal, minDelayMs: 1, maxDelayMs: 1, random: () => 0 });
    expect([await during, told]).toEqual([false, []]);
  });
});
