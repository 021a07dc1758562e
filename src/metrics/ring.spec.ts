import { describe, expect, it } from '@jest/globals';
import { Ring } from './ring.js';

const MINUTE = 60_000;
const NOON = Date.parse('2026-11-20T12:00:00.000Z');

describe('a ring of counts', () => {
  const ring = (rows = 10) => new Ring(MINUTE, rows, 2);

  it('sums each column over the time that is asked for', () => {
    const counts = ring();
    counts.add(NOON, 0);
    counts.add(NOON + MINUTE, 1, 5);
    counts.add(NOON + 3 * MINUTE, 0);
    expect([1, 3, 4, 10].map((minutes) => counts.sums(NOON + 3 * MINUTE, minutes * MINUTE))).toEqual([[1, 0], [1, 5], [2, 5], [2, 5]]);
  });

  it('forgets what is older than itself, row by row and all at once', () => {
    const counts = ring(3);
    for (let i = 0; i < 3; i++) counts.add(NOON + i * MINUTE, 0);
    expect(counts.sums(NOON + 3 * MINUTE, 10 * MINUTE)).toEqual([2, 0]);
    expect(counts.sums(NOON + 60 * MINUTE, 10 * MINUTE)).toEqual([0, 0]);
    counts.add(NOON + 60 * MINUTE, 1);
    expect(counts.sums(NOON + 60 * MINUTE, 10 * MINUTE)).toEqual([0, 1]);
  });

  it('takes what comes after the clock was set back, and loses nothing by it', () => {
    const counts = ring(120);
    counts.add(NOON, 0);
    counts.add(NOON - 60 * MINUTE, 0);
    expect(counts.sums(NOON - 60 * MINUTE, 5 * MINUTE)).toEqual([2, 0]);
    expect(counts.sums(NOON + MINUTE, MINUTE)).toEqual([0, 0]);
  });

  it('begins anew where the clock had been wrong by more than it holds', () => {
    const counts = ring();
    counts.add(NOON + 1e10, 0);
    counts.add(NOON, 1);
    expect(counts.sums(NOON, MINUTE)).toEqual([0, 1]);
  });

  it('keeps the highest of what its last columns are raised to, for as long as it is in the time that is asked for', () => {
    const counts = new Ring(MINUTE, 10, 1, 2);
    counts.add(NOON, 0);
    for (const value of [7, 9, 8]) counts.raise(NOON, 1, value);
    counts.raise(NOON + MINUTE, 1, 5);
    counts.raise(NOON + MINUTE, 2, 2 ** 32 - 1);
    expect([1, 2].map((minutes) => counts.sums(NOON + MINUTE, minutes * MINUTE))).toEqual([[0, 5, 2 ** 32 - 1], [1, 9, 2 ** 32 - 1]]);
    expect(counts.sums(NOON + 60 * MINUTE, 10 * MINUTE)).toEqual([0, 0, 0]);
  });

  it('is empty at first', () => {
    expect(ring().sums(NOON, 5 * MINUTE)).toEqual([0, 0]);
  });
});
