import { type JsonValue, memberPath } from '../../contract/json.js';

/** A keyword with text in it, and where it stands (JSON Pointer). */
interface KeywordText {
  path: string;
  value: string;
}

/** Keywords whose members are schemas by name. */
const NAMED = new Set(['properties', 'patternProperties', '$defs', 'definitions', 'dependentSchemas', 'dependencies']);
/** Keywords that hold a schema, or an array of them. */
const NESTED = new Set([
  'items', 'prefixItems', 'additionalItems', 'unevaluatedItems', 'contains', 'additionalProperties', 'unevaluatedProperties',
  'propertyNames', 'not', 'if', 'then', 'else', 'allOf', 'anyOf', 'oneOf', 'contentSchema',
]);

/** The patterns and references in a schema, and not in the data that it carries as `const`, `default` and the like. */
export function schemaKeywords(schema: JsonValue): { patterns: KeywordText[]; references: KeywordText[] } {
  const patterns: KeywordText[] = [];
  const references: KeywordText[] = [];
  const walk = (value: JsonValue, path: string): void => {
    if (value === null || typeof value !== 'object') return;
    if (Array.isArray(value)) {
      value.forEach((item, i) => walk(item, memberPath(path, i)));
      return;
    }
    for (const [key, member] of Object.entries(value)) {
      const at = memberPath(path, key);
      if (typeof member === 'string') {
        if (key === 'pattern') patterns.push({ path: at, value: member });
        if (key === '$ref' || key === '$dynamicRef') references.push({ path: at, value: member });
      } else if (NESTED.has(key)) {
        walk(member, at);
      } else if (NAMED.has(key) && member !== null && typeof member === 'object') {
        for (const [name, named] of Object.entries(member)) {
          if (key === 'patternProperties') patterns.push({ path: memberPath(at, name), value: name });
          walk(named, memberPath(at, name));
        }
      }
    }
  };
  walk(schema, '');
  return { patterns, references };
}
