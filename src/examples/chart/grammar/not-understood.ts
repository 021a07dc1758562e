/** What a question that is not understood is answered with: what is wrong, what is near, and what is known. */
import { COLUMNS } from '../dataset/columns.js';
import { type Lexicon } from './lexicon.js';
import { nearest } from './words.js';

/** The step fails with `agent_failed` and this code as its cause. */
export class QuestionNotUnderstood extends Error {
  readonly code = 'question_not_understood';
  readonly retryable = false;

  constructor(message: string) {
    super(message);
    this.name = 'QuestionNotUnderstood';
  }
}

const FORMS = [
  'number of strikes by state', 'sum of cost by species', 'average speed by phase', 'top 10 airports by cost', 'strikes per month in Texas', 'share of strikes by size',
  'speed versus cost', 'strikes by weekday at night between 1995 and 1999', '10 most expensive strikes',
];
const DEFAULT_GUESS = 'number of strikes by state';

export interface Misunderstanding {
  problem: string;
  /** What was understood of it. */
  guess: string | undefined;
  unknown: readonly string[];
  lexicon: Lexicon;
}

export function notUnderstood({ problem, guess, unknown, lexicon }: Misunderstanding): QuestionNotUnderstood {
  const near = unknown.flatMap((word) => {
    const found = nearest(word, lexicon.spellings, Math.max(1, Math.ceil(word.length / 2.5)));
    return found === undefined || found === word ? [] : [`“${word}” is nearest to “${found}”`];
  });
  const columns = COLUMNS.map(({ label }) => label.toLowerCase()).join(', ');
  return new QuestionNotUnderstood([
    `The question is not understood: ${problem}${near.length > 0 ? ` (${near.slice(0, 3).join(', ')})` : ''}.`,
    `Nearest question: “${guess ?? DEFAULT_GUESS}”.`,
    `Columns: ${columns}.`,
    `Forms: ${FORMS.map((form) => `“${form}”`).join(', ')}.`,
  ].join(' '));
}
