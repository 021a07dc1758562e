/**
 * Flesch reading ease (R. Flesch, "A new readability yardstick", 1948): 206.835 − 1.015 · words per sentence − 84.6 ·
 * syllables per word. It is made for English and says nothing of other languages, so there it is `null`.
 */
import { type Readability, type ReadabilityReport } from '../brief.types.js';
import { type EnglishCounts, type SectionReading } from './reading.js';

/** Flesch's own bands: from this ease up. */
const LEVELS: readonly [number, string][] = [
  [90, 'very easy'], [80, 'easy'], [70, 'fairly easy'], [60, 'standard'], [50, 'fairly difficult'], [30, 'difficult'],
];
/** Words a minute, silent reading of English (M. Brysbaert, "How many words do we read per minute?", 2019). */
const READING_SPEED = 238;
/**
 * The least share of words that the lexicon knows in an English text. Measured: prose 0.98, a chat 0.6, five words of
 * which four are names 0.4; French, German, Spanish, Italian, Dutch and Latin at most 0.21.
 */
const ENGLISH_SHARE = 1 / 3;

type Counts = EnglishCounts & { sentences: number };

export function readabilityOf(sections: readonly SectionReading[]): ReadabilityReport {
  const total: Counts = { words: 0, known: 0, syllables: 0, complex: [], sentences: 0 };
  const complex = new Set<string>();
  let words = 0;
  for (const section of sections) {
    const counts = countsOf(section);
    total.words += counts.words;
    total.known += counts.known;
    total.syllables += counts.syllables;
    total.sentences += counts.sentences;
    for (const word of counts.complex) complex.add(word);
    words += section.words;
  }
  total.complex = [...complex];
  return {
    overall: { ...readability(total), readingSeconds: Math.round((words / READING_SPEED) * 60) },
    sections: sections.map((section) => ({ section: section.section.index, ...readability(countsOf(section)) })),
  };
}

/** The readability of one section, which needs no other. */
export function sectionReadability(section: SectionReading): Readability {
  return readability(countsOf(section));
}

function countsOf(section: SectionReading): Counts {
  return { ...section.english, sentences: section.sentences.length };
}

function readability({ words, known, syllables, complex, sentences }: Counts): Readability {
  if (words === 0 || sentences === 0 || known / words < ENGLISH_SHARE) {
    return { ease: null, level: null, wordsPerSentence: null, complexWords: 0 };
  }
  const ease = Math.round(206.835 - (1.015 * words) / sentences - (84.6 * syllables) / words);
  return {
    ease,
    level: LEVELS.find(([from]) => ease >= from)?.[1] ?? 'very difficult',
    wordsPerSentence: Math.round((words / sentences) * 10) / 10,
    complexWords: complex.length,
  };
}
