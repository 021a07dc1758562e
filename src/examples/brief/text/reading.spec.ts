import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { English } from './english.js';
import { oneLine, paragraphBreak } from './paragraphs.js';
import { readSection, type SectionReading } from './reading.js';
import { planSections } from './sections.js';

const english = new English();
const read = (text: string): SectionReading[] => planSections(text).map((section) => readSection(english, text, section, paragraphBreak(text)));
const sentences = (text: string): string[] =>
  read(text).flatMap((section) => section.sentences.map(({ start, end }) => oneLine(text.slice(start, end))));
const alice = readFileSync(new URL('../../../../examples/texts/alice-chapter-1.txt', import.meta.url), 'utf8');

describe('a reading', () => {
  it('finds the sentences of a chapter, across the lines it is wrapped in', () => {
    const found = sentences(alice);
    expect(found).toHaveLength(72);
    expect(found[0]).toMatch(/^Alice was beginning to get very tired .* 'without pictures or conversation\?'$/);
    expect(found[6]).toBe('In another moment down went Alice after it, never once considering how in the world she was to get out again.');
    expect(found.at(-1)).toBe('So she set to work, and very soon finished off the cake.');
  });

  it('puts together what belongs to one sentence around an outcry', () => {
    expect(sentences("'Well!' thought Alice to herself. 'Do cats eat bats?' and sometimes, 'Do bats eat cats?' But who knows?")).toEqual([
      "'Well!' thought Alice to herself.", "'Do cats eat bats?' and sometimes, 'Do bats eat cats?'", 'But who knows?',
    ]);
    expect(sentences('Is it so?\n\nit is.')).toEqual(['Is it so?', 'it is.']);
  });

  it('knows abbreviations and ends a sentence where a paragraph ends', () => {
    expect(sentences('I hear from Dr. Falconer, i.e. a friend. It is so\n\nAnd this is more')).toEqual([
      'I hear from Dr. Falconer, i.e. a friend.', 'It is so', 'And this is more',
    ]);
  });

  it('takes no sentence from what has no word', () => {
    expect(sentences('One.\n\n  *    *    *\n\nTwo.')).toEqual(['One.', 'Two.']);
    expect(sentences('!!! ??? ...')).toEqual([]);
  });

  it('takes a text of one word, and one without an end', () => {
    expect(sentences('Hello')).toEqual(['Hello']);
    expect(sentences('no end of a sentence here')).toEqual(['no end of a sentence here']);
  });

  it('counts words in any script, and for readability the English ones alone', () => {
    const [section] = read('Все люди рождаются свободными. 人人生而自由。');
    expect(section?.words).toBeGreaterThanOrEqual(6);
    expect(section?.english).toEqual({ words: 0, known: 0, syllables: 0, complex: [] });
    const [plain] = read("The cat doesn't sit.");
    expect(plain?.words).toBe(4);
    expect(plain?.english).toMatchObject({ words: 5, known: 5 });
    expect(plain?.english.syllables).toBeCloseTo(5, 0);
  });

  it('does not depend on what was read before', () => {
    const before = read(alice);
    read(Array.from({ length: 500 }, (_, i) => `Xq${i}zz alice${i} rabbit-${i} q.${i}. Not ${i}!`).join(' '));
    expect(read(alice)).toEqual(before);
    expect(readSection(new English(), alice, before[0]?.section as SectionReading['section'], 2)).toEqual(before[0]);
  });

  it('hides from wink-nlp what takes it too long, and keeps it in the sentence', () => {
    const url = 'http://'.repeat(500);
    const found = sentences(`See ${url} for more. Then go on.`);
    expect(found).toEqual([`See ${url} for more.`, 'Then go on.']);
  });

  it('finds every sentence in its place, whatever the characters', () => {
    const piece = fc.oneof(
      fc.constantFrom('the ', 'Cat. ', "n't ", '. ', '! ', '?', "'", '"', '\n', '\n\n', '\r\n', '\t', '\u00a0', '\u2028', '--', '…', '’', '@', '#', '1', '😀', '\ud800', '\u0301', '\u200b', 'Mr. ', 'e.g. ', '漢字。'),
      fc.string({ unit: 'binary', maxLength: 5 }),
    );
    fc.assert(fc.property(fc.array(piece, { maxLength: 40 }), (pieces) => {
      const text = pieces.join('');
      let last = 0;
      for (const section of read(text)) {
        for (const { start, end, words, sentiment, patterns } of section.sentences) {
          expect(start).toBeGreaterThanOrEqual(last);
          expect(end).toBeGreaterThan(start);
          expect(text.slice(start, end)).toBe(text.slice(start, end).trim());
          expect(words).toBeGreaterThan(0);
          expect(Math.abs(sentiment)).toBeLessThanOrEqual(1);
          expect(patterns >= 0 && patterns <= 1).toBe(true);
          last = end;
        }
        expect(last).toBeLessThanOrEqual(section.section.end);
        expect(Number.isFinite(section.english.syllables)).toBe(true);
      }
    }));
  });
});
