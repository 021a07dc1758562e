/**
 * Reads a question's phrases from left to right and fills in a query: what to work out, what to group by, what to leave
 * out. It holds no grammar of whole sentences, so that people may word things their way; but every phrase has to find its
 * place, and a question that leaves something over is refused, never answered by half.
 */
import { columnOf } from '../dataset/columns.js';
import { assertAnswerable } from './answerable.js';
import { Contrast } from './contrast.js';
import { isTimeOfDay, NAMED_DAY } from './day.js';
import { FilterReader } from './filter.reader.js';
import { type Phrase } from './lexer.js';
import { isYear } from './moments.js';
import { Misread, type Of, PhraseCursor } from './phrase.cursor.js';
import { type Aggregate, type Dimension, type Measure, type Query } from './query.js';

const DEFAULT_TOP = 10;
const MAX_TOP = 1000;

/** @throws Misread */
export function read(phrases: readonly Phrase[]): Query {
  return new Reader(phrases).read();
}

class Reader {
  private readonly cursor: PhraseCursor;
  private readonly filters: FilterReader;
  private readonly query: Query;
  /** Said, and waiting for what it is of. */
  private aggregate: Aggregate | undefined;
  /** `by` stands before what is read now. */
  private by = false;
  private hasSubject = false;
  /** A number that may be that of a top list: `5 airports with the most …`. */
  private count: number | undefined;
  /** `top 5` stands before what it is of. */
  private isTop = false;
  private readonly contrast = new Contrast();

  constructor(phrases: readonly Phrase[]) {
    this.cursor = new PhraseCursor(phrases);
    this.filters = new FilterReader(this.cursor);
    this.query = { measures: [], dimensions: [], filters: this.filters.filters, single: false, share: false, versus: false };
  }

  read(): Query {
    const { cursor } = this;
    while (!cursor.isAtEnd) {
      const { by } = this;
      const start = cursor.i;
      this.next();
      // It holds for one phrase, whatever stands between.
      if (by && !cursor.isAll(start, cursor.i, ['filler', 'aggregate', 'by'])) this.by = false;
    }
    return this.finish();
  }

  private next(): void {
    const { cursor, filters } = this;
    const absent = cursor.at(cursor.i, 'absent');
    if (absent) throw new Misread(noReportFrom(absent));
    const isFilter = filters.range() || filters.moment() || filters.comparison();
    if (isFilter) this.countIfAsked();
    if (isFilter || this.day() || this.damageToRankBy() || this.topList() || this.number() || this.superlative() || this.aggregateOf() || this.values() || this.column() || this.time()) return;
    if (filters.monthsOrWeekdays()) this.countIfAsked();
    else if (cursor.take('strikes')) this.strikes();
    else if (cursor.take('share')) this.query.share = true;
    else if (this.contrast.take(cursor, this.query)) return;
    else if (cursor.take('not')) filters.setNot();
    else if (cursor.take('by')) this.setBy();
    else if (!cursor.take('filler') && !cursor.take('joint') && !cursor.take('to')) throw new Misread(`it is not clear what “${cursor.textAt(cursor.i)}” means there`);
  }

  /** `by day and night` */
  private day(): boolean {
    return isTimeOfDay(this.cursor) && this.values([{ is: 'values', column: 'time_of_day', values: ['Day'] }]);
  }

  /** `the most damage`, `top 10 species by damage`: the strikes with damage are counted, and not those without. */
  private damageToRankBy(): boolean {
    const { cursor, query } = this;
    if (cursor.textAt(cursor.i) !== 'damage') return false;
    let before = cursor.i - 1;
    while (cursor.at(before, 'filler') && cursor.textAt(before) !== 'most of') before--;
    const text = cursor.textAt(before);
    const isMostOf = text === 'most of';
    const superlative = cursor.at(before, 'superlative');
    // `the most common damage` is a list of the kinds of it.
    if (superlative && /common|frequent|often|rarest/.test(text)) return false;
    const isRanked = this.by && query.top !== undefined && query.dimensions.length > 0 && query.measures.length === 0 && !this.hasSubject;
    if (!isMostOf && !superlative && !isRanked) return false;
    if (query.top?.least === true || (superlative && text !== 'most')) {
      throw new Misread(`how much damage there was is told in kinds and not in numbers, so that nothing has “${superlative ? `${text} ` : ''}damage”; ask for “the most strikes with substantial damage” or for a cost`);
    }
    if (isMostOf && !query.top) this.setTop(false);
    return this.values([{ is: 'values', column: 'damage', values: ['None'], not: true }]);
  }

  private topList(): boolean {
    const top = this.cursor.take('top');
    if (top) {
      this.setTop(top.least, this.cursor.take('number')?.value);
      this.isTop = true;
    }
    return top !== undefined;
  }

  /** `5 airports with the most strikes`: how many is known before of what. */
  private number(): boolean {
    const { cursor } = this;
    const number = cursor.at(cursor.i, 'number');
    if (!number || cursor.at(cursor.i, 'values') || isYear(number.value)) return false;
    const isCount = (['superlative', 'column', 'time', 'strikes'] as const).some((kind) => cursor.at(cursor.i + 1, kind));
    if (!isCount) throw new Misread(`it is not clear what the number ${number.value} is of`);
    this.count = number.value;
    cursor.i++;
    return true;
  }

  private superlative(): boolean {
    const { cursor, query } = this;
    const superlative = cursor.take('superlative');
    if (!superlative) return false;
    const { least, column, aggregate } = superlative;
    // `the highest cost by state` is a maximum; `the state with the highest cost` is an order.
    const isOrder = aggregate === undefined || this.count !== undefined || query.top !== undefined || query.dimensions.length > 0 || cursor.at(cursor.afterFiller(), 'aggregate') !== undefined;
    if (!isOrder) {
      this.setAggregate(aggregate);
      return true;
    }
    if (query.top) query.top.least ||= least;
    else this.setTop(least, this.count);
    if (column !== undefined) this.measure(column);
    return true;
  }

  private setTop(least: boolean, count = DEFAULT_TOP): void {
    if (!Number.isInteger(count) || count < 1 || count > MAX_TOP) throw new Misread(`a list can have 1 to ${MAX_TOP} entries, not ${count}`);
    this.query.top = { count, least };
    this.count = undefined;
  }

  private aggregateOf(): boolean {
    const found = this.cursor.take('aggregate');
    if (found) this.setAggregate(found.aggregate);
    return found !== undefined;
  }

  private setAggregate(aggregate: Aggregate): void {
    if (this.aggregate !== undefined && this.aggregate !== 'sum' && this.aggregate !== aggregate) {
      throw new Misread(`“${this.aggregate} of ${aggregate}” is two steps, and there can be one; ask for the ${aggregate} alone`);
    }
    this.aggregate = aggregate;
  }

  private setBy(): void {
    this.countIfAsked();
    this.isTop = false;
    this.by = true;
  }

  private strikes(): void {
    const last = this.query.measures.at(-1);
    if (this.aggregate !== undefined && this.aggregate !== 'count' && this.aggregate !== 'sum') throw new Misread('strikes have a number; an average, a maximum or a minimum is that of a cost or a speed');
    // `cost per strike`
    if (this.by && last?.column !== undefined && !last.said && !this.query.top) Object.assign(last, { aggregate: 'avg', said: true });
    else if (this.aggregate !== undefined || this.by) this.countStrikes();
    this.hasSubject = true;
  }

  private countIfAsked(): void {
    if (this.aggregate === 'count') this.countStrikes();
  }

  private countStrikes(): void {
    this.aggregate = undefined;
    this.hasSubject = true;
    this.addMeasure({ aggregate: 'count', said: true });
  }

  private values(meanings?: Of<'values'>[]): boolean {
    const found = this.filters.values(meanings);
    if (!found) return false;
    this.countIfAsked();
    // `owls by state`: animals are strikes here.
    this.hasSubject ||= found.column === 'species';
    return true;
  }

  private column(): boolean {
    const { cursor } = this;
    const column = cursor.take('column')?.column;
    if (column === undefined) return false;
    if (columnOf(column).kind === 'number') {
      if (!this.filters.ofColumn(column)) this.measureOrSteps(column);
      return true;
    }
    // `state Texas`: the column says of what the value is one.
    if (!this.by && cursor.textAt(cursor.i) !== NAMED_DAY && cursor.valuesAt(cursor.i).some((values) => values.column === column)) return true;
    // `by number of airlines`; where `by` comes behind, strikes are counted by then.
    if (this.aggregate === 'count') {
      this.aggregate = undefined;
      this.addMeasure({ aggregate: 'count', column, said: true });
      return true;
    }
    this.group({ by: 'column', column });
    return true;
  }

  private measureOrSteps(column: string): void {
    const { dimensions, measures, top } = this.query;
    const isRank = top !== undefined || this.aggregate !== undefined || (dimensions.length > 0 && measures.length === 0 && !this.hasSubject);
    if (this.by && !isRank) this.group({ by: 'step', column, step: columnOf(column).step ?? 1 });
    else this.measure(column);
  }

  private measure(column: string): void {
    const { aggregate } = this;
    if (aggregate === 'count') throw new Misread(`strikes are counted, and not ${columnOf(column).label.toLowerCase()}; ask for its sum, average, maximum or minimum`);
    this.aggregate = undefined;
    this.addMeasure({ aggregate: aggregate ?? columnOf(column).aggregate ?? 'sum', column, said: aggregate !== undefined });
  }

  private addMeasure(measure: Measure): void {
    const { measures } = this.query;
    if (!measures.some(({ aggregate, column }) => aggregate === measure.aggregate && column === measure.column)) measures.push(measure);
  }

  private time(): boolean {
    const unit = this.cursor.take('time')?.unit;
    if (unit !== undefined) this.group({ by: 'time', unit });
    const period = unit === undefined ? this.cursor.take('period')?.period : undefined;
    if (period !== undefined) this.group({ by: 'period', period });
    return unit !== undefined || period !== undefined;
  }

  private group(dimension: Dimension): void {
    const { dimensions } = this.query;
    this.countIfAsked();
    const known = dimensions.findIndex((other) => JSON.stringify(other) === JSON.stringify(dimension));
    const isRanked = this.isTop || this.count !== undefined;
    // A list is of the first: `cost by month of the top 5 airlines`.
    if (isRanked && known > 0) dimensions.splice(known, 1);
    if (isRanked && known !== 0) dimensions.unshift(dimension);
    else if (known < 0) dimensions.push(dimension);
    this.isTop = false;
    if (this.count !== undefined) this.setTop(false, this.count);
  }

  private finish(): Query {
    const { query } = this;
    this.countIfAsked();
    if (this.aggregate !== undefined) throw new Misread(`the ${this.aggregate} of what? Name a cost or the speed`);
    if (this.by) throw new Misread('“by” needs a column behind it');
    if (this.count !== undefined) throw new Misread(`${this.count} by what? Name a number to rank by: “top ${this.count} strikes by cost”`);
    this.filters.finish();
    const { measures, dimensions, top } = query;
    if (this.filters.having) query.having = this.filters.having;
    query.versus &&= measures.length > 1;
    query.single = top !== undefined && !query.share && dimensions.length === 0 && this.hasSubject && measures.length === 1 && measures[0]?.column !== undefined && !measures[0].said;
    this.contrast.tellApart(query, (filter) => this.filters.mentionsOf(filter));
    if (measures.length === 0 && dimensions.length === 0 && !this.hasSubject && !query.share) throw new Misread('it does not say what to work out');
    if (top && dimensions.length === 0 && !query.single) throw new Misread('the top of what? Name a column, and one number: “top 10 species by cost”');
    // `the share of strikes at night`: of all times of day.
    if (query.share && dimensions.length === 0) this.groupByFilter();
    if (measures.length === 0) measures.push({ aggregate: 'count', said: false });
    assertAnswerable(query);
    return query;
  }

  private groupByFilter(): void {
    const { filters, dimensions } = this.query;
    const at = filters.findIndex(({ on }) => on === 'values');
    const found = filters[at];
    if (found?.on !== 'values') throw new Misread('a share by what? Name a column: “share of strikes by size”');
    dimensions.push({ by: 'column', column: found.column });
    filters.splice(at, 1);
  }
}

function noReportFrom({ name, others }: Of<'absent'>): string {
  const meant = others.length > 0 ? `, and ${others.join(', ')} is asked for by the whole name` : '';
  return `no report is from ${name}; “strikes by state” has the states there are${meant}`;
}
