/** The rows among an output, such as those that a chart is of, as a table takes them. */
import { isObject, type JsonValue } from '../../contract/json.js';

export interface RowColumn {
  /** Of the member of each row. */
  name: string;
  label: string;
}

export interface Rows {
  /** Of the member that they are; none where they are all there is. */
  name: string | undefined;
  columns: readonly RowColumn[];
  /** Of each row, by column; undefined where a row has none. */
  cells: readonly (readonly (JsonValue | undefined)[])[];
}

/** Its `rows`, with what its `columns` say of them; else the first list of objects of simple values. */
export function rowsOf(value: JsonValue): Rows | undefined {
  if (Array.isArray(value)) return isSimple(value) ? tableOf(undefined, value, undefined) : undefined;
  if (!isObject(value)) return undefined;
  const { rows, columns } = value;
  const table = Array.isArray(rows) ? tableOf('rows', rows, columns) : undefined;
  if (table) return table;
  const [name, list] = Object.entries(value).find((entry): entry is [string, JsonValue[]] => Array.isArray(entry[1]) && isSimple(entry[1])) ?? [];
  return list && tableOf(name, list, undefined);
}

function tableOf(name: string | undefined, rows: readonly JsonValue[], columns: JsonValue | undefined): Rows | undefined {
  const given = Array.isArray(columns) ? columns.map(columnOf) : [];
  if (rows.every((row) => isObject(row))) {
    const inRows = [...new Set(rows.flatMap((row) => Object.keys(row)))];
    const known = given.filter((column) => rows.length === 0 || inRows.includes(column.name));
    const shown = known.length > 0 ? known : inRows.map((own) => ({ name: own, label: own }));
    const cells = rows.map((row) => shown.map((column) => (Object.hasOwn(row, column.name) ? row[column.name] : undefined)));
    return shown.length > 0 ? { name, columns: shown, cells } : undefined;
  }
  if (given.length === 0 || !rows.every((row) => Array.isArray(row))) return undefined;
  return { name, columns: given, cells: rows.map((row) => given.map((_, i) => row[i])) };
}

/** A column is told by its name, or by an object that has one, and a label for people. */
function columnOf(column: JsonValue, i: number): RowColumn {
  const { name: own, label } = isObject(column) ? column : { name: column, label: undefined };
  const name = typeof own === 'string' ? own : String(i);
  return { name, label: typeof label === 'string' ? label : name };
}

function isSimple(list: readonly JsonValue[]): boolean {
  return list.length > 0 && list.every((row) => isObject(row) && Object.values(row).every((cell) => cell === null || typeof cell !== 'object'));
}
