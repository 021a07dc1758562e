/** Reads what a question leaves out: values, numbers and times. Each method answers whether it has read something. */
import { columnOf } from '../dataset/columns.js';
import { dateOf, isYear, monthOf, type Span, years } from './moments.js';
import { Misread, type Of, type PhraseCursor } from './phrase.cursor.js';
import { type Comparison, type Filter, type Query } from './query.js';
import { type Mention } from './split.js';

const MAX_FILTERS = 12;

type FilterOn<On extends Filter['on']> = Extract<Filter, { on: On }>;

interface Quantity {
  value: number;
  /** That the unit is of. */
  column?: string;
  /** The place behind it. */
  end: number;
}

export class FilterReader {
  readonly filters: Filter[] = [];
  /** The number that was spoken of last: `cost of more than …`. */
  spoken: string | undefined;
  having: Query['having'];
  private readonly mentions = new Map<Filter, Mention[]>();
  private not = false;
  /** Where the last filter ended: what is joined to it shares its `not`. */
  private ended = 0;

  constructor(private readonly cursor: PhraseCursor) {}

  /** @throws Misread */
  finish(): Filter[] {
    if (this.not) throw new Misread('“not” needs a value behind it, such as a state or a species');
    if (this.filters.length > MAX_FILTERS) throw new Misread('it has too many conditions');
    return this.filters;
  }

  setNot(): void {
    this.not = true;
  }

  /** How a filter's values are named in the question. */
  mentionsOf(filter: Filter): readonly Mention[] {
    return this.mentions.get(filter) ?? [];
  }

  values(all = this.cursor.valuesAt(this.cursor.i)): Of<'values'> | undefined {
    const { cursor } = this;
    const start = cursor.i;
    const named = cursor.at(start + 1, 'column')?.column;
    const before = cursor.at(start - 1, 'column')?.column;
    const meaning = all.find(({ column }) => column === named) ?? all.find(({ column }) => column === before) ?? all[0];
    if (!meaning) return undefined;
    // `approach phase`, `large size`: the column only says of what it is a value.
    cursor.i += named === meaning.column ? 2 : 1;
    const { column, values, not = false } = meaning;
    this.add({ on: 'values', column, values, not: this.takeNot(start, 'values', column) !== not }, { text: cursor.textAt(start), of: values.length });
    return meaning;
  }

  monthsOrWeekdays(): boolean {
    const start = this.cursor.i;
    const months = this.cursor.take('months')?.months;
    const text = this.cursor.textAt(start);
    if (months) this.add({ on: 'months', months, not: this.takeNot(start, 'months') }, { text, of: months.length });
    const days = months ? undefined : this.cursor.take('weekdays')?.days;
    if (days) this.add({ on: 'weekdays', days, not: this.takeNot(start, 'weekdays') }, { text, of: days.length });
    return months !== undefined || days !== undefined;
  }

  /** Of a column that was just named: `cost over 1000`, `speed between 100 and 200`. */
  ofColumn(column: string): boolean {
    const { cursor } = this;
    this.spoken = column;
    const at = cursor.afterFiller();
    if (this.range(at, column)) return true;
    const compare = cursor.at(at, 'compare');
    const quantity = compare && this.quantity(at + 1);
    if (!compare || !quantity || this.cursor.at(quantity.end, 'strikes')) return false;
    this.add({ on: 'number', column, test: compare.test, value: quantity.value });
    cursor.i = quantity.end;
    return true;
  }

  /** `between 100 and 200 knots` */
  range(at = this.cursor.i, column = this.spoken): boolean {
    const first = this.cursor.at(at, 'between') && this.quantity(at + 1);
    const second = first && this.cursor.at(first.end, 'joint') ? this.quantity(first.end + 1) : undefined;
    if (!first || !second) return false;
    const unit = first.column ?? second.column;
    // `average cost between 1995 and 1999`: years, unless a unit says that they are none.
    if (unit === undefined && (column === undefined || (isYear(first.value) && isYear(second.value)))) return false;
    this.add({ on: 'range', column: measuredIn(unit, column) as string, from: Math.min(first.value, second.value), to: Math.max(first.value, second.value) });
    this.cursor.i = second.end;
    return true;
  }

  /** Without a column before it: `over 200 knots`, `more than $5,000`. */
  comparison(): boolean {
    const { cursor } = this;
    const compare = cursor.at(cursor.i, 'compare');
    if (!compare) return false;
    const text = cursor.textAt(cursor.i);
    const quantity = this.quantity(cursor.i + 1);
    if (!quantity) {
      if (text !== 'over') throw new Misread(`“${text}” needs a number behind it`);
      cursor.i++;
      return true;
    }
    if (this.strikesOfGroup(compare.test, quantity)) return true;
    const column = measuredIn(quantity.column, this.spoken) ?? (/faster|slower/.test(text) ? 'speed_knots' : undefined);
    if (column === undefined) throw new Misread(`“${text} ${quantity.value}” of what? Name a cost, the speed or strikes`);
    this.add({ on: 'number', column, test: compare.test, value: quantity.value });
    cursor.i = quantity.end;
    return true;
  }

  /** `only with at least 50 strikes`: of each group, and not of a single strike. */
  private strikesOfGroup(test: Comparison, { value, column, end }: Quantity): boolean {
    const { cursor } = this;
    if (column !== undefined || !cursor.at(end, 'strikes')) return false;
    if (/^(?:birds?|animals?|wildlife)$/.test(cursor.textAt(end))) throw new Misread(`how many animals a strike had is not in the records; ask for groups with “at least ${value} strikes”`);
    if (this.having) throw new Misread('it says twice how many strikes a group must have');
    this.having = { test, value };
    cursor.i = end + 1;
    return true;
  }

  /** Years, months of a year and dates, alone or as bounds. */
  moment(): boolean {
    const { cursor } = this;
    const bound = cursor.at(cursor.i, 'bound');
    const between = cursor.at(cursor.i, 'between');
    const first = this.spanAt(bound || between ? cursor.i + 1 : cursor.i);
    if (!first) return this.monthsBetween(between !== undefined || bound?.side === 'from') || this.boundWithoutTime(bound);
    const to = cursor.at(first.end, 'to') ?? (between ? cursor.at(first.end, 'joint') : cursor.at(first.end, 'bound'));
    const second = to && (to.is !== 'bound' || to.side === 'until') ? this.spanAt(first.end + 1) : undefined;
    if (between && !second) throw new Misread('“between” needs two years or dates: “between 1995 and 1999”');
    cursor.i = (second ?? first).end;
    this.add(second ? { on: 'dates', ...ordered(first.span, second.span) } : boundBy(first.span, bound?.side));
    return true;
  }

  /** `between March and May` */
  private monthsBetween(isRange: boolean): boolean {
    const { cursor } = this;
    const start = cursor.i;
    const first = isRange ? cursor.at(start + 1, 'months')?.months[0] : undefined;
    const joined = cursor.at(start + 2, 'to') ?? cursor.at(start + 2, 'joint');
    const last = joined ? cursor.at(start + 3, 'months')?.months.at(-1) : undefined;
    if (first === undefined || last === undefined) return false;
    cursor.i += 4;
    const length = ((last - first + 12) % 12) + 1;
    this.add({ on: 'months', months: Array.from({ length }, (_, k) => ((first - 1 + k) % 12) + 1), not: this.takeNot(start, 'months') }, { text: cursor.textAt(start + 1), of: length });
    return true;
  }

  /** `from Texas`, `from American Airlines`: no bound at all. */
  private boundWithoutTime(bound: Of<'bound'> | undefined): boolean {
    const { cursor } = this;
    if (!bound) return false;
    if (bound.side !== 'from') throw new Misread(`“${cursor.textAt(cursor.i)}” needs a year or a date behind it`);
    cursor.i++;
    return true;
  }

  private spanAt(at: number): { span: Span; end: number } | undefined {
    const { cursor } = this;
    let from = cursor.afterFiller(at);
    // `in the year 1998`
    if (cursor.at(from, 'time')?.unit === 'year' && cursor.at(from + 1, 'number')) from++;
    const date = cursor.at(from, 'date')?.date;
    const decade = cursor.at(from, 'decade')?.from;
    const months = cursor.at(from, 'months')?.months;
    const end = months ? from + 2 : from + 1;
    const year = cursor.at(end - 1, 'number')?.value;
    if (date !== undefined) {
      const span = dateOf(date);
      if (!span) throw new Misread(`${date} is not in the calendar`);
      return { span, end };
    }
    if (decade !== undefined) return { span: years(decade, decade + 9), end };
    if (year === undefined || !isYear(year) || cursor.at(end, 'unit')) return undefined;
    if (!months) return { span: years(year), end };
    // `summer 1998`; winter begins in the year that is named.
    const [first = 1, last = first] = [months[0], months.at(-1)];
    return { span: { from: monthOf(year, first).from, until: monthOf(last < first ? year + 1 : year, last).until }, end };
  }

  /** A number with its unit, before or behind it. */
  private quantity(at: number): Quantity | undefined {
    const before = this.cursor.at(at, 'unit');
    const from = before ? at + 1 : at;
    const number = this.cursor.at(from, 'number');
    if (!number) return undefined;
    const behind = this.cursor.at(from + 1, 'unit');
    const unit = before ?? behind;
    return { value: number.value, end: behind ? from + 2 : from + 1, ...(unit ? { column: unit.column } : {}) };
  }

  /** Adds a filter; what is said of the same twice, such as `Texas and California`, means either. */
  private add(filter: Filter, mention?: Mention): void {
    this.ended = this.cursor.i;
    if (this.not) throw new Misread('“not” fits values, months and days of the week; for times and numbers say “before”, “after”, “under” or “over”');
    if (filter.on === 'values' && this.filters.some((other) => other.on === 'values' && other.column === filter.column && other.not !== filter.not)) {
      throw new Misread(`it names values of ${columnOf(filter.column).label.toLowerCase()} both to keep and to leave out; ask “by ${columnOf(filter.column).label.toLowerCase()}” to see each`);
    }
    if ((filter.on === 'months' || filter.on === 'weekdays') && this.filters.some((other) => other.on === filter.on && other.not !== filter.not)) {
      throw new Misread(`it names ${filter.on === 'months' ? 'months' : 'days of the week'} both to keep and to leave out`);
    }
    const same = this.filters.find((other) => isOfSame(other, filter));
    if (mention) this.mentions.set(same ?? filter, [...this.mentionsOf(same ?? filter), mention]);
    if (!same) this.filters.push(filter);
    else if (same.on === 'values' && filter.on === 'values') same.values = [...new Set([...same.values, ...filter.values])];
    else if (same.on === 'months' && filter.on === 'months') same.months = [...new Set([...same.months, ...filter.months])];
    else if (same.on === 'weekdays' && filter.on === 'weekdays') same.days = [...new Set([...same.days, ...filter.days])];
    else if (same.on === 'dates' && filter.on === 'dates') joinDates(same, filter);
  }

  /** Whether `not` stands before, or before what this is joined to: `not in Texas or California`. */
  private takeNot(start: number, on: Filter['on'], column?: string): boolean {
    const last = this.filters.at(-1);
    const isJoined = last !== undefined && last.on === on && (last.on !== 'values' || last.column === column) && this.cursor.isAll(this.ended, start, ['joint', 'filler']);
    const not = this.not || (isJoined && 'not' in last && last.not);
    this.not = false;
    return not;
  }
}

/** The column that was named, unless the unit is of another one: dollars are of any cost. */
function measuredIn(unit: string | undefined, named: string | undefined): string | undefined {
  if (unit === undefined || named === undefined) return named ?? unit;
  return columnOf(named).unit === columnOf(unit).unit ? named : unit;
}

function isOfSame(a: Filter, b: Filter): boolean {
  if (a.on === 'dates' && b.on === 'dates') return a.from !== undefined && a.until !== undefined && b.from !== undefined && b.until !== undefined;
  if (a.on === 'values' && b.on === 'values') return a.column === b.column && a.not === b.not;
  return a.on === b.on && 'not' in a && 'not' in b && a.not === b.not;
}

/** `in 1998 and 1999` is one stretch of time. */
function joinDates(same: FilterOn<'dates'>, { from, until }: FilterOn<'dates'>): void {
  if (same.until === from) same.until = until;
  else if (same.from === until) same.from = from;
  else throw new Misread('it names two stretches of time with a gap between; ask for one: “between 1995 and 1999”');
}

function ordered(a: Span, b: Span): Span {
  return a.from <= b.from ? { from: a.from, until: b.until } : { from: b.from, until: a.until };
}

function boundBy(span: Span, side: Of<'bound'>['side'] | undefined): Filter {
  switch (side) {
    case 'from':
      return { on: 'dates', from: span.from };
    case 'after':
      return { on: 'dates', from: span.until };
    case 'before':
      return { on: 'dates', until: span.from };
    case 'until':
      return { on: 'dates', until: span.until };
    default:
      return { on: 'dates', ...span };
  }
}
