/**
 * Measures contestants side by side: a warm-up of each, then rounds in which each has its turn, every round beginning with
 * another one. What the machine does meanwhile, and how warm it is, so falls on all of them alike.
 */
import { median } from './stats.mjs';

/**
 * `measure(contestant, { warmup })` answers `{ value, ...details }`. Answers a row for each contestant: the median of its
 * runs with that run's details, or a `note` saying why there is no figure.
 */
export async function interleave(contestants, { runs, warmups = 1 }, measure) {
  const rows = contestants.map((contestant) => ({ contestant, samples: [], note: contestant.note }));
  const attempt = async (row, warmup) => {
    if (row.note) return;
    try {
      const sample = await measure(row.contestant, { warmup });
      if (!warmup) row.samples.push(sample);
    } catch (error) {
      if (row.contestant.ours) throw error;
      row.note = `failed: ${firstLine(error)}`;
      row.failed = true;
    }
  };
  for (const row of rows) for (let i = 0; i < warmups; i++) await attempt(row, true);
  for (let round = 0; round < runs; round++) {
    for (let i = 0; i < rows.length; i++) await attempt(rows[(i + round) % rows.length], false);
  }
  return rows.map(rowOf);
}

function rowOf({ contestant, samples, note, failed }) {
  const row = { name: contestant.name, ...(contestant.ours ? { ours: true } : {}), ...(contestant.floor ? { floor: true } : {}) };
  if (note) return { ...row, note, ...(failed ? { failed } : {}) };
  const values = samples.map(({ value }) => value);
  const value = median(values);
  const nearest = samples.reduce((best, sample) => (Math.abs(sample.value - value) < Math.abs(best.value - value) ? sample : best));
  return { ...row, ...nearest, value, runs: values };
}

export function firstLine(error) {
  return String(error?.message ?? error).split('\n').find((line) => line.trim() !== '') ?? 'unknown';
}
