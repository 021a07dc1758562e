/** What a step or a workflow has put out: as text, as a tree of JSON, or, for the rows that a chart is of, as a table. */
import { type JsonObject, type JsonValue } from '../../contract/json.js';
import { count, pretty } from '../ui/format.js';
import { JsonView } from '../ui/json-view.js';

const SHOWN_ROWS = 200;
const SHOWN_COLUMNS = 20;

export function OutputValue({ value, label }: { value: JsonValue; label: string }) {
  if (typeof value === 'string') return <pre className="box" role="region" aria-label={label} tabIndex={0}>{value}</pre>;
  const rows = rowsOf(value);
  return (
    <>
      {rows && <Rows rows={rows} />}
      <JsonView value={value} label={label} />
    </>
  );
}

/** The rows among an output, such as those beside the specification of a chart: objects of simple values with the same members. */
function rowsOf(value: JsonValue): JsonObject[] | undefined {
  const list = Array.isArray(value) ? value : value !== null && typeof value === 'object' ? Object.values(value).find((member) => Array.isArray(member) && isTable(member)) : undefined;
  return Array.isArray(list) && isTable(list) ? (list as JsonObject[]) : undefined;
}

function isTable(list: readonly JsonValue[]): boolean {
  return list.length > 0 && list.every((row) => row !== null && typeof row === 'object' && !Array.isArray(row) && Object.values(row).every((cell) => cell === null || typeof cell !== 'object'));
}

function Rows({ rows }: { rows: readonly JsonObject[] }) {
  const columns = Object.keys(rows[0] ?? {}).slice(0, SHOWN_COLUMNS);
  return (
    <div className="table-box" role="region" aria-label="Rows" tabIndex={0}>
      <table>
        <thead><tr>{columns.map((name) => <th key={name} scope="col">{name}</th>)}</tr></thead>
        <tbody>{rows.slice(0, SHOWN_ROWS).map((row, i) => <tr key={i}>{columns.map((name) => <td key={name} className={typeof row[name] === 'number' ? 'number' : ''}>{pretty(row[name] ?? '')}</td>)}</tr>)}</tbody>
      </table>
      {rows.length > SHOWN_ROWS && <p className="hint">The first {SHOWN_ROWS} of {count(rows.length)} rows.</p>}
    </div>
  );
}
