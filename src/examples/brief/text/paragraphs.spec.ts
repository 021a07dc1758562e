import { describe, expect, it } from '@jest/globals';
import { normaliseSpace, oneLine, paragraphBreak, paragraphsOf } from './paragraphs.js';

const texts = (text: string): string[] => paragraphsOf(text).map(({ start, end }) => text.slice(start, end));

describe('paragraphs', () => {
  it('are parted by empty lines, with line ends of every kind and spaces on the empty line', () => {
    expect(texts('one\ntwo\n\nthree\r\nfour\r\n\r\nfive\n \t\nsix\u2029\u2029seven')).toEqual(['one\ntwo', 'three\r\nfour', 'five', 'six', 'seven']);
  });

  it('leave out white space around the text', () => {
    expect(texts('\n\n  one  \n\n')).toEqual(['one']);
    expect(texts(' one ')).toEqual(['one']);
    expect(texts(' \n\t ')).toEqual([]);
    expect(texts('')).toEqual([]);
  });

  it('are the lines of a text without empty lines whose lines are too long to be hard-wrapped', () => {
    const long = 'word '.repeat(60).trim();
    expect(paragraphBreak(`${long}\n${long}`)).toBe(1);
    expect(texts(`${long}\n${long}`)).toEqual([long, long]);
    expect(texts(`${long}\n${long}\n\n${long}`)).toHaveLength(2);
    expect(texts('a short line\nand another')).toHaveLength(1);
  });

  it('keep nothing of white space but where paragraphs end', () => {
    expect(normaliseSpace('a\r\n  b\t c\r\n \r\nd\u00a0e', 2)).toBe('a b c\n\nd e');
    expect(normaliseSpace('a\nb', 1)).toBe('a\n\nb');
    expect(oneLine(' a\n  b\r\n')).toBe('a b');
  });
});
