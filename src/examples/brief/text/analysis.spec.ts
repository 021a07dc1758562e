import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { English } from './english.js';
import { keywordsOf } from './keywords.js';
import { paragraphBreak } from './paragraphs.js';
import { readabilityOf, sectionReadability } from './readability.js';
import { readSection, type SectionReading } from './reading.js';
import { planSections } from './sections.js';
import { sentiment, sentimentOf } from './sentiment.js';

const english = new English();
const read = (text: string): SectionReading[] => planSections(text).map((section) => readSection(english, text, section, paragraphBreak(text)));
const shipped = (name: string): SectionReading[] => read(readFileSync(new URL(`../../../../examples/texts/${name}.txt`, import.meta.url), 'utf8'));
const alice = shipped('alice-chapter-1');
const darwin = shipped('darwin-chapter-3');
const nothing = read('!!! ??? ...');
const FRENCH = 'Tous les êtres humains naissent libres et égaux en dignité et en droits. Ils sont doués de raison et de conscience.';
const RUSSIAN = 'Все люди рождаются свободными и равными в своем достоинстве и правах.';

describe('keywords', () => {
  it('tell what a story is about', () => {
    const terms = keywordsOf(alice).overall.map(({ term }) => term);
    expect(terms).toHaveLength(15);
    expect(terms[0]).toBe('alice');
    expect(terms).toEqual(expect.arrayContaining(['alice', 'rabbit', 'door', 'cats', 'bats', 'dinah', 'garden', 'little door']));
  });

  it('are none of the small words that end a sentence', () => {
    const terms = keywordsOf(read('The tide comes in. The tide goes out. The moon pulls at both. He would not go. They gave it to us.')).overall.map(({ term }) => term);
    expect(terms).toEqual(expect.arrayContaining(['tide', 'moon']));
    expect(terms.filter((term) => term.endsWith('.'))).toEqual([]);
  });

  it('tell what a chapter of science is about, in the form it uses most', () => {
    const { overall, sections } = keywordsOf(darwin);
    expect(overall.map(({ term }) => term)).toEqual(expect.arrayContaining(['species', 'plants', 'animals', 'struggle', 'organic beings', 'climate', 'checks']));
    expect(sections).toHaveLength(darwin.length);
    expect(sections[0]?.terms).toContain('natural selection');
    expect(sections[7]?.terms).toEqual(expect.arrayContaining(['humble-bees', 'red clover']));
    for (const { terms } of sections) expect(terms.length).toBeLessThanOrEqual(5);
  });

  it('count all forms of a word, and rank from the greatest weight down', () => {
    const { overall } = keywordsOf(alice);
    expect(overall.find(({ term }) => term === 'alice')?.count).toBe(28);
    for (const [i, { score, count }] of overall.entries()) {
      expect(score).toBeGreaterThan(0);
      expect(Number.isInteger(count)).toBe(true);
      if (i > 0) expect(score).toBeLessThanOrEqual(overall[i - 1]?.score as number);
    }
  });

  it('are the same every time', () => {
    expect(keywordsOf(shipped('alice-chapter-1'))).toEqual(keywordsOf(alice));
  });

  it('take a text of one noun, and one without any', () => {
    expect(keywordsOf(read('Rabbits')).overall).toMatchObject([{ term: 'rabbits', count: 1 }]);
    expect(keywordsOf(nothing)).toEqual({ overall: [], sections: [{ section: 0, terms: [] }] });
    expect(keywordsOf(read(RUSSIAN)).overall).toEqual([]);
    expect(keywordsOf([])).toEqual({ overall: [], sections: [] });
  });

  it('take words that are names of members of objects', () => {
    const { overall } = keywordsOf(read('The constructor met the prototype. The constructor won. A hasOwnProperty came.'));
    expect(overall).toEqual(expect.arrayContaining([expect.objectContaining({ term: 'constructor', count: 2 }), expect.objectContaining({ term: 'hasownproperty', count: 1 })]));
  });
});

describe('readability', () => {
  it('is that of a tale for children and of a treatise', () => {
    const tale = readabilityOf(alice).overall;
    const treatise = readabilityOf(darwin).overall;
    expect(tale).toMatchObject({ level: 'standard', complexWords: 17 });
    expect(tale.ease).toBeGreaterThanOrEqual(65);
    expect(tale.ease).toBeLessThanOrEqual(80);
    expect(treatise).toMatchObject({ level: 'difficult' });
    expect(treatise.ease).toBeGreaterThanOrEqual(30);
    expect(treatise.ease).toBeLessThan(50);
    expect(tale.wordsPerSentence).toBeLessThan(treatise.wordsPerSentence as number);
    expect(tale.readingSeconds).toBe(Math.round((alice.reduce((sum, { words }) => sum + words, 0) / 238) * 60));
  });

  it("is Flesch's formula over the counts", () => {
    // 7 words, 2 sentences, 8 syllables: 206.835 - 1.015 * 3.5 - 84.6 * 8 / 7.
    expect(readabilityOf(read('The cat sat down. The rabbit ran.')).overall).toMatchObject({ ease: 107, level: 'very easy', wordsPerSentence: 3.5, complexWords: 0 });
  });

  it('of a section is the same alone as in the report', () => {
    const { sections } = readabilityOf(darwin);
    expect(sections).toEqual(darwin.map((section) => ({ section: section.section.index, ...sectionReadability(section) })));
    const eases = sections.map(({ ease }) => ease as number);
    const overall = readabilityOf(darwin).overall.ease as number;
    expect(overall).toBeGreaterThan(Math.min(...eases));
    expect(overall).toBeLessThan(Math.max(...eases));
  });

  it('is not known where the text is not English or has no words', () => {
    const unknown = { ease: null, level: null, wordsPerSentence: null, complexWords: 0 };
    expect(readabilityOf(read(FRENCH)).overall).toMatchObject(unknown);
    expect(readabilityOf(read(RUSSIAN)).overall).toMatchObject(unknown);
    expect(readabilityOf(nothing).overall).toEqual({ ...unknown, readingSeconds: 0 });
    expect(readabilityOf([])).toEqual({ overall: { ...unknown, readingSeconds: 0 }, sections: [] });
  });

  it('is a number for a single word', () => {
    expect(readabilityOf(read('Hello')).overall).toEqual({ ease: 37, level: 'difficult', wordsPerSentence: 1, complexWords: 0, readingSeconds: 0 });
  });
});

describe('sentiment', () => {
  it('tells good from bad, and heeds a negation', () => {
    expect(sentimentOf(read('What a wonderful, happy day! I love it.')).overall.mood).toBe('positive');
    expect(sentimentOf(read('This is a terrible, awful failure. I hate it.')).overall.mood).toBe('negative');
    expect(sentimentOf(read('I am not happy.')).overall.mood).toBe('negative');
    expect(sentimentOf(read('The table has four legs.')).overall).toEqual({ score: 0, mood: 'neutral' });
  });

  it('is the mean over the sentences, of the text and of each section', () => {
    const { overall, sections } = sentimentOf(darwin);
    const all = darwin.flatMap((section) => section.sentences.map((sentence) => sentence.sentiment));
    expect(overall.score).toBeCloseTo(all.reduce((a, b) => a + b, 0) / all.length, 3);
    expect(sections).toEqual(darwin.map((section) => ({ section: section.section.index, ...sentiment(section.sentences) })));
    for (const { score } of sections) expect(Math.abs(score)).toBeLessThanOrEqual(1);
  });

  it('is neutral where the lexicon knows no word', () => {
    for (const text of [FRENCH, RUSSIAN, '!!!', 'Hello']) expect(sentimentOf(read(text)).overall).toMatchObject({ mood: 'neutral' });
    expect(sentimentOf([]).overall).toEqual({ score: 0, mood: 'neutral' });
  });
});
