import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { EVENT_TYPES, isEventType, isWithin, parentIdOf, TERMINAL_TYPES } from './events.js';

describe('types of events', () => {
  it('are those of the contract, of which three end an execution', () => {
    expect(EVENT_TYPES).toHaveLength(21);
    expect(EVENT_TYPES.every(isEventType)).toBe(true);
    expect(EVENT_TYPES.filter((type) => TERMINAL_TYPES.has(type))).toEqual(['workflow_completed', 'workflow_failed', 'workflow_cancelled']);
  });

  it.each(['', 'Step_started', 'heartbeat', 'constructor', '__proto__', 'toString'])('are not called "%s"', (name) => {
    expect(isEventType(name)).toBe(false);
  });
});

describe('isWithin', () => {
  it.each([
    ['r', 'r', true], ['r/s', 'r', true], ['r[2]/s', 'r', true], ['r[2]', 'r', true], ['r[2]/s', 'r[2]', true],
    ['ra', 'r', false], ['r_/s', 'r', false], ['r', 'r/s', false], ['x/r', 'r', false], ['r[12]/s', 'r[1', false],
  ])('%s lies in %s: %p', (id, ancestor, expected) => {
    expect(isWithin(id, ancestor)).toBe(expected);
  });

  it('holds for every step on the way from the root, and for no other that is as long or longer', () => {
    const name = fc.stringMatching(/^[a-c_]{1,3}$/);
    fc.assert(fc.property(fc.array(name, { minLength: 1, maxLength: 5 }), fc.array(name, { minLength: 1, maxLength: 5 }), (path, other) => {
      const id = path.join('/');
      for (let n = 1; n <= path.length; n++) expect(isWithin(id, path.slice(0, n).join('/'))).toBe(true);
      expect(isWithin(id, other.join('/'))).toBe(other.length <= path.length && other.every((part, i) => part === path[i]));
    }));
  });
});

describe('parentIdOf', () => {
  it.each([['r', ''], ['r/s', 'r'], ['r[2]/s', 'r'], ['a/r[12]/s', 'a/r'], ['r[2]/s/t', 'r[2]/s']])('of %s is "%s"', (id, parent) => {
    expect(parentIdOf(id)).toBe(parent);
  });
});
