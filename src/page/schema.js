/** What the forms need to know of a JSON Schema: an input to begin with, and which kind of field takes an answer. */

/** @typedef {import('../contract/json.js').JsonValue} JsonValue */
/** @typedef {Record<string, any>} Schema */

const MAX_DEPTH = 6;

/**
 * A value to begin with: defaults and first choices where the schema has them, else what is empty of its type. Of an
 * object, what is required or has a default.
 * @param {JsonValue | undefined} given
 * @returns {JsonValue}
 */
export function sampleOf(given, depth = 0) {
  const schema = schemaOf(given);
  for (const value of [schema.default, schema.const, schema.examples?.[0], schema.enum?.[0]]) if (value !== undefined) return value;
  const choice = (schema.oneOf ?? schema.anyOf)?.[0];
  if (choice !== undefined && depth < MAX_DEPTH) return sampleOf(choice, depth + 1);
  switch (typeOf(schema)) {
    case 'string':
      return '';
    case 'integer':
    case 'number':
      return schema.minimum ?? 0;
    case 'boolean':
      return false;
    case 'array':
      return [];
    case 'object': {
      /** @type {Record<string, JsonValue>} */
      const value = {};
      for (const [name, member] of Object.entries(schema.properties ?? {})) {
        const wanted = schema.required?.includes(name) || schemaOf(member).default !== undefined;
        if (wanted && depth < MAX_DEPTH) value[name] = sampleOf(member, depth + 1);
      }
      return value;
    }
    default:
      return null;
  }
}

/**
 * The field that takes a value of this schema best. Whatever is not simple is typed as JSON.
 * @param {JsonValue | undefined} given
 * @returns {'boolean' | 'choice' | 'number' | 'text' | 'json'}
 */
export function fieldOf(given) {
  const schema = schemaOf(given);
  if (Array.isArray(schema.enum) && schema.enum.length > 0) return 'choice';
  switch (typeOf(schema)) {
    case 'boolean':
      return 'boolean';
    case 'integer':
    case 'number':
      return 'number';
    case 'string':
      return 'text';
    default:
      return 'json';
  }
}

/**
 * Whether an input has a member `text` that people would rather paste, or take from a file, than write as JSON.
 * @param {JsonValue | undefined} given
 */
export function takesText(given) {
  const schema = schemaOf(given);
  const text = schemaOf(schema.properties?.text);
  return typeOf(schema) === 'object' && text.type === 'string' && text.enum === undefined;
}

/**
 * @param {JsonValue | undefined} given
 * @returns {Schema}
 */
function schemaOf(given) {
  return given !== null && typeof given === 'object' ? given : {};
}

/** @param {Schema} schema */
function typeOf({ type, properties }) {
  const types = [type].flat();
  return types.find((name) => name !== 'null') ?? (properties ? 'object' : undefined);
}
