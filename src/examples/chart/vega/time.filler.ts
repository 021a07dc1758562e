/** Stretches of time that have no row: where rows count or sum, there was nothing, and a line has to go down to 0. */
import { type Row, type TimeUnit } from '../chart.types.js';

const MAX_ROWS = 5000;

/**
 * The rows with one of 0 for each stretch that lies between the first and the last and has none, for each series.
 * @param keys Columns that tell series apart. @param numbers Columns that are 0 then.
 */
export function fillTime(rows: readonly Row[], { column, unit }: { column: string; unit: TimeUnit }, keys: readonly string[], numbers: readonly string[]): Row[] {
  const times = rows.map((row) => String(row[column])).toSorted();
  const all = stretches(times[0] ?? '', times.at(-1) ?? '', unit);
  const series = Map.groupBy(rows, (row) => JSON.stringify(keys.map((key) => row[key])));
  if (all.length * series.size > MAX_ROWS) return [...rows];
  return [...series.values()].flatMap((own) => {
    const known = new Map(own.map((row) => [String(row[column]), row]));
    const [first] = own as [Row];
    return all.map((time) => known.get(time) ?? { ...first, [column]: time, ...Object.fromEntries(numbers.map((name) => [name, 0])) });
  });
}

/** From the first to the last, written as they are. */
function stretches(first: string, last: string, unit: TimeUnit): string[] {
  const list: string[] = [];
  for (let time = first; time !== '' && time <= last && list.length <= MAX_ROWS; time = after(time, unit)) list.push(time);
  return list;
}

function after(time: string, unit: TimeUnit): string {
  const [year = 0, month = 1, day = 1] = time.split('-').map(Number);
  const next = new Date(0);
  next.setUTCFullYear(unit === 'year' ? year + 1 : year, month - 1 + (unit === 'month' ? 1 : unit === 'quarter' ? 3 : 0), unit === 'day' ? day + 1 : day);
  return next.toISOString().slice(0, time.length);
}
