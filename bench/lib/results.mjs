/** Results as they are kept: one file a bench, with every figure's ratio. */
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** Adds to every row how many times better Stepcast is; below 1 it is worse. */
export function withRatios(cases) {
  return cases.map((one) => {
    const ours = one.rows.find((row) => row.ours)?.value;
    const ratioOf = (value) => (one.better === 'lower' ? value / ours : ours / value);
    return { ...one, rows: one.rows.map((row) => (row.ours || row.value === undefined ? row : { ...row, ratio: ratioOf(row.value) })) };
  });
}

export function writeResult(folder, result) {
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, `${result.bench}.json`), `${JSON.stringify(result, rounded, 2)}\n`);
}

/** All results that are kept, by bench. */
export function readResults(folder) {
  const files = readdirSync(folder).filter((file) => file.endsWith('.json'));
  return new Map(files.map((file) => JSON.parse(readFileSync(join(folder, file), 'utf8'))).map((result) => [result.bench, result]));
}

/** Four significant digits are more than any of these figures has. */
function rounded(_key, value) {
  return typeof value === 'number' && !Number.isInteger(value) ? Number(value.toPrecision(4)) : value;
}
