/** What a question sets side by side: `Texas versus California`, `compare 1998 and 1999`, `speed versus cost`. */
import { DAY } from './day.js';
import { type Meaning } from './meanings.js';
import { Misread, type PhraseCursor } from './phrase.cursor.js';
import { type Filter, type Query } from './query.js';
import { split } from './split.js';

/** What `versus` can stand between, but for numbers to work out. */
const VALUES = ['values', 'months', 'weekdays'] as const;
const MOMENTS = ['number', 'date', 'decade'] as const;

export class Contrast {
  /** Values side by side are one. */
  private isTogether = false;
  /** `compare`, or `versus` next to a value. */
  private isContrast = false;
  /** `1998 versus 1999` */
  private isOfTimes = false;

  /** Reads a phrase that says that something stands side by side, or together; answers whether it was one. */
  take(cursor: PhraseCursor, query: Query): boolean {
    if (cursor.at(cursor.i, 'versus')) this.versus(cursor, query);
    else if (cursor.take('contrast')) this.isContrast = true;
    else if (cursor.take('together')) this.isTogether = true;
    else return false;
    return true;
  }

  /**
   * Splits by what is named side by side, such as states; single strikes are apart as they are.
   * @param mentionsOf By which words the values of a filter were named.
   * @throws Misread where what is compared cannot be told apart.
   */
  tellApart(query: Query, mentionsOf: Parameters<typeof split>[1]): void {
    const { isContrast, isOfTimes } = this;
    const { dimensions, measures, single, versus, share } = query;
    const isPairs = single || (versus && dimensions.length === 0) || (share && dimensions.length === 0);
    const isSplit = !isPairs && !this.isTogether && split(query, mentionsOf);
    const isByTime = dimensions.some(({ by }) => by === 'time');
    // `compare strikes in 1998 and 1999`
    const isOfYears = isOfTimes || (isContrast && dimensions.length === 0 && measures.length < 2);
    if (isOfYears && !isByTime && !this.isTogether && query.filters.some(isSeveralYears)) dimensions.push({ by: 'time', unit: 'year' });
    else if ((isOfTimes && !isByTime) || (isContrast && !isSplit && !isPairs && measures.length < 2 && (query.filters.length > 1 || dimensions.length === 0))) {
      throw new Misread('what is compared has to be two values of one column, or two numbers: “strikes in Texas versus California”, “strikes per year in Texas and California”, “speed versus cost by airline”');
    }
  }

  private versus(cursor: PhraseCursor, query: Query): void {
    const isOne = (at: number, kinds: readonly Meaning['is'][]): boolean => kinds.some((kind) => cursor.at(at, kind));
    const [before, behind] = [cursor.i - 1, cursor.afterFiller(cursor.i + 1)];
    const isValue = isOne(behind, [...VALUES, ...MOMENTS]) || DAY.test(cursor.textAt(behind));
    // `speed versus cost`, and not `cost and speed in Texas versus California`
    if (!isValue) query.versus = true;
    this.isContrast ||= isValue || isOne(before, [...VALUES, ...MOMENTS]);
    this.isOfTimes ||= isOne(before, MOMENTS) && isOne(behind, [...MOMENTS, 'months']);
    cursor.i++;
  }
}

/** `1998 versus 1999` */
function isSeveralYears(filter: Filter): boolean {
  return filter.on === 'dates' && filter.from?.endsWith('-01-01') === true && filter.until?.endsWith('-01-01') === true && Number(filter.until.slice(0, 4)) - Number(filter.from.slice(0, 4)) > 1;
}
