import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { isWithin } from './events.js';
import { noteStep, stepsBelow } from './steps.below.js';

const part = fc.tuple(fc.constantFrom('a', 'b', 'ab'), fc.constantFrom('', '[1]', '[2]', '[12]')).map(([name, round]) => name + round);
const id = fc.tuple(fc.array(part, { maxLength: 3 }), fc.constantFrom('a', 'b', 'ab')).map(([around, name]) => [...around, name].join('/'));

describe('stepsBelow', () => {
  it('finds what lies within a step, and nothing else, also of what was added since it was first asked', () => {
    fc.assert(fc.property(fc.uniqueArray(id), fc.uniqueArray(id), id, (before, after, step) => {
      const steps: Record<string, unknown> = Object.fromEntries(before.map((each) => [each, {}]));
      stepsBelow(steps, step);
      for (const each of after.filter((one) => !(one in steps))) {
        steps[each] = {};
        noteStep(steps, each);
      }
      expect([...stepsBelow(steps, step)].sort()).toEqual(Object.keys(steps).filter((each) => each !== step && isWithin(each, step)).sort());
    }));
  });

  it('names them in the order of the record', () => {
    const steps = { 'loop[1]/r/s': {}, loop: {}, 'loop[1]/r': {}, 'loop[2]/r': {}, other: {} };
    expect(stepsBelow(steps, 'loop')).toEqual(['loop[1]/r/s', 'loop[1]/r', 'loop[2]/r']);
  });

  it('is not led astray by names such as those of every object', () => {
    expect(stepsBelow({ 'r/constructor': {}, r: {} }, 'r')).toEqual(['r/constructor']);
    expect(stepsBelow({ r: {} }, 'constructor')).toEqual([]);
  });
});
