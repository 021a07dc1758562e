/**
 * Plans without a language model: a grammar of common questions about the data set. The same question always gives the
 * same SQL.
 */
import { Injectable } from '@nestjs/common';
import { type QueryPlan } from '../chart.types.js';
import { Dataset, type Profile } from '../dataset/dataset.js';
import { describe, filterInWords } from './describe.js';
import { lex } from './lexer.js';
import { type Lexicon, makeLexicon } from './lexicon.js';
import { dayAfter, spanInWords } from './moments.js';
import { notUnderstood } from './not-understood.js';
import { Misread } from './phrase.cursor.js';
import { type Query } from './query.js';
import { read } from './reader.js';
import { writeSql } from './sql.writer.js';

@Injectable()
export class Grammar {
  private made: Lexicon | undefined;

  constructor(private readonly dataset: Dataset) {}

  /** @throws QuestionNotUnderstood with what would be. */
  plan(question: string): QueryPlan {
    const { query, corrections } = this.read(question);
    return { ...writeSql(query), explanation: explain(query, corrections, this.dataset.profile) };
  }

  /** The question in words that are read as the same. @throws QuestionNotUnderstood */
  paraphrase(question: string): string {
    return describe(this.read(question).query);
  }

  private read(question: string): { query: Query; corrections: ReadonlyMap<string, string> } {
    const { phrases, corrections, unknown } = lex(question, this.lexicon);
    try {
      if (unknown.length > 0) throw new Misread(unknown.length === 1 ? `“${unknown[0]}” is not known` : `${unknown.map((word) => `“${word}”`).join(' and ')} are not known`);
      const query = read(phrases);
      assertCovered(query, this.dataset.profile);
      return { query, corrections };
    } catch (error) {
      if (!(error instanceof Misread)) throw error;
      throw notUnderstood({ problem: error.message, guess: this.guess(phrases.filter(({ meanings }) => meanings.length > 0)), unknown, lexicon: this.lexicon });
    }
  }

  private get lexicon(): Lexicon {
    return (this.made ??= makeLexicon(this.dataset.profile));
  }

  /** What the rest of the question is read as, where it can be. */
  private guess(phrases: Parameters<typeof read>[0]): string | undefined {
    try {
      const query = read(phrases);
      assertCovered(query, this.dataset.profile);
      return describe(query);
    } catch {
      return undefined;
    }
  }
}

/** A year that the data do not reach has no strikes that anyone knows of, which is not the same as none. */
function assertCovered({ filters }: Query, { first, last }: Profile): void {
  for (const filter of filters) {
    if (filter.on !== 'dates') continue;
    if ((filter.from !== undefined && filter.from > last) || (filter.until !== undefined && filter.until <= first)) {
      throw new Misread(`the records go from ${first} to ${last}, and none is ${spanInWords(filter)}`);
    }
  }
}

function explain(query: Query, corrections: ReadonlyMap<string, string>, { first, last, rows }: Profile): string {
  const { measures, filters } = query;
  const read = [...corrections].map(([from, to]) => `Read “${from}” as “${to}”.`);
  const notes = [
    measures.some(({ column }) => column?.startsWith('cost')) ? 'A cost of 0 also stands for one that was not told, as in most records.' : [],
    measures.some(({ column }) => column === 'speed_knots') ? 'Records without a speed are left out of it.' : [],
  ].flat();
  const left = filters.length === 0 ? `All ${rows.toLocaleString('en')} records from ${first} to ${last} count.` : `Only records that fit count: ${filters.map((filter) => filterInWords(filter, 10)).join('; ')}.`;
  const cut = filters.some((filter) => filter.on === 'dates' && ((filter.from !== undefined && filter.from < first) || (filter.until !== undefined && filter.until > dayAfter(last)))) ? [`The records go from ${first} to ${last}.`] : [];
  return [...read, `Shows the ${describe({ ...query, filters: [] })}.`, left, ...cut, ...notes].join(' ');
}

