/** What a question about the data set becomes. All of it is JSON. */
import { type JsonObject } from '../../contract/json.js';

export interface ChartInput {
  question: string;
  /** `provider/model` that plans and writes the SQL; default the one that is configured, and without one the grammar. */
  model?: string;
}

/** What can stand in a row. */
export type Cell = string | number | null;
export type Row = Record<string, Cell>;

export type ColumnType = 'text' | 'number' | 'time';
export interface AnswerColumn {
  /** As in the rows. */
  name: string;
  /** For people; with the unit, where there is one. */
  label: string;
  type: ColumnType;
}

export interface ChartAnswer {
  question: string;
  /** The statement that was run. */
  sql: string;
  columns: AnswerColumn[];
  rows: Row[];
  /** Whether there are more rows than were read. */
  truncated: boolean;
  /** Vega-Lite 6, whole: its data are in it. */
  spec: JsonObject;
  /** How the question was understood, and what to mind. */
  explanation: string;
  /** `grammar`, or the model that wrote the SQL. */
  writtenBy: string;
}

export const CHART_FORMS = ['bar', 'line', 'arc', 'scatter', 'heatmap'] as const;
export type ChartForm = (typeof CHART_FORMS)[number];

/** SQL, and what its columns mean: what the grammar and a model both answer. */
export interface QueryPlan {
  sql: string;
  title: string;
  explanation: string;
  /** The form that the question asks for; drawn where the data allow it. */
  form?: ChartForm;
  /** Labels of columns, where the planner knows better than their names. */
  labels: Record<string, string>;
  /** Columns of categories that have an order of their own, and that order. */
  orders: Record<string, readonly string[]>;
  /** Columns of numbers that stand for a step from there on, and how wide it is. */
  steps: Record<string, number>;
  /** Set where the rows count or sum something per stretch of time: what is not there is then 0. */
  fill?: { column: string; unit: TimeUnit };
}

export type TimeUnit = 'day' | 'month' | 'quarter' | 'year';
