/**
 * What is known of one section once it has been read: its sentences with their place in the source text, and the
 * counts that keywords, readability, sentiment and importance are made of.
 */
import { type Section } from '../brief.types.js';
import { type English, type EnglishDocument, type EnglishSentence } from './english.js';
import { lineBreaks, normaliseSpace } from './paragraphs.js';
import { isTorn } from './quotation.js';
import { type Term, termsBetween } from './terms.js';

export interface SentenceReading {
  /** Where it lies in the text, in UTF-16 units. */
  start: number;
  end: number;
  /** Words as people count them, in any script: "don't" is one. */
  words: number;
  /** -1..1 */
  sentiment: number;
  /** 0..1: how many of its section's frequent patterns of parts of speech it holds. */
  patterns: number;
  /** Whether it is torn out of a quotation or a bracket, as its marks do not pair. */
  torn: boolean;
  /** Nouns and phrases of two words, in the order of the sentence. */
  terms: Term[];
}

/** Counts over the words that wink-nlp sees ("don't" is two, words in other scripts are none). */
export interface EnglishCounts {
  words: number;
  /** Those that its lexicon has. */
  known: number;
  syllables: number;
  /** The different words of more than three syllables. */
  complex: string[];
}

export interface SectionReading {
  section: Section;
  sentences: SentenceReading[];
  words: number;
  english: EnglishCounts;
}

/**
 * A run of so many characters without a space is no word of English (but a URL, base64, or a script without spaces).
 * It is hidden from wink-nlp, whose patterns take quadratic time over such a run.
 */
const LONGEST_WORD = 100;
const LONG_RUN = new RegExp(`\\S{${LONGEST_WORD + 1},}`, 'g');

const segmenter = new Intl.Segmenter('en', { granularity: 'word' });

/** Reads one section of `text`; `needed` is the text's own `paragraphBreak`. */
export function readSection(english: English, text: string, section: Section, needed: 1 | 2): SectionReading {
  const source = text.slice(section.start, section.end);
  const seen = normaliseSpace(source, needed).replace(LONG_RUN, (run) => '0'.repeat(run.length));
  const document = english.read(seen);
  const sentences = wholeSentences(source, locate(source, document), needed)
    .map((sentence) => readSentence(source, section.start, document, sentence))
    .filter((sentence) => sentence.words > 0);
  return {
    section,
    sentences,
    words: sentences.reduce((sum, sentence) => sum + sentence.words, 0),
    english: countEnglish(document),
  };
}

/** A sentence with its place in the source of its section. */
type Located = Omit<EnglishSentence, 'text'> & { start: number; end: number };

/** wink-nlp keeps every character but white space, so a sentence ends as many others later as it has. */
function locate(source: string, { sentences }: EnglishDocument): Located[] {
  let end = 0;
  return sentences.map(({ text, ...sentence }) => {
    const start = toInk(source, end);
    end = afterInk(source, start, text.replace(/\s+/g, '').length);
    return { ...sentence, start, end };
  });
}

/** The next place, from `from`, that is no white space. */
function toInk(text: string, from: number): number {
  let at = from;
  while (at < text.length && isBlank(text, at)) at++;
  return at;
}

/** The place after `count` characters that are no white space. */
function afterInk(text: string, from: number, count: number): number {
  let at = from;
  for (let left = count; left > 0 && at < text.length; at++) if (!isBlank(text, at)) left--;
  return at;
}

function isBlank(text: string, at: number): boolean {
  return /\s/.test(text.charAt(at));
}

/** Puts together what wink-nlp has cut after an outcry or a question within a sentence: "'Well!' thought Alice." */
function wholeSentences(source: string, sentences: readonly Located[], needed: 1 | 2): Located[] {
  const whole: Located[] = [];
  for (const sentence of sentences) {
    const before = whole.at(-1);
    if (before && goesOn(source, before, sentence, needed)) {
      whole[whole.length - 1] = {
        ...before,
        end: sentence.end,
        last: sentence.last,
        sentiment: (before.sentiment + sentence.sentiment) / 2,
        patterns: Math.max(before.patterns, sentence.patterns),
      };
    } else {
      whole.push(sentence);
    }
  }
  return whole;
}

function goesOn(source: string, before: Located, sentence: Located, needed: 1 | 2): boolean {
  const ending = source.slice(Math.max(before.start, before.end - 4), before.end);
  const between = source.slice(before.end, sentence.start);
  return /[!?]["'”’)\]]*$/.test(ending) && /^[\p{Ll},;]/u.test(source.slice(sentence.start, sentence.start + 2)) && lineBreaks(between) < needed;
}

function readSentence(source: string, offset: number, { tokens }: EnglishDocument, sentence: Located): SentenceReading {
  const text = source.slice(sentence.start, sentence.end);
  return {
    start: offset + sentence.start,
    end: offset + sentence.end,
    words: countWords(text),
    sentiment: sentence.sentiment,
    patterns: sentence.patterns,
    torn: isTorn(text),
    terms: termsBetween(tokens, sentence.first, sentence.last),
  };
}

function countWords(text: string): number {
  let words = 0;
  for (const { isWordLike } of segmenter.segment(text)) if (isWordLike) words++;
  return words;
}

function countEnglish({ tokens, stats }: EnglishDocument): EnglishCounts {
  const words = stats.numOfWords;
  // The ease is told, but not the syllables that were counted for it; solved for them, Flesch's formula gives them back,
  // to within the half point to which the ease is rounded.
  const syllables = words === 0 ? 0 : ((206.835 - stats.fres - (1.015 * words) / stats.numOfSentences) * words) / 84.6;
  const known = tokens.type.filter((type, i) => type === 'word' && tokens.known[i]).length;
  return { words, known, syllables, complex: Object.keys(stats.complexWords) };
}
