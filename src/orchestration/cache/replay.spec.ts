import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { piecesOf } from './replay.js';

describe('a text that is told again', () => {
  it('is cut after words, into pieces of a few of them', () => {
    expect([...piecesOf('Rivers wash salts out of the rocks and carry them into the sea.')]).toEqual(['Rivers wash salts out ', 'of the rocks and carry ', 'them into the sea.']);
    expect([...piecesOf('Short.')]).toEqual(['Short.']);
    expect([...piecesOf('')]).toEqual([]);
  });

  it('is, whatever it is, the pieces together, none of which is empty or begins or ends within a character', () => {
    const text = fc.oneof(fc.string({ unit: 'binary', maxLength: 300 }), fc.array(fc.constantFrom('🌊', '海', 'a', ' ', '\n'), { maxLength: 400 }).map((parts) => parts.join('')));
    fc.assert(fc.property(text, (whole) => {
      const pieces = [...piecesOf(whole)];
      expect(pieces.join('')).toBe(whole);
      expect(pieces).not.toContain('');
      expect(pieces.every((piece) => piece.isWellFormed())).toBe(whole.isWellFormed());
    }));
  });

  it('that is long is told in not many more pieces than a short one', () => {
    for (const text of ['word '.repeat(200_000), 'x'.repeat(1_000_000), '海'.repeat(100_000)]) expect([...piecesOf(text)].length).toBeLessThan(500);
  });
});
