import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { safeLine, safeText, valueText } from './terminal.text.js';

describe('text of others on a terminal', () => {
  it.each([
    ['clears the screen', 'a\u001b[2Jb', 'ab'],
    ['sets the title', '\u001b]0;owned\u0007x', 'x'],
    ['links elsewhere', '\u001b]8;;http://evil.example\u0007click\u001b]8;;\u0007', 'click'],
    ['goes back to write over what was there', 'ok\rno', 'okno'],
    ['rings, and uses 8-bit controls', 'a\u0007\u009b31mb', 'ab'],
    ['turns its direction around', 'a\u202eb\u2066c', 'abc'],
    ['has ends of lines of its own', 'a\r\nb\tc', 'a\nb    c'],
  ])('does not do what it says: %s', (_what, text, safe) => {
    expect(safeText(text)).toBe(safe);
  });

  it('never holds a control character, whatever it was, and one line stays one', () => {
    fc.assert(fc.property(fc.string({ unit: 'binary' }), (text) => {
      expect(safeText(text)).not.toMatch(/(?!\n)\p{Cc}/u);
      expect(safeLine(text)).not.toMatch(/\p{Cc}/u);
    }));
  });

  it('is a text as it is, and anything else as JSON', () => {
    expect(valueText('a "b"')).toBe('a "b"');
    expect(valueText({ a: [1] })).toBe('{"a":[1]}');
    expect(valueText({ a: 1 }, 2)).toBe('{\n  "a": 1\n}');
  });
});
