/**
 * OpenAI's strict mode holds a model to a schema to the letter, and refuses every schema that is not of a certain form. The
 * SDK asks for it always; a schema that is not of that form is to be sent without, as a hint, and the output is checked here.
 */
import { isObject, type JsonObject, type JsonValue } from '../contract/json.js';

/** What the strict mode is known to take. */
const KEYWORDS = new Set([
  '$schema', '$defs', '$ref', 'title', 'description', 'type', 'enum', 'const', 'anyOf', 'properties', 'required', 'additionalProperties', 'items',
  'pattern', 'format', 'minimum', 'maximum', 'exclusiveMinimum', 'exclusiveMaximum', 'multipleOf', 'minItems', 'maxItems',
]);

/** Whether a schema can be asked for strictly: known keywords alone, every object closed, every property required. */
export function isStrictSchema(schema: JsonObject): boolean {
  return schema['type'] === 'object' && meets(schema);
}

function meets(schema: JsonValue | undefined): boolean {
  if (!isObject(schema) || !Object.keys(schema).every((keyword) => KEYWORDS.has(keyword))) return false;
  const { type, properties = {}, required = [], additionalProperties, items, anyOf = [], $defs = {} } = schema;
  const types = [type].flat();
  if (!isObject(properties) || !isObject($defs) || !Array.isArray(anyOf) || !Array.isArray(required)) return false;
  if (types.includes('object') && (additionalProperties !== false || !Object.keys(properties).every((name) => required.includes(name)))) return false;
  if (types.includes('array') && !meets(items)) return false;
  return [...Object.values(properties), ...Object.values($defs), ...anyOf].every(meets);
}
