/**
 * Schemas of the OpenAPI document, written by hand next to the TypeScript types they describe. `closed` binds them to
 * those types: a field that is added, removed or made optional in the type and not here does not compile. What a type
 * cannot tell (bounds, formats, the values themselves) is held by test/openapi.spec.ts, against real answers.
 */
import { type JsonObject, type JsonValue } from '../../contract/json.js';

/** JSON Schema 2020-12, which is what OpenAPI has used since 3.1. */
export type Schema = JsonObject;

/** A field that may be left out. */
class Optional {
  constructor(readonly schema: Schema) {}
}

type Properties<T> = { [K in keyof T]-?: object extends Pick<T, K> ? Optional : Schema };

export function optional(schema: Schema): Optional {
  return new Optional(schema);
}

/** An object with the fields of `T` and no others. */
export function closed<T extends object>(description: string, properties: Properties<T>): Schema {
  const fields = Object.entries<Schema | Optional>(properties);
  const required = fields.filter(([, field]) => !(field instanceof Optional)).map(([name]) => name);
  return {
    type: 'object',
    description,
    additionalProperties: false,
    ...(required.length ? { required } : {}),
    properties: Object.fromEntries(fields.map(([name, field]) => [name, field instanceof Optional ? field.schema : field])),
  };
}

/** The values of a union of strings; all of them, or it does not compile. */
export function oneOfNames<T extends string>(description: string, names: Record<T, true>): Schema {
  return { type: 'string', description, enum: Object.keys(names) };
}

export function ref(name: string, description?: string): Schema {
  return { $ref: `#/components/schemas/${name}`, ...(description === undefined ? {} : { description }) };
}

export function nullable(schema: Schema, description?: string): Schema {
  const either: JsonValue = typeof schema['type'] === 'string' ? { ...schema, type: [schema['type'], 'null'] } : { anyOf: [schema, { type: 'null' }] };
  return description === undefined ? either : { ...either, description };
}

export function array(items: Schema, description?: string): Schema {
  return { type: 'array', items, ...(description === undefined ? {} : { description }) };
}

export function text(description: string, more: Schema = {}): Schema {
  return { type: 'string', description, ...more };
}

/** A whole number, 0 or more. */
export function count(description: string, more: Schema = {}): Schema {
  return { type: 'integer', minimum: 0, description, ...more };
}

/** ISO 8601, UTC, milliseconds. */
export function time(description: string): Schema {
  return { type: 'string', format: 'date-time', description };
}

/** 0..1 */
export function fraction(description: string): Schema {
  return { type: 'number', minimum: 0, maximum: 1, description };
}
