/** What a step or a workflow has put out: as text, as a tree of JSON, or, for the rows that a chart is of, as a table. */
import { type JsonObject, type JsonValue } from '../../contract/json.js';
import { count, pretty } from '../ui/format.js';
import { JsonView } from '../ui/json-view.js';

const SHOWN_ROWS = 200;
const SHOWN_COLUMNS = 20;

export function OutputValue({ value, label }: { value: JsonValue; label: string }) {
  if (typeof value === 'string') return <pre className="box" role="region" aria-label={label} tabIndex={0}>{value}</pre>;
  const found = rowsOf(value);
  return (
    <>
      {found && <Rows {...found} />}
      <JsonView value={value} label={label} />
    </>
  );
}

/** The rows among an output, such as those beside the specification of a chart: objects of simple values with the same members. */
function rowsOf(value: JsonValue): RowsProps | undefined {
  const [name, list] = Array.isArray(value) ? [undefined, value] : (Object.entries(Object(value) as JsonObject).find(([, member]) => Array.isArray(member) && isTable(member)) ?? []);
  return Array.isArray(list) && isTable(list) ? { name, rows: list as JsonObject[] } : undefined;
}

interface RowsProps {
  /** Of the member that they are; none where they are all there is. */
  name: string | undefined;
  rows: readonly JsonObject[];
}

function isTable(list: readonly JsonValue[]): boolean {
  return list.length > 0 && list.every((row) => row !== null && typeof row === 'object' && !Array.isArray(row) && Object.values(row).every((cell) => cell === null || typeof cell !== 'object'));
}

function Rows({ name: caption, rows }: RowsProps) {
  const columns = Object.keys(rows[0] ?? {}).slice(0, SHOWN_COLUMNS);
  const classOf = (cell: JsonValue | undefined) => (typeof cell === 'number' ? 'number' : '');
  return (
    <div className="table-box" role="region" aria-label="Rows" tabIndex={0}>
      <table>
        {caption !== undefined && <caption>{caption}</caption>}
        <thead><tr>{columns.map((name) => <th key={name} scope="col" className={classOf(rows[0]?.[name])}>{name}</th>)}</tr></thead>
        <tbody>{rows.slice(0, SHOWN_ROWS).map((row, i) => <tr key={i}>{columns.map((name) => <td key={name} className={classOf(row[name])}>{pretty(row[name] ?? '')}</td>)}</tr>)}</tbody>
      </table>
      {rows.length > SHOWN_ROWS && <p className="hint">The first {SHOWN_ROWS} of {count(rows.length)} rows.</p>}
    </div>
  );
}
