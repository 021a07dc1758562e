/** Stretches of time in a question: years, months of a year, days. ISO dates, from the first up to and without the second. */

export interface Span {
  from: string;
  until: string;
}

const FIRST_YEAR = 1900;
const LAST_YEAR = 2099;

export function isYear(value: number): boolean {
  return Number.isInteger(value) && value >= FIRST_YEAR && value <= LAST_YEAR;
}

export function years(first: number, last = first): Span {
  return { from: `${first}-01-01`, until: `${last + 1}-01-01` };
}

/** @param month 1 to 12 */
export function monthOf(year: number, month: number): Span {
  return { from: iso(year, month, 1), until: month === 12 ? iso(year + 1, 1, 1) : iso(year, month + 1, 1) };
}

/** A date, or a month (`1998-07`); nothing for one that is not in the calendar. */
export function dateOf(text: string): Span | undefined {
  const [year = 0, month = 0, day] = text.split('-').map(Number);
  if (month < 1 || month > 12) return undefined;
  if (day === undefined) return monthOf(year, month);
  const date = new Date(Date.UTC(year, month - 1, day));
  if (date.getUTCDate() !== day) return undefined;
  return { from: text, until: dayAfter(text) };
}

export function dayAfter(date: string): string {
  return new Date(Date.parse(date) + 86_400_000).toISOString().slice(0, 10);
}

function dayBefore(date: string): string {
  return new Date(Date.parse(date) - 86_400_000).toISOString().slice(0, 10);
}

/** In words that `reader.ts` reads as the same: `in 1998`, `from 1995 to 1999`, `since 1998-07-04`. */
export function spanInWords({ from, until }: { from?: string; until?: string }): string {
  if (from === undefined) return `before ${shortly(until as string)}`;
  if (until === undefined) return `since ${shortly(from)}`;
  const last = dayBefore(until);
  if (from.endsWith('-01-01') && last.endsWith('-12-31')) return from.slice(0, 4) === last.slice(0, 4) ? `in ${from.slice(0, 4)}` : `from ${from.slice(0, 4)} to ${last.slice(0, 4)}`;
  const month = monthOf(Number(from.slice(0, 4)), Number(from.slice(5, 7)));
  if (month.from === from && month.until === until) return `in ${from.slice(0, 7)}`;
  return from === last ? `on ${from}` : `from ${from} to ${last}`;
}

function shortly(date: string): string {
  return date.endsWith('-01-01') ? date.slice(0, 4) : date;
}

function iso(year: number, month: number, day: number): string {
  return `${year}-${String(month).padStart(2, '0')}-${String(day).padStart(2, '0')}`;
}
