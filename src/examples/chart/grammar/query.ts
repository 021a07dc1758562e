/** A question, understood: what the reader makes of its words and the writer makes SQL of. */
import { type TimeUnit } from '../chart.types.js';

export type Aggregate = 'count' | 'sum' | 'avg' | 'max' | 'min';

/** A number to work out. `count` without a column counts strikes; with one, its different values. */
export interface Measure {
  aggregate: Aggregate;
  column?: string;
  /** Whether the question said how; else it is the column's own way. */
  said: boolean;
}

export type Period = 'weekday' | 'calendar_month';

/** What rows are grouped by. */
export type Dimension =
  | { by: 'column'; column: string }
  /** Steps of a number. */
  | { by: 'step'; column: string; step: number }
  /** A stretch of time: each month of each year. */
  | { by: 'time'; unit: TimeUnit }
  /** What comes again: each January alike. */
  | { by: 'period'; period: Period };

export type Filter =
  | { on: 'values'; column: string; values: readonly string[]; not: boolean }
  | { on: 'number'; column: string; test: Comparison; value: number }
  | { on: 'range'; column: string; from: number; to: number }
  /** ISO dates: from the first on, up to and without the second. */
  | { on: 'dates'; from?: string; until?: string }
  /** 1 to 12. */
  | { on: 'months'; months: readonly number[]; not: boolean }
  /** 0 (Sunday) to 6. */
  | { on: 'weekdays'; days: readonly number[]; not: boolean };

export type Comparison = '>' | '>=' | '<' | '<=' | '=';

export interface Query {
  measures: Measure[];
  dimensions: Dimension[];
  filters: Filter[];
  /** The first so many, by the measure. */
  top?: { count: number; least: boolean };
  /** How many strikes a group must have to be shown. */
  having?: { test: Comparison; value: number };
  /** Single strikes instead of groups of them. */
  single: boolean;
  share: boolean;
  /** One number against another. */
  versus: boolean;
}
