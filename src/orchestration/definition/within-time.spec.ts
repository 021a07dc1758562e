import { expect, it } from '@jest/globals';
import { withinTime } from './within-time.js';

it('gives what was computed, be it nothing', () => {
  expect(withinTime(1000, () => 7)).toEqual({ value: 7 });
  expect(withinTime(1000, () => undefined)).toEqual({ value: undefined });
});

it('stops what does not end', () => {
  expect(withinTime(20, () => { for (;;); })).toBeUndefined();
  expect(withinTime(20, () => /^(a+)+$/.test(`${'a'.repeat(50)}!`))).toBeUndefined();
  expect(withinTime(1000, () => 'after')).toEqual({ value: 'after' });
});

it('begins anew where the time has passed without the process getting to run, and not for ever', () => {
  let runs = 0;
  const heldUp = (times: number) => () => {
    if (++runs <= times) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 60_000);
    return runs;
  };
  expect(withinTime(200, heldUp(1))).toEqual({ value: 2 });
  runs = 0;
  expect(withinTime(200, heldUp(9))).toBeUndefined();
  expect(runs).toBe(3);
});

it('lets errors through', () => {
  const error = new Error('no');
  expect(() => withinTime(1000, () => { throw error; })).toThrow(error);
});
