import { expect, it, jest } from '@jest/globals';
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

it('does not begin anew again what has run for a good part of its time in all: a process may never get more than a part of a processor', () => {
  let spent = 0;
  let runs = 0;
  const cpuUsage = jest.spyOn(process, 'cpuUsage').mockImplementation((before) => ({ user: spent - (before?.user ?? 0), system: 0 }));
  try {
    const endless = () => {
      runs++;
      spent += 60_000;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 60_000);
    };
    expect(withinTime(200, endless)).toBeUndefined();
    expect(runs).toBe(2);
  } finally {
    cpuUsage.mockRestore();
  }
});

it('lets errors through', () => {
  const error = new Error('no');
  expect(() => withinTime(1000, () => { throw error; })).toThrow(error);
});
