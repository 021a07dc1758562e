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

export function JsonView({ value, label }: { value: JsonValue; label: string }) {
  return (
    <div className="json" role="region" aria-label={label} tabIndex={0}>
      <div className="json-tools"><CopyButton text={() => pretty(value)} label="Copy JSON" /></div>
      <Value value={value} level={0} />
    </div>
  );
}

function Value({ value, name, level }: { value: JsonValue; name?: string; level: number }) {
  if (value !== null && typeof value === 'object') return <Members value={value} name={name} level={level} />;
  return (
    <div className="json-line">
      {name !== undefined && <span className="json-key">{name}: </span>}
      <span className={`json-${value === null ? 'null' : typeof value}`}>{typeof value === 'string' ? cut(level === 0 ? value : JSON.stringify(value), SHOWN_TEXT) : String(value)}</span>
    </div>
  );
}

function Members({ value, name, level }: { value: readonly JsonValue[] | { readonly [key: string]: JsonValue }; name: string | undefined; level: number }) {
  const [shown, setShown] = useState(STEP);
  const [open, setOpen] = useState(level < OPEN_LEVELS);
  const isList = Array.isArray(value);
  const entries: [string, JsonValue][] = Object.entries(value);
  const summary = isList ? `[${count(entries.length)}]` : `{${count(entries.length)}}`;
  if (entries.length === 0) return <div className="json-line">{name !== undefined && <span className="json-key">{name}: </span>}<span className="json-null">{isList ? '[]' : '{}'}</span></div>;
  return (
    <details open={open} onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary>{name !== undefined && <span className="json-key">{name} </span>}<span className="json-null">{summary}</span></summary>
      {open && (
        <div className="json-members">
          {entries.slice(0, shown).map(([key, member]) => <Value key={key} value={member} name={key} level={level + 1} />)}
          {entries.length > shown && <button type="button" className="quiet small" onClick={() => setShown(shown + STEP)}>{count(entries.length - shown)} more</button>}
        </div>
      )}
    </details>
  );
}
