/** Sentiment: the mean of what wink-nlp's lexicon says of the sentences, negations heeded. A text it knows no word of is neutral. */
import { type Mood, type Sentiment, type SentimentReport } from '../brief.types.js';
import { type SectionReading, type SentenceReading } from './reading.js';

/** Nearer to zero than this is neutral, as VADER has it (Hutto & Gilbert, 2014). */
const NEUTRAL = 0.05;

export function sentimentOf(sections: readonly SectionReading[]): SentimentReport {
  return {
    overall: sentiment(sections.flatMap(({ sentences }) => sentences)),
    sections: sections.map((section) => ({ section: section.section.index, ...sentiment(section.sentences) })),
  };
}

/** The mean over sentences. */
export function sentiment(sentences: readonly SentenceReading[]): Sentiment {
  const sum = sentences.reduce((total, sentence) => total + sentence.sentiment, 0);
  const score = sentences.length === 0 ? 0 : Math.round((sum / sentences.length) * 1000) / 1000;
  return { score, mood: moodOf(score) };
}

function moodOf(score: number): Mood {
  if (score >= NEUTRAL) return 'positive';
  return score <= -NEUTRAL ? 'negative' : 'neutral';
}
