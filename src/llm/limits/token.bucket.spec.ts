import { describe, expect, it } from '@jest/globals';
import { TokenBucket } from './token.bucket.js';

describe('a bucket of 60 a minute', () => {
  it('gives a minute\'s worth at once, and then one a second', () => {
    const bucket = new TokenBucket(60, 0);
    for (let i = 0; i < 60; i++) {
      expect(bucket.delay(1, 0)).toBe(0);
      bucket.take(1, 0);
    }
    expect([0, 250, 999, 1000].map((now) => bucket.delay(1, now))).toEqual([1000, 750, 1, 0]);
    bucket.take(1, 1000);
    expect(bucket.delay(3, 1000)).toBe(3000);
    expect(bucket.delay(1, 1000, 2)).toBe(3000);
  });

  it('is never fuller than full', () => {
    const bucket = new TokenBucket(60, 0);
    bucket.take(60, 0);
    bucket.give(100, 0);
    expect(bucket.delay(60, 0)).toBe(0);
    expect(bucket.isFull(3_600_000)).toBe(true);
    bucket.take(60, 3_600_000);
    expect(bucket.delay(60, 3_600_000)).toBe(60_000);
    expect(bucket.isFull(3_600_000 + 59_999)).toBe(false);
  });

  it('lets go what is larger than itself when it is full, and then waits until that is paid off', () => {
    const bucket = new TokenBucket(60, 0);
    bucket.take(30, 0);
    expect(bucket.delay(180, 0)).toBe(30_000);
    bucket.take(180, 30_000);
    expect(bucket.delay(1, 30_000)).toBe(121_000);
  });

  it('owes what was taken too little', () => {
    const bucket = new TokenBucket(60, 0);
    bucket.take(50, 0);
    bucket.give(-40, 0);
    expect(bucket.delay(1, 0)).toBe(31_000);
    bucket.give(20, 0);
    expect(bucket.delay(1, 0)).toBe(11_000);
  });
});

it('goes at most at its rate in the long run, however it is asked', () => {
  const bucket = new TokenBucket(600, 0);
  let now = 0;
  let taken = 0;
  for (let i = 0; now < 600_000; i++) {
    const count = 1 + ((i * 37) % 100);
    const wait = bucket.delay(count, now);
    now += wait + (i % 7);
    expect(bucket.delay(count, now)).toBe(0);
    bucket.take(count, now);
    taken += count;
  }
  expect(taken).toBeLessThanOrEqual(600 + (now / 60_000) * 600 + 1e-3);
  expect(taken).toBeGreaterThan((now / 60_000) * 600 * 0.9);
});
