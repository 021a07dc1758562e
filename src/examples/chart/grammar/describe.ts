/** A query in words: the title of its chart, and a question that is read as the same query again. */
import { columnOf, pluralOf } from '../dataset/columns.js';
import { MONTHS, WEEKDAYS } from './meanings.js';
import { spanInWords } from './moments.js';
import { type Dimension, type Filter, type Measure, type Query } from './query.js';
import { dimensionOf } from './split.js';

const AGGREGATE_WORDS = { count: 'number of', sum: 'sum of', avg: 'average', max: 'maximum', min: 'minimum' };
const TEST_WORDS = { '>': 'over', '>=': 'at least', '<': 'under', '<=': 'at most', '=': 'exactly' };

/** @param most How many values of a filter are named; what names fewer than all is no question any more. */
export function describe({ measures, dimensions, filters, top, having, single, share, versus }: Query, most = Infinity): string {
  const kept = filters.map((filter) => `, ${filterInWords(filter, most)}${!single && isTogether(filter, dimensions) ? ' together' : ''}`).join('');
  const where = `${kept}${having ? `, only with ${TEST_WORDS[having.test]} ${having.value} strikes` : ''}`;
  // Each strike is a point: nothing is put together.
  const isPairs = versus && dimensions.length === 0;
  const named = measures.map((measure) => (isPairs ? columnOf(measure.column as string).label.toLowerCase() : numberInWords(measure))).join(versus ? ' versus ' : ' and ');
  const numbers = share ? `share of ${named.replace(/^number of (?=strikes)/, '')}` : named;
  const groups = dimensions.map((dimension) => dimensionInWords(dimension));
  if (top && single) return `${top.least ? 'bottom' : 'top'} ${top.count} strikes by ${columnOf(measures[0]?.column as string).label.toLowerCase()}${where}`;
  if (top) return `${top.least ? 'bottom' : 'top'} ${top.count} ${dimensionInWords(dimensions[0] as Dimension, true)} by ${numbers}${groups[1] === undefined ? '' : ` by ${groups[1]}`}${where}`;
  return `${numbers}${groups.map((group) => ` by ${group}`).join('')}${where}`;
}

/** Whether several values are kept and not told apart. */
function isTogether(filter: Filter, dimensions: readonly Dimension[]): boolean {
  const apart = dimensionOf(filter);
  return apart !== undefined && !dimensions.some((dimension) => JSON.stringify(dimension) === JSON.stringify(apart));
}

function numberInWords({ aggregate, column }: Measure): string {
  if (column === undefined) return 'number of strikes';
  const label = columnOf(column).label.toLowerCase();
  return aggregate === 'count' ? `number of different ${pluralOf(columnOf(column)).toLowerCase()}` : `${AGGREGATE_WORDS[aggregate]} ${label}`;
}

function dimensionInWords(dimension: Dimension, many = false): string {
  switch (dimension.by) {
    case 'column':
    case 'step': {
      const column = columnOf(dimension.column);
      return (many ? pluralOf(column) : column.label).toLowerCase();
    }
    case 'time':
      return many ? `${dimension.unit}s` : dimension.unit;
    default:
      return dimension.period === 'weekday' ? `day${many ? 's' : ''} of the week` : `month${many ? 's' : ''} of the year`;
  }
}

export function filterInWords(filter: Filter, most = Infinity): string {
  const no = 'not' in filter && filter.not ? 'not ' : '';
  switch (filter.on) {
    case 'values':
      return `${no}${columnOf(filter.column).label.toLowerCase()} ${list(filter.values, most)}`;
    case 'number':
      return `${columnOf(filter.column).label.toLowerCase()} ${TEST_WORDS[filter.test]} ${filter.value}`;
    case 'range':
      return `${columnOf(filter.column).label.toLowerCase()} between ${filter.from} and ${filter.to}`;
    case 'dates':
      return spanInWords(filter);
    case 'months':
      return `${no}in ${list(filter.months.map((month) => MONTHS[month - 1] as string))}`;
    default:
      return `${no}on ${list(filter.days.map((day) => WEEKDAYS[day] as string))}`;
  }
}

function list(values: readonly string[], most = Infinity): string {
  if (values.length > most) return `${values.slice(0, most - 1).join(', ')} or ${values.length - most + 1} more`;
  return values.length === 1 ? (values[0] as string) : `${values.slice(0, -1).join(', ')} or ${values.at(-1)}`;
}
