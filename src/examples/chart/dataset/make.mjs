/**
 * Makes birdstrikes.sqlite from the CSV of vega-datasets (see README.md): `node make.mjs path/to/birdstrikes.csv`.
 * The same CSV gives the same rows in the same order; what is in the file before is replaced.
 */
import { readFileSync, rmSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';

const [, , source] = process.argv;
if (source === undefined) throw new Error('usage: node make.mjs path/to/birdstrikes.csv');
const target = new URL('birdstrikes.sqlite', import.meta.url);

/** Column of the CSV, column of the table, type. */
const COLUMNS = [
  ['Flight Date', 'flight_date', 'TEXT'],
  ['Airport Name', 'airport', 'TEXT'],
  ['Origin State', 'state', 'TEXT'],
  ['Aircraft Airline Operator', 'airline', 'TEXT'],
  ['Aircraft Make Model', 'aircraft', 'TEXT'],
  ['Phase of flight', 'flight_phase', 'TEXT'],
  ['Time of day', 'time_of_day', 'TEXT'],
  ['Wildlife Species', 'species', 'TEXT'],
  ['Wildlife Size', 'wildlife_size', 'TEXT'],
  ['Effect Amount of damage', 'damage', 'TEXT'],
  ['Speed IAS in knots', 'speed_knots', 'INTEGER'],
  ['Cost Repair', 'cost_repair', 'INTEGER'],
  ['Cost Other', 'cost_other', 'INTEGER'],
  ['Cost Total $', 'cost_total', 'INTEGER'],
];
const OPTIONAL = new Set(['speed_knots']);

const [head, ...lines] = readFileSync(source, 'utf8').trimEnd().split(/\r?\n/).map(fields);
const rows = lines.map((line) => COLUMNS.map(([from, to, type]) => valueOf(line[head.indexOf(from)], to, type)));
const date = COLUMNS.findIndex(([, to]) => to === 'flight_date');
rows.sort((a, b) => (a[date] < b[date] ? -1 : a[date] > b[date] ? 1 : 0));

rmSync(target, { force: true });
const db = new DatabaseSync(target);
// No write-ahead log: the file is read only, and may lie where nothing can be written.
db.exec('PRAGMA journal_mode = DELETE; PRAGMA page_size = 4096');
// No indexes: 10,000 rows are read in a few milliseconds, and most questions group all of them.
const columns = COLUMNS.map(([, to, type]) => `  ${to} ${type}${OPTIONAL.has(to) ? '' : ' NOT NULL'}`);
db.exec(`CREATE TABLE birdstrikes (\n  id INTEGER PRIMARY KEY,\n${columns.join(',\n')}\n) STRICT`);
const insert = db.prepare(`INSERT INTO birdstrikes VALUES (${['id', ...COLUMNS].map(() => '?').join(', ')})`);
db.exec('BEGIN');
rows.forEach((row, i) => insert.run(i + 1, ...row));
db.exec('COMMIT');
db.exec('VACUUM');
db.close();
console.log(`${rows.length} rows`);

function valueOf(text, column, type) {
  if (text === undefined) throw new Error(`the CSV has no ${column}`);
  if (text === '' && OPTIONAL.has(column)) return null;
  if (type === 'INTEGER' ? !/^\d+$/.test(text) : text === '') throw new Error(`${JSON.stringify(text)} is no ${column}`);
  if (column === 'flight_date' && !/^\d{4}-\d{2}-\d{2}$/.test(text)) throw new Error(`${JSON.stringify(text)} is no date`);
  return type === 'INTEGER' ? Number(text) : text;
}

/** The fields of a line (RFC 4180). No field of this CSV has a line break. */
function fields(line) {
  return [...line.matchAll(/(?:^|,)(?:"((?:[^"]|"")*)"|([^,]*))/g)].map(([, quoted, plain]) => (quoted === undefined ? plain : quoted.replaceAll('""', '"')));
}
