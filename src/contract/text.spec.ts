import { describe, expect, it } from '@jest/globals';
import { cut } from './text.js';

describe('cut', () => {
  it.each([['', 3, ''], ['abc', 3, 'abc'], ['abcd', 3, 'ab…'], ['a😀bc', 4, 'a😀…'], ['a😀bc', 3, 'a\ufffd…']])('of "%s" to %i is "%s"', (text, most, expected) => {
    expect(cut(text, most)).toBe(expected);
  });
});
