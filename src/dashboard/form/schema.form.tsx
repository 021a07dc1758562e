/** A form made from a JSON Schema, which can be typed as JSON instead at any time. */
import { useId, useState } from 'react';
import { type Fault } from '../../contract/errors.js';
import { type JsonValue } from '../../contract/json.js';
import { type Draft, finish, type Finished, parseJson, Unfit } from './draft.js';
import { Field } from './field.js';
import { fieldOf, resolve, schemaOf } from './schema.js';

/** The form's state, for whoever sends it. */
export interface FormState {
  draft: Draft;
  /** What is typed, while JSON is. */
  text: string | undefined;
}

export function beginForm(schema: JsonValue | undefined, draft: Draft): FormState {
  return { draft, text: isFormable(schema) ? undefined : asText(draft) };
}

/** What is to be sent; nothing at all where nothing is given and nothing asked for. */
export function finishForm({ draft, text }: FormState, schema: JsonValue | undefined): Finished {
  const root = schemaOf(schema);
  if (text === undefined) return finish(draft, schema, root);
  if (text.trim() === '') return { value: undefined, faults: [] };
  const value = parseJson(text);
  return value instanceof Unfit ? { value: undefined, faults: [{ path: '', message: value.message }] } : { value, faults: [] };
}

export function SchemaForm({ schema, state, onChange, faults, label }: { schema: JsonValue | undefined; state: FormState; onChange: (state: FormState) => void; faults: readonly Fault[]; label: string }) {
  const id = useId();
  const root = schemaOf(schema);
  const { draft, text } = state;
  const isJson = text !== undefined;
  const [wrong, setWrong] = useState<string>();
  const toggle = () => {
    if (!isJson) return onChange({ draft, text: asText(finish(draft, schema, root).value) });
    const parsed = text.trim() === '' ? undefined : parseJson(text);
    if (parsed instanceof Unfit) return setWrong(parsed.message);
    setWrong(undefined);
    onChange({ draft: parsed, text: undefined });
  };
  const own = faults.filter(({ path }) => path === '').map(({ message }) => message);
  const fault = [wrong, ...own].filter(Boolean).join('; ');
  return (
    <div className="schema-form">
      <div className="row">
        <span className="form-label" id={`${id}-label`}>{label}</span>
        {isFormable(schema) && <button type="button" className="quiet small push" aria-pressed={isJson} onClick={toggle}>{isJson ? 'As a form' : 'As JSON'}</button>}
      </div>
      {isJson
        ? (
          <>
            <textarea className="code" rows={6} spellCheck={false} aria-labelledby={`${id}-label`} aria-invalid={fault !== '' || faults.length > 0 || undefined} aria-describedby={fault === '' ? undefined : `${id}-fault`} value={text} onChange={(event) => onChange({ draft, text: event.target.value })} />
            {faults.filter(({ path }) => path !== '').map(({ path, message }) => <p key={path + message} className="fault"><code>{path}</code> {message}</p>)}
          </>
        )
        : <Field given={schema} root={root} path="" label="" isRequired value={draft} onChange={(next) => onChange({ draft: next, text: undefined })} faults={faults} />}
      {fault !== '' && (isJson || fieldOf(resolve(schema, root)) === 'object') && <p id={`${id}-fault`} className="fault" role="alert">{fault}</p>}
    </div>
  );
}

/** Whether there is more to show than one box for JSON. */
function isFormable(schema: JsonValue | undefined): boolean {
  const root = schemaOf(schema);
  return fieldOf(resolve(schema, root)) !== 'json';
}

function asText(draft: Draft): string {
  return draft === undefined ? '' : draft instanceof Unfit ? draft.text : JSON.stringify(draft, null, 2);
}
