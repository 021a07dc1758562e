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

it('lets errors through', () => {
  const error = new Error('no');
  expect(() => withinTime(1000, () => { throw error; })).toThrow(error);
});
