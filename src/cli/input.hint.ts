/** What a workflow, or a step that waits, wants to be given: told from its JSON Schema. */
import { type JsonValue } from '../contract/json.js';
import { cut } from '../contract/text.js';
import { safeLine } from './terminal.text.js';

interface Schema {
  type?: string | string[];
  const?: JsonValue;
  default?: JsonValue;
  enum?: JsonValue[];
  examples?: JsonValue[];
  anyOf?: unknown[];
  oneOf?: unknown[];
  properties?: Record<string, unknown>;
  required?: string[];
  items?: unknown;
  minimum?: number;
  minLength?: number;
  description?: string;
}

/** A schema may nest without an end. */
const MAX_DEPTH = 6;
const MAX_DESCRIPTION = 100;

/** A line for each field of an object, and one that shows all that is required as it is given. */
export function inputHints(workflow: string, inputSchema: unknown): string[] {
  const { properties = {}, required = [] } = schemaOf(inputSchema);
  const fields = Object.entries(properties).map(([name, field]) => {
    const { description = '' } = schemaOf(field);
    const about = safeLine(description);
    return `  ${safeLine(name)}: ${typeOf(field)}${required.includes(name) ? ', required' : ''}${about === '' ? '' : `. ${cut(about, MAX_DESCRIPTION)}`}`;
  });
  const example = JSON.stringify(exampleOf(inputSchema)).replaceAll("'", `'\\''`);
  return [`${safeLine(workflow)} takes an input like: --input '${example}'`, ...fields];
}

/** A value that the schema lets pass, or nearly so: what is required, by its own example where it has one. */
export function exampleOf(schema: unknown, depth = 0): JsonValue {
  const { const: only, default: usual, enum: choices, examples, anyOf, oneOf, properties = {}, required, items, minimum } = schemaOf(schema);
  const given = [only, examples?.[0], usual, choices?.[0]].find((value) => value !== undefined);
  if (given !== undefined) return given;
  const [either] = anyOf ?? oneOf ?? [];
  if (either !== undefined && depth < MAX_DEPTH) return exampleOf(either, depth + 1);
  const type = typeOf(schema);
  if (type.startsWith('object') && depth < MAX_DEPTH) {
    // Where all may be left out, the first shows how it is done.
    const names = required?.length ? required : Object.keys(properties).slice(0, 1);
    return Object.fromEntries(names.map((name) => [name, exampleOf(properties[name], depth + 1)]));
  }
  if (type.startsWith('array') && depth < MAX_DEPTH) return [exampleOf(items, depth + 1)];
  if (/^(integer|number)/.test(type)) return minimum ?? 1;
  if (type.startsWith('boolean')) return true;
  return type === 'null' ? null : '…';
}

function typeOf(schema: unknown): string {
  const { type, enum: choices, properties } = schemaOf(schema);
  if (choices) return choices.map((choice) => safeLine(JSON.stringify(choice))).join(' | ');
  return safeLine([type ?? (properties ? 'object' : 'any')].flat().join(' or '));
}

function schemaOf(schema: unknown): Schema {
  return Object(schema) as Schema;
}
