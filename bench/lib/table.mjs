/** The one table that a run prints. */
import { number, ratio } from './numbers.mjs';

const HEADINGS = ['bench', 'case', 'contestant', 'figure', 'unit', 'Stepcast is'];
const RIGHT = new Set([3, 5]);

export function printTable(results) {
  const rows = results.flatMap(({ bench, cases }) => cases.flatMap((one) => one.rows.map((row) => cellsOf(bench, one, row))));
  const widths = HEADINGS.map((heading, i) => Math.max(heading.length, ...rows.map((cells) => cells[i].length)));
  const line = (cells) => cells.map((cell, i) => (RIGHT.has(i) ? cell.padStart(widths[i]) : cell.padEnd(widths[i]))).join('  ').trimEnd();
  console.log(`\n${line(HEADINGS)}\n${widths.map((width) => '-'.repeat(width)).join('  ')}`);
  let before = [];
  for (const cells of rows) {
    // What is as in the row above is left out.
    const same = cells.slice(0, 2).map((cell, i) => cells.slice(0, i + 1).every((value, j) => value === before[j]));
    console.log(line(cells.map((cell, i) => (same[i] ? '' : cell))));
    before = cells;
  }
  console.log('\nStepcast is so many times better than the row says; below 1 it is worse. Floors do none of the work: they show what is left to gain.\n');
}

export function printGoals(results) {
  for (const { bench, goals } of results) for (const { text, value, unit, met } of goals) console.log(`${met ? 'met    ' : 'NOT MET'}  ${bench}: ${text}: ${number(value)} ${unit}`);
}

function cellsOf(bench, one, row) {
  const name = row.floor ? `${row.name} (floor)` : row.name;
  if (row.note) return [bench, one.name, name, '–', row.note, ''];
  return [bench, one.name, name, number(row.value), one.unit, ratio(row.ratio)];
}
