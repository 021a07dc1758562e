/** From a query to SQL for it, with what a chart has to know of its columns. */
import { type QueryPlan } from '../chart.types.js';
import { type Column, columnOf, labelOf, pluralOf, TABLE } from '../dataset/columns.js';
import { describe } from './describe.js';
import { MONTHS, WEEKDAYS } from './meanings.js';
import { type Dimension, type Filter, type Measure, type Query } from './query.js';

type Drawn = Pick<QueryPlan, 'sql' | 'title' | 'labels' | 'orders' | 'steps' | 'form' | 'fill'>;

/** A column of the answer. */
interface Selected {
  sql: string;
  name: string;
  label: string;
  order?: readonly string[];
  step?: number;
  /** What rows are ordered by where the column's own order is not its values'. */
  orderBy?: string;
  /** What has to hold for a row to count. */
  where?: string;
}

const WEEK = [...WEEKDAYS.slice(1), WEEKDAYS[0] as string];
const TIME = {
  day: ['flight_date', 'Date'],
  month: ['substr(flight_date, 1, 7)', 'Month'],
  quarter: ["substr(flight_date, 1, 5) || printf('%02d', (CAST(substr(flight_date, 6, 2) AS INTEGER) - 1) / 3 * 3 + 1)", 'Quarter'],
  year: ['substr(flight_date, 1, 4)', 'Year'],
} as const;

export function writeSql(query: Query): Drawn {
  const { measures, dimensions, filters, top, having, share, versus, single } = query;
  const title = titled(describe(query, 4));
  if (single) return { ...singleStrikes(query), title };
  if (versus && dimensions.length === 0) return { ...pairs(query), title, form: 'scatter' };
  const groups = dimensions.map(selectDimension);
  const numbers = measures.map(selectMeasure);
  const wheres = [...filters.map(conditionOf), ...groups.map(({ where }) => where), ...(numbers.length === 1 ? [numbers[0]?.where] : [])].filter((where) => where !== undefined);
  const number = numbers[0] as Selected;
  const [group] = groups;
  if (having && group) wheres.push(withStrikes(group, filters, having));
  if (top && groups.length === 2) wheres.push(amongTheFirst(groups[0] as Selected, number, wheres, top));
  const selected = [...groups, ...numbers, ...(share ? [shareOf(number)] : [])];
  const sql = [
    `SELECT ${selected.map(({ sql: expression, name }) => (expression === name ? name : `${expression} AS ${name}`)).join(', ')}`,
    `FROM ${TABLE}`,
    ...(wheres.length > 0 ? [`WHERE ${wheres.join(' AND ')}`] : []),
    ...(groups.length > 0 ? [`GROUP BY ${groups.map((_, i) => i + 1).join(', ')}`, `ORDER BY ${orderOf(groups, number, query)}`] : []),
    ...(top && groups.length === 1 ? [`LIMIT ${top.count}`] : []),
  ].join('\n');
  const form = share ? 'arc' : versus ? 'scatter' : undefined;
  const fill = fillOf(query, groups);
  return { sql, title, ...metaOf(selected), ...(form ? { form } : {}), ...(fill ? { fill } : {}) };
}

function singleStrikes({ measures, filters, top }: Query): Omit<Drawn, 'title'> {
  const column = columnOf(measures[0]?.column as string);
  const wheres = [...filters.map(conditionOf), ...Object.values(known(column))];
  const sql = [
    `SELECT flight_date || ' ' || species || ' (' || id || ')' AS strike, airport, aircraft, ${column.name}`,
    `FROM ${TABLE}`,
    ...(wheres.length > 0 ? [`WHERE ${wheres.join(' AND ')}`] : []),
    `ORDER BY ${column.name} ${top?.least ? 'ASC' : 'DESC'}, id`,
    `LIMIT ${top?.count}`,
  ].join('\n');
  return { sql, labels: { strike: 'Strike', airport: 'Airport', aircraft: 'Aircraft', [column.name]: labelOf(column) }, orders: {}, steps: {}, form: 'bar' };
}

/** Two numbers of the same strikes; equal pairs are one point, with how often they are there. */
function pairs({ measures, filters }: Query): Omit<Drawn, 'title'> {
  const [x, y] = measures.map(({ column }) => columnOf(column as string)) as [Column, Column];
  const wheres = [...filters.map(conditionOf), ...Object.values(known(x)), ...Object.values(known(y))];
  const sql = [`SELECT ${x.name}, ${y.name}, COUNT(*) AS strikes`, `FROM ${TABLE}`, ...(wheres.length > 0 ? [`WHERE ${wheres.join(' AND ')}`] : []), 'GROUP BY 1, 2', 'ORDER BY 3 DESC, 1, 2'].join('\n');
  return { sql, labels: { [x.name]: labelOf(x), [y.name]: labelOf(y), strikes: 'Strikes' }, orders: {}, steps: {} };
}

function selectDimension(dimension: Dimension): Selected {
  switch (dimension.by) {
    case 'column': {
      const { name, label, order } = columnOf(dimension.column);
      return { sql: name, name, label, ...(order ? { order } : {}) };
    }
    case 'step': {
      const column = columnOf(dimension.column);
      const name = `${column.name}_from`;
      return { sql: `${column.name} / ${dimension.step} * ${dimension.step}`, name, label: `${labelOf(column)}, in steps of ${dimension.step}`, step: dimension.step, ...known(column) };
    }
    case 'time': {
      const [sql, label] = TIME[dimension.unit];
      return { sql, name: dimension.unit === 'day' ? 'flight_date' : dimension.unit, label };
    }
    default:
      return dimension.period === 'weekday'
        ? { sql: `CASE strftime('%w', flight_date) ${cases(WEEKDAYS, (i) => String(i))} END`, name: 'weekday', label: 'Day of the week', order: WEEK, orderBy: "MIN((strftime('%w', flight_date) + 6) % 7)" }
        : { sql: `CASE substr(flight_date, 6, 2) ${cases(MONTHS, (i) => String(i + 1).padStart(2, '0'))} END`, name: 'month_of_year', label: 'Month of the year', order: MONTHS, orderBy: 'MIN(substr(flight_date, 6, 2))' };
  }
}

function cases(names: readonly string[], key: (index: number) => string): string {
  return names.map((name, i) => `WHEN '${key(i)}' THEN '${name}'`).join(' ');
}

function selectMeasure({ aggregate, column }: Measure): Selected {
  if (column === undefined) return { sql: 'COUNT(*)', name: 'strikes', label: 'Strikes' };
  const of = columnOf(column);
  if (aggregate === 'count') return { sql: `COUNT(DISTINCT ${column})`, name: `${column}_count`, label: `Different ${pluralOf(of).toLowerCase()}` };
  const word = { sum: 'Sum', avg: 'Average', max: 'Maximum', min: 'Minimum' }[aggregate];
  const call = `${aggregate.toUpperCase()}(${column})`;
  const label = `${word} of ${labelOf(of).replace(/^./, (letter) => letter.toLowerCase())}`;
  return { sql: aggregate === 'avg' ? `ROUND(${call}, 2)` : call, name: `${aggregate}_${column}`, label, ...known(of) };
}

/** Rows without the number are not drawn as if they had one. */
function known({ name, optional }: Column): { where?: string } {
  return optional === true ? { where: `${name} IS NOT NULL` } : {};
}

function shareOf({ sql }: Selected): Selected {
  return { sql: `ROUND(100.0 * ${sql} / SUM(${sql}) OVER (), 2)`, name: 'share_percent', label: 'Share (%)' };
}

/** The first groups of the first column, whatever the second. */
function amongTheFirst({ sql }: Selected, number: Selected, wheres: readonly string[], { count, least }: NonNullable<Query['top']>): string {
  const where = wheres.length > 0 ? ` WHERE ${wheres.join(' AND ')}` : '';
  return `${sql} IN (SELECT ${sql} FROM ${TABLE}${where} GROUP BY 1 ORDER BY ${number.sql} ${least ? 'ASC' : 'DESC'}, 1 LIMIT ${count})`;
}

/** The groups that have so many strikes, also such as do not count otherwise because a number is unknown. */
function withStrikes({ sql, where }: Selected, filters: readonly Filter[], { test, value }: NonNullable<Query['having']>): string {
  const wheres = [...filters.map(conditionOf), ...(where === undefined ? [] : [where])];
  return `${sql} IN (SELECT ${sql} FROM ${TABLE}${wheres.length > 0 ? ` WHERE ${wheres.join(' AND ')}` : ''} GROUP BY 1 HAVING COUNT(*) ${test} ${value})`;
}

/** Time goes on, what has an order of its own keeps it, the rest goes from the largest down. */
function orderOf(groups: readonly Selected[], number: Selected, { dimensions, top }: Query): string {
  const byNumber = `${number.name} ${top?.least ? 'ASC' : 'DESC'}`;
  if (top && groups.length === 1) return `${byNumber}, 1`;
  const own = groups.map(({ orderBy }, i) => orderBy ?? (dimensions[i]?.by === 'column' ? undefined : String(i + 1)));
  if (groups.length === 1) return own[0] ?? `${byNumber}, 1`;
  return own.some((each) => each !== undefined) ? own.map((each, i) => each ?? String(i + 1)).join(', ') : `${byNumber}, 1, 2`;
}

/** Months without a strike are none of the rows, and are 0. Averages have no such value. */
function fillOf({ dimensions, measures, top, having }: Query, groups: readonly Selected[]): Drawn['fill'] {
  const i = dimensions.findIndex(({ by }) => by === 'time');
  const dimension = dimensions[i];
  if (dimension?.by !== 'time' || having || (top && dimensions.length === 1) || !measures.every(({ aggregate }) => aggregate === 'count' || aggregate === 'sum')) return undefined;
  return { column: (groups[i] as Selected).name, unit: dimension.unit };
}

function conditionOf(filter: Filter): string {
  const no = 'not' in filter && filter.not ? 'NOT ' : '';
  switch (filter.on) {
    case 'values':
      return filter.values.length === 1
        ? `${filter.column} ${filter.not ? '<>' : '='} ${quoted(filter.values[0] as string)}`
        : `${filter.column} ${no}IN (${filter.values.map(quoted).join(', ')})`;
    case 'number':
      return `${filter.column} ${filter.test} ${filter.value}`;
    case 'range':
      return `${filter.column} BETWEEN ${filter.from} AND ${filter.to}`;
    case 'dates':
      return [filter.from === undefined ? [] : `flight_date >= '${filter.from}'`, filter.until === undefined ? [] : `flight_date < '${filter.until}'`].flat().join(' AND ');
    case 'months':
      return `substr(flight_date, 6, 2) ${no}IN (${filter.months.map((month) => `'${String(month).padStart(2, '0')}'`).join(', ')})`;
    default:
      return `strftime('%w', flight_date) ${no}IN (${filter.days.map((day) => `'${day}'`).join(', ')})`;
  }
}

/** Values come from the data set and never from the question; a quote in one (O'Hare) is doubled all the same. */
function quoted(value: string): string {
  return `'${value.replaceAll("'", "''")}'`;
}

function metaOf(selected: readonly Selected[]): Pick<Drawn, 'labels' | 'orders' | 'steps'> {
  return {
    labels: Object.fromEntries(selected.map(({ name, label }) => [name, label])),
    orders: Object.fromEntries(selected.flatMap(({ name, order }) => (order ? [[name, order]] : []))),
    steps: Object.fromEntries(selected.flatMap(({ name, step }) => (step ? [[name, step]] : []))),
  };
}

function titled(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
