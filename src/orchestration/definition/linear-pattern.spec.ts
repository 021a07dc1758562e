import { describe, expect, it } from '@jest/globals';
import { forgetPatterns, linearPattern } from './linear-pattern.js';

describe('patterns', () => {
  it.each([['^a+$', 'aaa', 'ab'], ['b', 'abc', 'ac'], ['^\\u0041\\/\\d$', 'A/1', 'A/x'], ['(?i)^x$', 'X', 'y'], ['^\\p{L}+$', 'größe', 'a1'], ['^(?<year>\\d{4})-', '2026-', '26-']])(
    'find %s', (source, matching, other) => {
      expect(linearPattern(source).test(matching)).toBe(true);
      expect(linearPattern(source).test(other)).toBe(false);
    });

  it('that would backtrack for ever do not', () => expect(linearPattern('^(a+)+$').test(`${'a'.repeat(100_000)}!`)).toBe(false));

  it.each([['(', /missing/], ['(?=a)', /look-around/], ['\\1', /back-references/], ['a{1001}', /repeat/], ['(abc){900}', /too big/], ['x'.repeat(1001), /longer/]])(
    'that cannot be used are refused with the reason: %.20s', (source, reason) => expect(() => linearPattern(source)).toThrow(reason));

  it('are compiled once, until they are forgotten', () => {
    const first = linearPattern('^once$');
    expect(linearPattern('^once$')).toBe(first);
    forgetPatterns();
    expect(linearPattern('^once$')).not.toBe(first);
  });
});
