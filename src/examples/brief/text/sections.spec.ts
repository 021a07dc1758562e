import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { isHeading, planSections } from './sections.js';

const shipped = (name: string): string => readFileSync(new URL(`../../../../examples/texts/${name}.txt`, import.meta.url), 'utf8');
const titles = (text: string): string[] => planSections(text).map(({ title }) => title);
const ink = (text: string): string => text.replace(/\s+/g, '');

describe('headings', () => {
  it.each([
    'CHAPTER I. Down the Rabbit-Hole', 'Chapter 12', 'CHAPTER III. STRUGGLE FOR EXISTENCE.', 'Lecture One', 'Letter IV – To Mrs. Saville', 'Introduction',
    'GEOMETRICAL RATIO OF INCREASE.', 'COMPLEX RELATIONS OF ALL ANIMALS AND PLANTS TO EACH OTHER IN THE\nSTRUGGLE FOR EXISTENCE.', '## What is new', 'Part 2: The Return',
  ])('%j is one', (paragraph) => expect(isHeading(paragraph)).toBe(true));

  it.each([
    'Letter I wrote to you yesterday.', 'Book a flight to Rome.', 'Section 2. The tenant shall pay the rent every month.', 'The chapter ends.', 'So it was.', '* * *', '42',
    'OK', `CHAPTER I. ${'A very long line '.repeat(12)}`, "ALICE'S\nRIGHT\nFOOT,\nESQ.",
  ])('%j is none', (paragraph) => expect(isHeading(paragraph)).toBe(false));
});

describe('sections', () => {
  it('follow the headings of a chapter, and the bodies leave the headings out', () => {
    const text = shipped('darwin-chapter-3');
    const sections = planSections(text);
    expect(sections.map(({ title }) => title.replace(/ \(\d of \d\)$/, '')).filter((title, i, all) => title !== all[i - 1])).toEqual([
      'CHAPTER III. STRUGGLE FOR EXISTENCE.',
      'THE TERM, STRUGGLE FOR EXISTENCE, USED IN A LARGE SENSE.',
      'GEOMETRICAL RATIO OF INCREASE.',
      'NATURE OF THE CHECKS TO INCREASE.',
      'COMPLEX RELATIONS OF ALL ANIMALS AND PLANTS TO EACH OTHER IN THE STRUGGLE FOR EXISTENCE.',
      'STRUGGLE FOR LIFE MOST SEVERE BETWEEN INDIVIDUALS AND VARIETIES OF THE SAME SPECIES.',
    ]);
    const climate = sections.find(({ start, end }) => text.slice(start, end).includes('Climate plays an important part'));
    expect(climate?.title).toBe('NATURE OF THE CHECKS TO INCREASE. (2 of 2)');
    expect(text.slice(climate?.start, climate?.end)).toMatch(/^Climate plays .* subject\.$/s);
    for (const { start, end } of sections) expect(text.slice(start, end)).not.toContain('GEOMETRICAL RATIO OF INCREASE.');
  });

  it('cut a chapter without inner headings into parts of about equal length, where paragraphs end', () => {
    const text = shipped('alice-chapter-1');
    const sections = planSections(text);
    expect(sections.map(({ title }) => title)).toEqual([1, 2, 3].map((part) => `CHAPTER I. Down the Rabbit-Hole (${part} of 3)`));
    for (const { start, end } of sections) {
      expect(end - start).toBeGreaterThan(3000);
      expect(end - start).toBeLessThan(5000);
      expect(text.slice(start - 2, start)).toBe('\n\n');
    }
  });

  it('are the same with Windows line ends', () => {
    const text = shipped('darwin-chapter-3');
    const windows = text.replaceAll('\n', '\r\n');
    expect(planSections(windows).map(({ start, end }) => windows.slice(start, end).replaceAll('\r\n', '\n'))).toEqual(
      planSections(text).map(({ start, end }) => text.slice(start, end)),
    );
  });

  it('have a name where there is no heading', () => {
    expect(titles('Hello')).toEqual(['Whole text']);
    expect(titles('Before.\n\nCHAPTER ONE\n\nAfter.')).toEqual(['Opening', 'CHAPTER ONE']);
    expect(titles(`${'A sentence of some length. '.repeat(40)}\n\n`.repeat(8))).toEqual(['Part 1 of 2', 'Part 2 of 2']);
  });

  it('join headings that follow one another, and lose none that has nothing under it', () => {
    expect(titles('BOOK ONE\n\nCHAPTER I\n\nText.')).toEqual(['BOOK ONE – CHAPTER I']);
    expect(titles('# Title\n\nText.')).toEqual(['Title']);
    expect(planSections('HELLO WORLD')).toEqual([{ index: 0, title: 'Whole text', start: 0, end: 11 }]);
    expect(titles('Text.\n\nTHE END')).toEqual(['Opening', 'Untitled']);
    const list = planSections('ONE\n\nTWO\n\nTHREE\n\nFOUR\n\nText.');
    expect(list).toEqual([{ index: 0, title: 'Whole text', start: 0, end: 28 }]);
  });

  it('cut a long paragraph at ends of sentences, or between words, or anywhere, but never within a character', () => {
    const sentences = 'This is a sentence of the text. '.repeat(1000).trim();
    for (const { start, end } of planSections(sentences)) expect(sentences.slice(start, end)).toMatch(/^This.*text\.$/);
    const words = 'word '.repeat(5000).trim();
    for (const { start, end } of planSections(words)) expect(words.slice(start, end)).toMatch(/^word.*word$/);
    const pairs = `a${'😀'.repeat(10_000)}`;
    const pieces = planSections(pairs).map(({ start, end }) => pairs.slice(start, end));
    expect(pieces.join('')).toBe(pairs);
    for (const piece of pieces) expect(piece.isWellFormed()).toBe(true);
  });

  it('stay few where every other line looks like a heading', () => {
    const sections = planSections('A HEADING\n\nand a line of text below it\n\n'.repeat(2000));
    expect(sections.length).toBeLessThan(30);
    expect(sections[0]?.title).toMatch(/^Part 1 of/);
  });

  it('are in order, do not overlap, stay short and hold all that is not a heading, whatever the text', () => {
    const piece = fc.constantFrom('word ', 'Two words. ', '\n', '\n\n', '\r\n\r\n', 'CHAPTER I', ' ', '😀', 'x'.repeat(900), 'Lo. '.repeat(500), '# T\n\n');
    fc.assert(fc.property(fc.array(piece, { maxLength: 60 }), (pieces) => {
      const text = pieces.join('');
      const sections = planSections(text);
      let last = 0;
      sections.forEach(({ index, start, end }, i) => {
        expect(index).toBe(i);
        expect(start).toBeGreaterThanOrEqual(last);
        expect(end).toBeGreaterThan(start);
        expect(end - start).toBeLessThan(12_000);
        expect(text.slice(start, end).trim()).toHaveLength(end - start);
        last = end;
      });
      const between = [0, ...sections.map(({ end }) => end)].map((from, i) => text.slice(from, sections[i]?.start));
      for (const left of between) for (const paragraph of left.split(/(?:\r?\n){2,}/)) if (ink(paragraph)) expect(isHeading(paragraph.trim())).toBe(true);
      expect(sections.length > 0).toBe(text.trim() !== '');
    }));
  });
});
