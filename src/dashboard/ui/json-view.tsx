/** A value of JSON, to be opened level by level. Only text nodes: whatever a step has put out stays text. */
import { useState } from 'react';
import { type JsonValue } from '../../contract/json.js';
import { CopyButton } from './parts.js';
import { count, cut, pretty } from './format.js';

const SHOWN_TEXT = 20_000;
/** Members that are shown at once. */
const STEP = 100;
/** Levels that are open at first. */
const OPEN_LEVELS = 2;

/** @param closed The member that is closed at first, as it is shown elsewhere. */
export function JsonView({ value, label, closed }: { value: JsonValue; label: string; closed?: string | undefined }) {
  return (
    <div className="json" role="region" aria-label={label} tabIndex={0}>
      <div className="json-tools"><CopyButton text={() => pretty(value)} label="Copy JSON" /></div>
      <Value value={value} level={0} isClosed={false} closed={closed} />
    </div>
  );
}

interface ValueProps {
  value: JsonValue;
  name?: string;
  level: number;
  isClosed: boolean;
  closed?: string | undefined;
}

function Value({ value, name, level, isClosed, closed }: ValueProps) {
  if (value !== null && typeof value === 'object') return <Members value={value} name={name} level={level} isClosed={isClosed} closed={closed} />;
  return (
    <div className="json-line">
      {name !== undefined && <span className="json-key">{name}: </span>}
      <span className={`json-${value === null ? 'null' : typeof value}`}>{typeof value === 'string' ? cut(level === 0 ? value : JSON.stringify(value), SHOWN_TEXT) : String(value)}</span>
    </div>
  );
}

interface MembersProps extends Pick<ValueProps, 'level' | 'isClosed' | 'closed'> {
  value: readonly JsonValue[] | { readonly [key: string]: JsonValue };
  name: string | undefined;
}

function Members({ value, name, level, isClosed, closed }: MembersProps) {
  const [shown, setShown] = useState(STEP);
  const [open, setOpen] = useState(!isClosed);
  const isList = Array.isArray(value);
  const entries: [string, JsonValue][] = Object.entries(value);
  const summary = isList ? `[${count(entries.length)}]` : `{${count(entries.length)}}`;
  if (entries.length === 0) return <div className="json-line">{name !== undefined && <span className="json-key">{name}: </span>}<span className="json-null">{isList ? '[]' : '{}'}</span></div>;
  return (
    <details open={open} onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary>{name !== undefined && <span className="json-key">{name} </span>}<span className="json-null">{summary}</span></summary>
      {open && (
        <div className="json-members">
          {entries.slice(0, shown).map(([key, member]) => <Value key={key} value={member} name={key} level={level + 1} isClosed={level + 1 >= OPEN_LEVELS || key === closed} />)}
          {entries.length > shown && <button type="button" className="quiet small" onClick={() => setShown(shown + STEP)}>{count(entries.length - shown)} more</button>}
        </div>
      )}
    </details>
  );
}
