/** `night versus day`, `Texas and California`: values of one column that are named side by side are told apart in the answer. */
import { columnOf } from '../dataset/columns.js';
import { Misread } from './phrase.cursor.js';
import { type Dimension, type Filter, type Query } from './query.js';

/** How a question names what a filter keeps: `owls` names several species at once. */
export interface Mention {
  text: string;
  of: number;
}

/**
 * Groups by what is named side by side, unless the question does so by itself.
 * @throws Misread
 * @returns whether there is something of that kind
 */
export function split({ dimensions, filters }: Query, mentionsOf: (filter: Filter) => readonly Mention[]): boolean {
  let isSplit = false;
  for (const filter of filters) {
    const mentions = mentionsOf(filter);
    const dimension = dimensionOf(filter);
    if (!dimension || mentions.length < 2) continue;
    isSplit = true;
    if (dimensions.some((other) => JSON.stringify(other) === JSON.stringify(dimension))) continue;
    const several = mentions.find(({ of }) => of > 1);
    if (several) {
      throw new Misread(`“${several.text}” stands for several values of ${nameOf(dimension)}, which cannot be set against others as one; ask “by ${nameOf(dimension)}” for each of them, or add “together” for all in one number`);
    }
    dimensions.push(dimension);
  }
  if (isSplit && dimensions.length > 2) throw new Misread('it groups by more than two columns: values that are named side by side are told apart; add “together” for all in one number');
  return isSplit;
}

/** What tells the values of a filter apart; nothing where there are no two of them to keep. */
export function dimensionOf(filter: Filter): Dimension | undefined {
  if (filter.on === 'values' && !filter.not && filter.values.length > 1) return { by: 'column', column: filter.column };
  if (filter.on === 'months' && !filter.not && filter.months.length > 1) return { by: 'period', period: 'calendar_month' };
  if (filter.on === 'weekdays' && !filter.not && filter.days.length > 1) return { by: 'period', period: 'weekday' };
  return undefined;
}

function nameOf(dimension: Dimension): string {
  if (dimension.by === 'column') return columnOf(dimension.column).label.toLowerCase();
  return dimension.by === 'period' && dimension.period === 'weekday' ? 'day of the week' : 'month of the year';
}
