/**
 * How much of a text a sentence stands for: from the keywords it holds, from wink-nlp's `sentenceWiseImportance` (the
 * frequent patterns of parts of speech it holds), and a little from how early it comes, which decides where the other
 * two are silent, as they are in languages other than English.
 */
import { type Candidate, type Keyword, type Selection } from '../brief.types.js';
import { type SentenceReading } from './reading.js';

const SHARE = { keywords: 0.55, patterns: 0.35, place: 0.1 };
/** Within these a sentence is of good length, in words; what is shorter or longer counts for less, in proportion. */
const GOOD_LENGTH = { least: 8, most: 40 };
/** A sentence that is torn out of a quotation reads badly on its own. */
const TORN = 0.7;
/** How many sentences are considered for each that is wanted. */
const CONSIDERED = 3;
const CONSIDERED_LEAST = 12;

/** Importance of each sentence, 0..1. */
export function importanceOf(sentences: readonly SentenceReading[], keywords: readonly Keyword[]): number[] {
  const weights = weightsByLemma(sentences, keywords);
  const covered = sentences.map(({ terms }) => {
    const lemmas = new Set(terms.map(({ lemma }) => lemma));
    return [...lemmas].reduce((sum, lemma) => sum + (weights.get(lemma) ?? 0), 0);
  });
  const most = covered.reduce((a, b) => Math.max(a, b), 0) || 1;
  return sentences.map((sentence, i) => {
    const signal = (SHARE.keywords * (covered[i] as number)) / most + SHARE.patterns * sentence.patterns;
    const place = SHARE.place * (1 - i / sentences.length);
    return Math.round((signal + place) * lengthFactor(sentence.words) * (sentence.torn ? TORN : 1) * 1000) / 1000;
  });
}

/** A keyword is told in its most frequent form; here it counts in all of them. */
function weightsByLemma(sentences: readonly SentenceReading[], keywords: readonly Keyword[]): Map<string, number> {
  const scores = new Map(keywords.map(({ term, score }) => [term, score]));
  const weights = new Map<string, number>();
  for (const { terms } of sentences) {
    for (const { lemma, form } of terms) {
      const score = scores.get(form);
      if (score !== undefined) weights.set(lemma, score);
    }
  }
  return weights;
}

function lengthFactor(words: number): number {
  if (words < GOOD_LENGTH.least) return words / GOOD_LENGTH.least;
  return words > GOOD_LENGTH.most ? GOOD_LENGTH.most / words : 1;
}

/** The start of a selection: the most important sentences, best first, from which `wanted` will be picked. */
export function shortlist(sentences: readonly (SentenceReading & { section: number })[], keywords: readonly Keyword[], wanted: number): Selection {
  const importance = importanceOf(sentences, keywords);
  const candidates = sentences
    .map(({ section, terms }, index): Candidate => ({
      index, section, importance: importance[index] as number, redundancy: 0, heard: 0,
      terms: [...new Set(terms.map(({ lemma }) => lemma))],
    }))
    .sort((a, b) => b.importance - a.importance || a.index - b.index)
    .slice(0, Math.max(CONSIDERED_LEAST, CONSIDERED * wanted));
  return { wanted, picked: [], candidates };
}
