/** A field for each part of a schema, with its label, what it says of itself, and what is wrong with it. */
import { type ReactNode, useId, useState } from 'react';
import { type Fault } from '../../contract/errors.js';
import { type JsonValue } from '../../contract/json.js';
import { plural, pretty } from '../ui/format.js';
import { type Draft, draftOf, escaped, isTicked, parseJson, Unfit } from './draft.js';
import { fieldOf, membersOf, type Part, partOf, requiredOf, resolve, sampleOf, type Schema, typeOf } from './schema.js';

export interface FieldProps {
  given: JsonValue | undefined;
  root: Schema;
  path: string;
  label: string;
  isRequired: boolean;
  value: Draft;
  onChange: (value: Draft) => void;
  faults: readonly Fault[];
  /** The references that lead to it. */
  within?: readonly string[];
}

const INPUT_TYPES: Readonly<Record<string, string>> = { date: 'date', email: 'email', uri: 'url', url: 'url', password: 'password' };
const SHOWN_CHOICES = 60;

export function Field(props: FieldProps) {
  const part = partOf(props.given, props.root, props.within ?? []);
  switch (part.field) {
    case 'object':
      return <ObjectField {...props} {...part} />;
    case 'list':
      return <ListField {...props} {...part} />;
    default:
      return <SimpleField {...props} {...part} />;
  }
}

type KnownProps = FieldProps & Part;

function ObjectField({ schema, above, root, path, label, value, onChange, faults, given, isRequired }: KnownProps) {
  const members = value !== null && typeof value === 'object' && !Array.isArray(value) && !(value instanceof Unfit) ? (value as { readonly [name: string]: Draft }) : {};
  const required = requiredOf(schema);
  const fields = membersOf(schema).map(([name, member]) => (
    <Field
      key={name} given={member} root={root} path={`${path}/${escaped(name)}`} label={titleOf(resolve(member, root), name)} isRequired={required.includes(name)} within={above}
      value={members[name]} onChange={(next) => onChange({ ...members, [name]: next })} faults={faults}
    />
  ));
  if (label === '') return <>{fields}</>;
  return (
    <fieldset className="group" aria-describedby={undefined}>
      <legend>{label}{isRequired && <Required />}</legend>
      <Description schema={resolve(given, root)} />
      <FaultsAt path={path} faults={faults} />
      {fields}
    </fieldset>
  );
}

function ListField({ schema, root, path, label, value, onChange, faults, isRequired }: KnownProps) {
  const items = Array.isArray(value) ? (value as readonly Draft[]) : [];
  const { minItems, maxItems } = schema;
  const change = (next: readonly Draft[]) => onChange(next.length === 0 && !isRequired ? undefined : next);
  return (
    <fieldset className="group">
      <legend>{label || 'Items'}{isRequired && <Required />}</legend>
      <Description schema={schema} />
      <FaultsAt path={path} faults={faults} />
      {items.map((item, i) => (
        <div className="item" key={i}>
          <Field given={schema['items']} root={root} path={`${path}/${i}`} label={`${i + 1}`} isRequired value={item} onChange={(next) => change(items.map((old, j) => (j === i ? next : old)))} faults={faults} />
          <button type="button" className="quiet small" aria-label={`Remove ${label} ${i + 1}`} disabled={typeof minItems === 'number' && items.length <= minItems} onClick={() => change(items.filter((_, j) => j !== i))}>Remove</button>
        </div>
      ))}
      <button type="button" className="quiet small" disabled={typeof maxItems === 'number' && items.length >= maxItems} onClick={() => change([...items, draftOf(schema['items'], root)])}>Add</button>
    </fieldset>
  );
}

function SimpleField(props: KnownProps) {
  const { schema, field, path, label, isRequired, faults } = props;
  const id = useId();
  const wrong = field === 'json' ? [...faultsAt(path, faults), ...faultsBelow(path, faults)] : faultsAt(path, faults);
  const described = [hintsOf(schema) === '' && schema['description'] === undefined ? undefined : `${id}-hint`, wrong.length ? `${id}-fault` : undefined].filter(Boolean).join(' ');
  const isBox = isChecked(schema, isRequired);
  // A box that is left empty says no: there is nothing that one would have to fill in.
  const isAsked = isRequired && !isBox;
  const shared = { id, 'aria-describedby': described || undefined, 'aria-invalid': wrong.length > 0 || undefined, 'aria-required': isAsked || undefined };
  return (
    <div className={isBox ? 'field checked' : 'field'} data-path={path}>
      <label htmlFor={id}>{label || 'Value'}{isAsked && <Required />}</label>
      <Control {...props} shared={shared} />
      <Description schema={schema} id={`${id}-hint`} />
      {wrong.length > 0 && <p id={`${id}-fault`} className="fault" role="alert">{wrong.map(({ message }) => message).join('; ')}</p>}
    </div>
  );
}

function Control({ schema, field, root, given, value, onChange, isRequired, shared }: KnownProps & { shared: { id: string } }): ReactNode {
  switch (field) {
    case 'constant':
      return <output {...shared}><code>{pretty(schema['const'])}</code></output>;
    case 'choice':
      return <Choice {...shared} values={schema['enum'] as readonly JsonValue[]} value={value} onChange={onChange} />;
    case 'boolean':
      return isChecked(schema, isRequired)
        ? <input {...shared} type="checkbox" checked={isTicked(value, schema)} onChange={(event) => onChange(event.target.checked)} />
        : <Choice {...shared} values={[true, false]} value={value} onChange={onChange} />;
    case 'number': {
      const isWhole = typeOf(schema) === 'integer';
      return (
        <input
          {...shared} type="number" inputMode={isWhole ? 'numeric' : 'decimal'} step={numberOf(schema['multipleOf']) ?? (isWhole ? 1 : 'any')} min={numberOf(schema['minimum'])} max={numberOf(schema['maximum'])}
          value={value instanceof Unfit ? value.text : typeof value === 'number' ? value : ''}
          onChange={({ target }) => onChange(target.validity.badInput ? new Unfit(target.value, 'must be a number') : target.value === '' ? undefined : Number(target.value))}
        />
      );
    }
    case 'text':
      return <Line {...shared} schema={schema} value={value} onChange={onChange} />;
    case 'long-text':
      return <LongText {...shared} value={value} onChange={onChange} />;
    default:
      return <JsonText {...shared} given={given} root={root} value={value} onChange={onChange} />;
  }
}

/** Whether a box to check says all: not where there is a third way, to leave it out. */
function isChecked(schema: Schema, isRequired: boolean): boolean {
  return fieldOf(schema) === 'boolean' && (isRequired || schema['default'] !== undefined);
}

interface ControlProps {
  id: string;
  value: Draft;
  onChange: (value: Draft) => void;
}

function Line({ schema, value, onChange, ...shared }: ControlProps & { schema: Schema }) {
  const examples = (Array.isArray(schema['examples']) ? schema['examples'] : []).filter((example): example is string => typeof example === 'string').slice(0, SHOWN_CHOICES);
  const { format } = schema;
  return (
    <>
      <input
        {...shared} type={(typeof format === 'string' ? INPUT_TYPES[format] : undefined) ?? 'text'} value={typeof value === 'string' ? value : ''} autoComplete="off"
        list={examples.length ? `${shared.id}-list` : undefined} placeholder={examples[0]} onChange={(event) => onChange(event.target.value === '' ? undefined : event.target.value)}
      />
      {examples.length > 0 && <datalist id={`${shared.id}-list`}>{examples.map((example) => <option key={example} value={example} />)}</datalist>}
    </>
  );
}

function LongText({ value, onChange, ...shared }: ControlProps) {
  return (
    <>
      <textarea {...shared} rows={7} value={typeof value === 'string' ? value : ''} onChange={(event) => onChange(event.target.value === '' ? undefined : event.target.value)} />
      <label className="from-file hint">or take it from a file <input type="file" accept="text/*,.txt,.md" onChange={({ target }) => void target.files?.[0]?.text().then(onChange)} /></label>
    </>
  );
}

function Choice({ values, value, onChange, ...shared }: ControlProps & { values: readonly JsonValue[] }) {
  const at = values.findIndex((choice) => JSON.stringify(choice) === JSON.stringify(value));
  return (
    <select {...shared} value={at} onChange={({ target }) => onChange(values[Number(target.value)])}>
      <option value={-1}>—</option>
      {values.map((choice, i) => <option key={i} value={i}>{choice === true ? 'Yes' : choice === false ? 'No' : pretty(choice)}</option>)}
    </select>
  );
}

function JsonText({ given, root, value, onChange, ...shared }: ControlProps & { given: JsonValue | undefined; root: Schema }) {
  const [text, setText] = useState(() => (value === undefined ? '' : value instanceof Unfit ? value.text : JSON.stringify(value, null, 2)));
  return (
    <textarea
      {...shared} className="code" rows={4} spellCheck={false} value={text} placeholder={JSON.stringify(sampleOf(given, root))} onChange={(event) => {
        setText(event.target.value);
        onChange(event.target.value.trim() === '' ? undefined : parseJson(event.target.value));
      }}
    />
  );
}

function Required() {
  return <span className="required" title="required"> *</span>;
}

function Description({ schema, id }: { schema: Schema; id?: string }) {
  const { description } = schema;
  const hints = hintsOf(schema);
  const text = typeof description !== 'string' || description === '' ? `${hints.slice(0, 1).toUpperCase()}${hints.slice(1)}` : hints === '' ? description : `${description} (${hints})`;
  return text === '' ? null : <p className="hint" {...(id ? { id } : {})}>{text}</p>;
}

function FaultsAt({ path, faults }: { path: string; faults: readonly Fault[] }) {
  const wrong = faultsAt(path, faults);
  return wrong.length === 0 ? null : <p className="fault" role="alert">{wrong.map(({ message }) => message).join('; ')}</p>;
}

function faultsAt(path: string, faults: readonly Fault[]): Fault[] {
  return faults.filter((fault) => fault.path === path);
}

/** Of what is typed as JSON, each with its place in there. */
function faultsBelow(path: string, faults: readonly Fault[]): Fault[] {
  return faults.filter((fault) => fault.path.startsWith(`${path}/`)).map((fault) => ({ ...fault, message: `${fault.path.slice(path.length)} ${fault.message}` }));
}

function titleOf({ title }: Schema, name: string): string {
  return typeof title === 'string' ? title : name;
}

/** What bounds a value, in words. */
function hintsOf({ minimum, maximum, minLength, maxLength, minItems, maxItems, format }: Schema): string {
  const range = (low: JsonValue | undefined, high: JsonValue | undefined, unit: (value: number) => string) =>
    typeof low === 'number' && typeof high === 'number' ? `${low} to ${unit(high)}` : typeof low === 'number' && low > 0 ? `at least ${unit(low)}` : typeof high === 'number' ? `at most ${unit(high)}` : '';
  const hints = [
    range(minimum, maximum, String), range(minLength === 1 ? undefined : minLength, maxLength, (value) => plural(value, 'character')), range(minItems, maxItems, (value) => plural(value, 'item')),
    typeof format === 'string' && !Object.hasOwn(INPUT_TYPES, format) && format !== 'textarea' ? `Format: ${format}` : '',
  ].filter(Boolean);
  return hints.join('; ');
}

function numberOf(value: JsonValue | undefined): number | undefined {
  return typeof value === 'number' ? value : undefined;
}
