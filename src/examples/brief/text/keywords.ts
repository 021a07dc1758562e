/**
 * Keywords by BM25 (Robertson & Zaragoza, "The Probabilistic Relevance Framework", 2009), twice over. For the whole
 * text the documents are its sentences, and a term weighs what it weighs in all of them together: so it is frequent,
 * and not so frequent that it tells no sentence from another. For a section the documents are the sections: its terms
 * are those that set it apart from the others.
 */
import { createRequire } from 'node:module';
import { type Keyword, type Keywords } from '../brief.types.js';
import { type SectionReading } from './reading.js';
import { isPhrase, type Term } from './terms.js';

type Bm25Factory = (typeof import('wink-nlp/utilities/bm25-vectorizer'))['default'];
type Weights = Map<string, number>;

const OVERALL = 15;
const PER_SECTION = 5;
/** A phrase that stands there once is chance. */
const PHRASE_COUNT = 2;
/** A phrase is rarer than its words and says more. */
const PHRASE_WEIGHT = 1.5;

const require = createRequire(import.meta.url);

export function keywordsOf(sections: readonly SectionReading[]): Keywords {
  const terms = sections.flatMap(({ sentences }) => sentences.flatMap((sentence) => sentence.terms));
  const counts = count(terms.map(({ lemma }) => lemma));
  const forms = formsOf(terms);
  const kept = (list: readonly Term[]): string[] =>
    list.map(({ lemma }) => lemma).filter((lemma) => !isPhrase(lemma) || (counts.get(lemma) ?? 0) >= PHRASE_COUNT);
  const sentences = sections.flatMap((section) => section.sentences.map((sentence) => kept(sentence.terms)));
  const bySection = sections.map((section) => section.sentences.flatMap((sentence) => kept(sentence.terms)));
  const overall = best(sum(weigh(sentences)), counts, OVERALL);
  const weights = weigh(bySection);
  return {
    overall: overall.map(([lemma, score]): Keyword => ({
      term: forms.get(lemma) as string, score: Math.round(score * 100) / 100, count: counts.get(lemma) as number,
    })),
    sections: weights.map((section, i) => ({
      section: i,
      terms: best(section, count(bySection[i] as string[]), PER_SECTION).map(([lemma]) => forms.get(lemma) as string),
    })),
  };
}

/** The weight of each term in each document. */
function weigh(documents: readonly string[][]): Weights[] {
  // The package has no exports map, and Node's `import` finds no file without its extension.
  const bm25Vectorizer = require('wink-nlp/utilities/bm25-vectorizer') as Bm25Factory;
  const bm25 = bm25Vectorizer();
  for (const terms of documents) bm25.learn(terms);
  return documents.map((_, i) => {
    const bag = bm25.doc(i).out() as unknown as Record<string, number>;
    return new Map(Object.entries(bag).map(([term, weight]) => [term, isPhrase(term) ? weight * PHRASE_WEIGHT : weight]));
  });
}

function sum(all: readonly Weights[]): Weights {
  const total: Weights = new Map();
  for (const weights of all) for (const [term, weight] of weights) total.set(term, (total.get(term) ?? 0) + weight);
  return total;
}

/** The terms of greatest weight; of equal weight, by alphabet, so that the same text always gives the same list. */
function best(weights: Weights, counts: ReadonlyMap<string, number>, most: number): [string, number][] {
  const ranked = [...weights].sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1));
  const chosen: [string, number][] = [];
  for (const entry of ranked) {
    if (chosen.length === most) break;
    if (!chosen.some(([term]) => sameThing(term, entry[0], counts))) chosen.push(entry);
  }
  return chosen;
}

/** Whether one term holds the other and both stand for mostly the same places: "selection", "natural selection". */
function sameThing(a: string, b: string, counts: ReadonlyMap<string, number>): boolean {
  const [phrase, word] = isPhrase(a) ? [a, b] : [b, a];
  if (!isPhrase(phrase) || isPhrase(word) || !phrase.split(/[ -]/).includes(word)) return false;
  return (counts.get(phrase) ?? 0) > (counts.get(word) ?? 0) / 2;
}

/** The form each lemma most often has; of two, the shorter, then the first by alphabet. */
function formsOf(terms: readonly Term[]): Map<string, string> {
  const seen = new Map<string, string[]>();
  for (const { lemma, form } of terms) {
    const forms = seen.get(lemma);
    if (forms) forms.push(form);
    else seen.set(lemma, [form]);
  }
  return new Map([...seen].map(([lemma, forms]) => {
    const ranked = [...count(forms)].sort((a, b) => b[1] - a[1] || a[0].length - b[0].length || (a[0] < b[0] ? -1 : 1));
    return [lemma, ranked[0]?.[0] ?? lemma];
  }));
}

function count(values: readonly string[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1);
  return counts;
}
