/** What the columns of an answer are, by what is in them: text, numbers or points in time. */
import { type AnswerColumn, type Cell, type ColumnType, type Row } from '../chart.types.js';

/** How texts of a time are written, and how Vega-Lite is told so: it would read a bare date as midnight in London. */
const TIMES: readonly (readonly [RegExp, string])[] = [
  [/^\d{4}-\d{2}-\d{2}$/, '%Y-%m-%d'],
  [/^\d{4}-\d{2}$/, '%Y-%m'],
  [/^(?:19|20)\d{2}$/, '%Y'],
];

export function describeColumns(names: readonly string[], rows: readonly Row[], labels: Readonly<Record<string, string>>): AnswerColumn[] {
  return names.map((name) => ({ name, label: Object.hasOwn(labels, name) ? (labels[name] as string) : labelOf(name), type: typeOf(name, rows) }));
}

/** The format of a column of times; nothing where it is none. */
export function timeFormatOf(name: string, rows: readonly Row[]): string | undefined {
  const cells = rows.map((row) => row[name] ?? null).filter((cell) => cell !== null);
  if (cells.length === 0) return undefined;
  return TIMES.find(([pattern, format]) => cells.every((cell) => isTime(cell, name, pattern, format)))?.[1];
}

function typeOf(name: string, rows: readonly Row[]): ColumnType {
  if (timeFormatOf(name, rows) !== undefined) return 'time';
  const cells = rows.map((row) => row[name] ?? null).filter((cell) => cell !== null);
  return cells.length > 0 && cells.every((cell) => typeof cell === 'number') ? 'number' : 'text';
}

/** 1998 is a number too: it is a year where the column is called so. */
function isTime(cell: Cell, name: string, pattern: RegExp, format: string): boolean {
  if (typeof cell === 'number') return format === '%Y' && /year/i.test(name) && pattern.test(String(cell));
  return pattern.test(String(cell));
}

/** `cost_total` as people write it. */
function labelOf(name: string): string {
  const words = name.replaceAll('_', ' ').trim();
  return words === '' ? name : words.charAt(0).toUpperCase() + words.slice(1);
}
