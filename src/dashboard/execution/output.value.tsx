/** What a step or a workflow has put out: as text, as a tree of JSON, or, for the rows that a chart is of, as a table. */
import { useMemo } from 'react';
import { type JsonValue } from '../../contract/json.js';
import { count, pretty } from '../ui/format.js';
import { JsonView } from '../ui/json-view.js';
import { type Rows, rowsOf } from './rows.js';

const SHOWN_ROWS = 200;
const SHOWN_COLUMNS = 20;

export function OutputValue({ value, label }: { value: JsonValue; label: string }) {
  const found = useMemo(() => rowsOf(value), [value]);
  if (typeof value === 'string') return <pre className="box" role="region" aria-label={label} tabIndex={0}>{value}</pre>;
  return (
    <>
      {found && <RowsTable {...found} />}
      <JsonView value={value} label={label} closed={found?.name} />
    </>
  );
}

function RowsTable({ name, columns: all, cells: rows }: Rows) {
  const columns = all.slice(0, SHOWN_COLUMNS).map(({ label }, i) => ({ label, isNumber: typeof rows.find((row) => (row[i] ?? null) !== null)?.[i] === 'number' }));
  return (
    <div className="table-box" role="region" aria-label="Rows" tabIndex={0}>
      <table>
        {name !== undefined && <caption>{name}</caption>}
        <thead><tr>{columns.map(({ label, isNumber }, i) => <th key={i} scope="col" className={isNumber ? 'number' : ''}>{label}</th>)}</tr></thead>
        <tbody>{rows.slice(0, SHOWN_ROWS).map((row, i) => <tr key={i}>{columns.map((_, j) => <td key={j} className={typeof row[j] === 'number' ? 'number' : ''}>{pretty(row[j] ?? '')}</td>)}</tr>)}</tbody>
      </table>
      {rows.length === 0 && <p className="hint">No rows.</p>}
      {rows.length > SHOWN_ROWS && <p className="hint">The first {SHOWN_ROWS} of {count(rows.length)} rows.</p>}
      {all.length > SHOWN_COLUMNS && <p className="hint">The first {SHOWN_COLUMNS} of {count(all.length)} columns.</p>}
    </div>
  );
}
