/** What the steps of `brief` hand on to one another. All of it is JSON. */

export interface BriefInput {
  text: string;
  /** How many sentences the summary is to have at most. */
  sentences?: number;
}

/** A stretch of the text that is analysed as one. */
export interface Section {
  /** From 0. */
  index: number;
  /** The heading above it, or its place ("Part 2 of 3") where there is none. */
  title: string;
  /** Where its body lies in the text, in UTF-16 units: `text.slice(start, end)`. The heading is not part of it. */
  start: number;
  end: number;
}

export interface PlannedSection extends Section {
  words: number;
  sentences: number;
}

export interface Plan {
  sections: PlannedSection[];
  words: number;
  sentences: number;
  /** The length of the summary that was asked for. */
  wanted: number;
}

export interface Keyword {
  /** A lemma (`rabbit`) or a phrase of two (`white rabbit`), in lower case. */
  term: string;
  /** Weight by BM25; comparable within one list only. */
  score: number;
  /** How often it stands in the text. */
  count: number;
}
export interface Keywords {
  overall: Keyword[];
  sections: { section: number; terms: string[] }[];
}

export interface Readability {
  /** Flesch reading ease: 100 is very easy, 0 very hard; `null` where the text is not English or has no words. */
  ease: number | null;
  level: string | null;
  wordsPerSentence: number | null;
  /** How many different words have more than three syllables. */
  complexWords: number;
}
export interface ReadabilityReport {
  overall: Readability & { readingSeconds: number };
  sections: ({ section: number } & Readability)[];
}

export type Mood = 'positive' | 'neutral' | 'negative';
export interface Sentiment {
  /** -1 (bad) .. 1 (good): the mean over the sentences. */
  score: number;
  mood: Mood;
}
export interface SentimentReport {
  overall: Sentiment;
  sections: ({ section: number } & Sentiment)[];
}

/** A sentence that may come into the summary. */
export interface Candidate {
  /** Place among all sentences of the text, from 0. */
  index: number;
  section: number;
  /** 0..1 */
  importance: number;
  /** 0..1: likeness to the most similar sentence picked so far. */
  redundancy: number;
  /** How many sentences of its section have been picked so far. */
  heard: number;
  /** The different content words it holds. */
  terms: string[];
}
/** The state of the selection: all that a round needs of the rounds before it. */
export interface Selection {
  wanted: number;
  /** Places of the picked sentences, in the order they were picked. */
  picked: number[];
  candidates: Candidate[];
}

export interface SummarySentence {
  text: string;
  section: number;
  index: number;
}
export interface BriefResult {
  summary: string;
  sentences: SummarySentence[];
  keywords: Keyword[];
  readability: ReadabilityReport['overall'];
  sentiment: Sentiment;
  words: number;
  sections: {
    title: string;
    words: number;
    sentences: number;
    keywords: string[];
    ease: number | null;
    mood: Mood;
  }[];
}
