import { WORKFLOW_DEFINITION_SCHEMA } from '../../orchestration/definition/definition.schema.js';
import { type JsonObject, type JsonValue } from '../../contract/json.js';
import { ref, type Schema } from './schema.builder.js';

/**
 * The schema that definitions are checked with, in the form of OpenAPI: what lies in its `$defs` becomes components
 * beside it, and references and discriminators name them there.
 */
export const DEFINITION_SCHEMAS: Record<string, Schema> = (() => {
  const { $defs, $schema: _dialect, $id: _id, title: _title, ...definition } = WORKFLOW_DEFINITION_SCHEMA;
  const parts = Object.entries($defs as Record<string, JsonObject>).map(([name, schema]) => [name, moved(schema) as Schema] as const);
  return { WorkflowDefinition: moved(definition) as Schema, ...Object.fromEntries(parts) };
})();

/** A copy with `#/$defs/X` as `#/components/schemas/X`. */
function moved(value: JsonValue): JsonValue {
  if (Array.isArray(value)) return value.map(moved);
  if (value === null || typeof value !== 'object') return value;
  const copy = Object.fromEntries(Object.entries(value).map(([key, member]) => [key, key === '$ref' ? componentOf(member as string) : moved(member)]));
  if (copy['discriminator'] !== undefined) copy['discriminator'] = { ...(copy['discriminator'] as JsonObject), mapping: mappingOf(value['oneOf'] as JsonObject[]) };
  return copy;
}

function componentOf(reference: string): string {
  return ref(nameOf(reference))['$ref'] as string;
}

function nameOf(reference: string): string {
  return reference.replace('#/$defs/', '');
}

/** Without a mapping, OpenAPI takes the value of the discriminator for the name of the schema. */
function mappingOf(options: JsonObject[]): JsonObject {
  const definitions = WORKFLOW_DEFINITION_SCHEMA['$defs'] as Record<string, { properties: { type: { const: string } } }>;
  return Object.fromEntries(options.flatMap(({ $ref }) => {
    const reference = $ref as string;
    const option = definitions[nameOf(reference)];
    return option ? [[option.properties.type.const, componentOf(reference)]] : [];
  }));
}
