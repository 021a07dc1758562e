/**
 * What a form holds while it is filled in: JSON, but for what is not given yet and what was typed and is no value. Brought to
 * JSON only when it is sent, with a fault for each place that cannot be.
 */
import { type Fault } from '../../contract/errors.js';
import { type JsonValue } from '../../contract/json.js';
import { fieldOf, membersOf, partOf, requiredOf, resolve, type Schema, schemaOf } from './schema.js';

/** Typed, and not what its field takes. */
export class Unfit {
  constructor(readonly text: string, readonly message: string) {}
}

export type Draft = undefined | null | boolean | number | string | Unfit | readonly Draft[] | { readonly [name: string]: Draft };

export interface Finished {
  /** Undefined where nothing was given. */
  value: JsonValue | undefined;
  faults: Fault[];
}

/** A form to begin with: what has a default or only one value, and the members of objects. */
export function draftOf(given: JsonValue | undefined, root: Schema = schemaOf(given), within: readonly string[] = []): Draft {
  const { schema, field, above } = partOf(given, root, within);
  if (schema['default'] !== undefined) return schema['default'];
  if (schema['const'] !== undefined) return schema['const'];
  if (field !== 'object') return undefined;
  return Object.fromEntries(membersOf(schema).map(([name, member]) => [name, draftOf(member, root, above)]));
}

/** @param path JSON Pointer of the draft, for the faults. */
export function finish(draft: Draft, given: JsonValue | undefined, root: Schema, path = '', isRequired = true): Finished {
  const schema = resolve(given, root);
  if (draft instanceof Unfit) return { value: undefined, faults: [{ path, message: draft.message }] };
  if (draft === undefined && isRequired && fieldOf(schema) === 'boolean') return { value: isTicked(draft, schema), faults: [] };
  if (draft === undefined && isRequired && fieldOf(schema) === 'list' && !schema['minItems']) return { value: [], faults: [] };
  if (draft === undefined) return { value: undefined, faults: isRequired ? [{ path, message: 'is missing' }] : [] };
  if (Array.isArray(draft)) {
    const parts = (draft as readonly Draft[]).map((item, i) => finish(item, schema['items'], root, `${path}/${i}`));
    return { value: parts.map(({ value }) => value ?? null), faults: parts.flatMap(({ faults }) => faults) };
  }
  if (draft === null || typeof draft !== 'object') return { value: draft, faults: [] };
  return finishObject(draft as { readonly [name: string]: Draft }, schema, root, path, isRequired);
}

function finishObject(draft: { readonly [name: string]: Draft }, schema: Schema, root: Schema, path: string, isRequired: boolean): Finished {
  // An object of which nothing was filled in is not given, where it need not be.
  if (!isRequired && isBlank(draft, schema, root)) return { value: undefined, faults: [] };
  const members = schemaOf(schema['properties']);
  const required = requiredOf(schema);
  const value: Record<string, JsonValue> = {};
  const faults: Fault[] = [];
  for (const name of new Set([...Object.keys(draft), ...required])) {
    const part = finish(draft[name], members[name], root, `${path}/${escaped(name)}`, required.includes(name));
    faults.push(...part.faults);
    if (part.value !== undefined) value[name] = part.value;
  }
  return { value, faults };
}

/** Whether nothing was filled in, all the way down in what has fields of its own. */
function isBlank(draft: Draft, given: JsonValue | undefined, root: Schema): boolean {
  if (draft === undefined) return true;
  const schema = resolve(given, root);
  if (draft === null || typeof draft !== 'object' || Array.isArray(draft) || draft instanceof Unfit || fieldOf(schema) !== 'object') return false;
  const members = schemaOf(schema['properties']);
  return Object.entries(draft as { readonly [name: string]: Draft }).every(([name, member]) => isBlank(member, members[name], root));
}

/** Whether the box of a boolean is ticked: one that nobody has touched is so by its default alone, and says no without one. */
export function isTicked(draft: Draft, schema: Schema): boolean {
  return (draft ?? schema['default']) === true;
}

export function escaped(name: string): string {
  return name.replaceAll('~', '~0').replaceAll('/', '~1');
}

/** What is typed as JSON. */
export function parseJson(text: string): JsonValue | Unfit {
  try {
    return JSON.parse(text) as JsonValue;
  } catch (error) {
    return new Unfit(text, `is no valid JSON: ${(error as Error).message}`);
  }
}
