/** What a bench should show, and whether it did. */
import { number } from './numbers.mjs';

export function goal(text, value, unit, met) {
  return { text, value, unit, met };
}

const oursOf = (rows) => rows.find((row) => row.ours);

export function atMost(rows, bound, unit, words = '') {
  const { value } = oursOf(rows);
  return goal(`≤ ${number(bound)} ${unit}${words}`, value, unit, value <= bound);
}

export function atLeast(rows, bound, unit) {
  const { value } = oursOf(rows);
  return goal(`≥ ${number(bound)} ${unit}`, value, unit, value >= bound);
}

/** Better than every other contestant whose name says so; lower is better. */
export function aheadOf(rows, words) {
  const { value } = oursOf(rows);
  const others = rows.filter((row) => !row.ours && row.value !== undefined && row.name.includes(words));
  const best = others.sort((a, b) => a.value - b.value)[0];
  return best && goal(`ahead of every peer's figure ${words}`, best.value / value, `times ahead of ${best.name}`, value < best.value);
}

/** At least so many times another contestant's figure; higher is better. */
export function shareOf(rows, name, share, when) {
  const other = rows.find((row) => row.name === name);
  if (other?.value === undefined) return undefined;
  const value = oursOf(rows).value / other.value;
  return goal(`≥ ${share} times ${name} (${when})`, value, 'times', value >= share);
}
