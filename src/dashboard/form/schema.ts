/** What the forms need to know of a JSON Schema: which kind of field takes a value, and a value to begin with. */
import { isObject, type JsonObject, type JsonValue } from '../../contract/json.js';

/** A schema, or what stands in its place: `true` takes everything. */
export type Schema = JsonObject;
export type FieldKind = 'text' | 'long-text' | 'number' | 'boolean' | 'choice' | 'constant' | 'list' | 'object' | 'json';

const MAX_DEPTH = 6;
/** Characters that a text may have to be taken by one line. */
const ONE_LINE = 200;

export function schemaOf(given: JsonValue | undefined): Schema {
  return isObject(given) ? given : {};
}

/** The schema itself, or what its `$ref` names within `root`. */
export function resolve(given: JsonValue | undefined, root: Schema): Schema {
  let schema = schemaOf(given);
  for (let hops = 0; typeof schema['$ref'] === 'string' && hops < MAX_DEPTH; hops++) {
    const { $ref, ...beside } = schema;
    const found = $ref === '#' ? root : $ref.startsWith('#/') ? $ref.slice(2).split('/').reduce<JsonValue | undefined>((at, part) => schemaOf(at)[unescaped(part)], root) : undefined;
    if (found === undefined) return {};
    schema = { ...schemaOf(found), ...beside };
  }
  return schema;
}

/** The one type of its values, `null` aside; undefined where there are several, or none is said. */
export function typeOf({ type, properties }: Schema): string | undefined {
  const types = [type].flat().filter((name) => name !== 'null' && name !== undefined);
  if (types.length > 1) return undefined;
  return typeof types[0] === 'string' ? types[0] : properties ? 'object' : undefined;
}

/** What an object has fields for; a member that has to be given and is not told of is of any kind. */
export function membersOf(schema: Schema): [string, JsonValue][] {
  const told = schemaOf(schema['properties']);
  const members = Object.entries(told).filter((entry): entry is [string, JsonValue] => entry[1] !== undefined);
  if (members.length === 0) return members;
  return [...members, ...requiredOf(schema).filter((name) => !Object.hasOwn(told, name)).map((name): [string, JsonValue] => [name, {}])];
}

export function requiredOf({ required }: Schema): readonly string[] {
  return Array.isArray(required) ? required.filter((name): name is string => typeof name === 'string') : [];
}

/** The field that takes a value of this schema best. What is not simple is typed as JSON. */
export function fieldOf(schema: Schema): FieldKind {
  if (schema['const'] !== undefined) return 'constant';
  if (Array.isArray(schema['enum']) && schema['enum'].length > 0) return 'choice';
  if (['oneOf', 'anyOf', 'allOf', 'not', 'if', '$ref'].some((word) => schema[word] !== undefined)) return 'json';
  switch (typeOf(schema)) {
    case 'boolean':
      return 'boolean';
    case 'integer':
    case 'number':
      return 'number';
    case 'string':
      return isLong(schema) ? 'long-text' : 'text';
    case 'array':
      return Array.isArray(schema['items']) || schema['prefixItems'] !== undefined || schema['items'] === undefined ? 'json' : 'list';
    case 'object':
      return membersOf(schema).length > 0 ? 'object' : 'json';
    default:
      return 'json';
  }
}

export interface Part {
  schema: Schema;
  field: FieldKind;
  /** The references that lead to what is in it. */
  above: readonly string[];
}

/** A part of a form, below the references `above` it: an object that holds itself has fields once, and is typed as JSON in there. */
export function partOf(given: JsonValue | undefined, root: Schema, above: readonly string[]): Part {
  const schema = resolve(given, root);
  const field = fieldOf(schema);
  const { $ref } = schemaOf(given);
  if (typeof $ref !== 'string') return { schema, field, above };
  return { schema, field: field === 'object' && above.includes($ref) ? 'json' : field, above: [...above, $ref] };
}

function isLong({ format, maxLength }: Schema): boolean {
  return format === 'textarea' || format === 'markdown' || (typeof format !== 'string' && typeof maxLength === 'number' && maxLength > ONE_LINE);
}

/** A value to begin with: defaults and first choices where the schema has them, else what is empty of its type. */
export function sampleOf(given: JsonValue | undefined, root: Schema = schemaOf(given), depth = 0): JsonValue {
  const schema = resolve(given, root);
  const suggested = [schema['default'], schema['const'], first(schema['examples']), first(schema['enum'])].find((value) => value !== undefined);
  if (suggested !== undefined) return suggested;
  const choice = first(schema['oneOf'] ?? schema['anyOf']);
  if (choice !== undefined && depth < MAX_DEPTH) return sampleOf(choice, root, depth + 1);
  switch (typeOf(schema)) {
    case 'string':
      return '';
    case 'integer':
    case 'number':
      return typeof schema['minimum'] === 'number' ? schema['minimum'] : 0;
    case 'boolean':
      return false;
    case 'array':
      return [];
    case 'object':
      return objectSample(schema, root, depth);
    default:
      return null;
  }
}

/** Of an object, what is required or has a default. */
function objectSample(schema: Schema, root: Schema, depth: number): JsonValue {
  const required = requiredOf(schema);
  const wanted = membersOf(schema).filter(([name, member]) => depth < MAX_DEPTH && (required.includes(name) || resolve(member, root)['default'] !== undefined));
  return Object.fromEntries(wanted.map(([name, member]) => [name, sampleOf(member, root, depth + 1)]));
}

function first(list: JsonValue | undefined): JsonValue | undefined {
  return Array.isArray(list) ? (list as readonly JsonValue[])[0] : undefined;
}

function unescaped(part: string): string {
  return part.replaceAll('~1', '/').replaceAll('~0', '~');
}

/** Whether an input has a text among its members that people would rather paste, or take from a file, than write as JSON. */
export function takesText(given: JsonValue | undefined): boolean {
  const schema = schemaOf(given);
  return typeOf(schema) === 'object' && fieldOf(schemaOf(schemaOf(schema['properties'])['text'])) === 'long-text';
}
