/**
 * Values by chance that meet a JSON Schema of the OpenAPI document. What a schema cannot say (which agents there are, what
 * an expression is) comes from hints, by the name of a component or of a property in it (`AgentStep`, `RetryStep.step`).
 * A keyword that is not known here is passed by: what comes of it is then only nearly valid, which is of use as well.
 */
import { type OpenAPIObject } from '@nestjs/swagger';
import fc from 'fast-check';
import { type JsonObject, type JsonValue } from '../../../src/contract/json.js';

export type Hints = Readonly<Record<string, fc.Arbitrary<JsonValue>>>;

/** Of values that can hold themselves. */
const MAX_DEPTH = 4;
/** How much longer than it must be a text or a list gets; the longest that is allowed is drawn too. */
const MORE = 12;
const LONGEST = 3000;
const COMPONENTS = '#/components/schemas/';

export const anyJson: fc.Arbitrary<JsonValue> = fc.jsonValue({ maxDepth: 3 }).map((value) => JSON.parse(JSON.stringify(value)) as JsonValue);

export class SchemaArbitraries {
  private readonly made = new Map<string, fc.Arbitrary<JsonValue>>();
  private readonly components: Record<string, JsonObject>;

  constructor({ components }: OpenAPIObject, private readonly hints: Hints) {
    this.components = (components?.schemas ?? {}) as Record<string, JsonObject>;
  }

  /** @param name what hints and references to it say; @param depth how far it may still nest. */
  of(schema: JsonObject, name = '', depth = MAX_DEPTH): fc.Arbitrary<JsonValue> {
    const hint = this.hints[name];
    const drawn = this.bySchema(schema, name, depth);
    return hint ? fc.oneof({ weight: 30, arbitrary: hint }, { weight: 1, arbitrary: drawn }) : drawn;
  }

  private bySchema(schema: JsonObject, name: string, depth: number): fc.Arbitrary<JsonValue> {
    const { $ref, oneOf, anyOf, enum: values, type } = schema;
    if (typeof $ref === 'string') return this.component($ref.replace(COMPONENTS, ''), depth - 1);
    if ('const' in schema) return fc.constant(schema['const']);
    if (Array.isArray(values)) return fc.constantFrom(...values);
    const options = (oneOf ?? anyOf) as JsonObject[] | undefined;
    if (options) return fc.oneof(...this.within(options, depth).map((option) => this.of(option, name, depth)));
    if (Array.isArray(type)) return fc.oneof(...type.map((one) => this.byType(one as string, schema, name, depth)));
    return this.byType(type as string | undefined, schema, name, depth);
  }

  private component(name: string, depth: number): fc.Arbitrary<JsonValue> {
    const key = `${name} ${depth}`;
    let made = this.made.get(key);
    if (!made) this.made.set(key, (made = this.of(this.components[name] ?? {}, name, depth)));
    return made;
  }

  private byType(type: string | undefined, schema: JsonObject, name: string, depth: number): fc.Arbitrary<JsonValue> {
    switch (type) {
      case 'object':
        return this.object(schema, name, depth);
      case 'array':
        return fc.array(this.of((schema['items'] ?? {}) as JsonObject, `${name}[]`, depth), lengthOf(schema, 'Items', 3));
      case 'string':
        return textOf(schema);
      case 'integer':
        return integerOf(schema);
      case 'number': {
        const [min = -1e6, max = 1e6] = [schema['minimum'], schema['maximum']] as (number | undefined)[];
        return fc.oneof(fc.double({ min, max, noNaN: true }), fc.constantFrom(min, max));
      }
      case 'boolean':
        return fc.boolean();
      case 'null':
        return fc.constant(null);
      default:
        return anyJson;
    }
  }

  private object({ properties, required = [], additionalProperties }: JsonObject, name: string, depth: number): fc.Arbitrary<JsonValue> {
    const fields = Object.entries((properties ?? {}) as Record<string, JsonObject>).filter(([field, schema]) => (required as string[]).includes(field) || depth > 0 || !this.nests(schema));
    if (fields.length === 0) {
      return additionalProperties === false ? fc.constant({}) : fc.dictionary(fc.string({ maxLength: MORE }), this.of(isObject(additionalProperties) ? additionalProperties : {}, `${name}.*`, depth), { maxKeys: 3 });
    }
    const members = Object.fromEntries(fields.map(([field, schema]) => [field, this.of(schema, `${name}.${field}`, depth)]));
    return fc.record(members, { requiredKeys: required as string[], noNullPrototype: true });
  }

  /** Those that do not hold themselves, where it goes no deeper. */
  private within(options: JsonObject[], depth: number): JsonObject[] {
    const flat = options.filter((option) => !this.nests(option));
    return depth > 0 || flat.length === 0 ? options : flat;
  }

  /** Whether the schema leads to a component that leads to itself. */
  private nests(schema: JsonObject): boolean {
    return [...this.namesIn(schema)].some((name) => this.namesFrom(name).has(name) || [...this.namesFrom(name)].some((next) => this.namesFrom(next).has(next)));
  }

  private namesFrom(name: string): Set<string> {
    const found = new Set<string>();
    const waiting = [...this.namesIn(this.components[name] ?? {})];
    for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
      if (found.has(next)) continue;
      found.add(next);
      waiting.push(...this.namesIn(this.components[next] ?? {}));
    }
    return found;
  }

  private *namesIn(value: JsonValue | undefined): Generator<string> {
    if (typeof value !== 'object' || value === null) return;
    for (const [key, member] of Object.entries(value)) {
      if (key === '$ref' && typeof member === 'string') yield member.replace(COMPONENTS, '');
      else yield* this.namesIn(member);
    }
  }
}

function integerOf(schema: JsonObject): fc.Arbitrary<JsonValue> {
  const { minimum: min = -1_000_000, maximum: max = 1_000_000 } = schema as { minimum?: number; maximum?: number };
  return fc.oneof(fc.integer({ min, max: Math.min(max, min + 20) }), fc.integer({ min, max }), fc.constantFrom(min, max));
}

function textOf(schema: JsonObject): fc.Arbitrary<string> {
  const { pattern, format } = schema as { pattern?: string; format?: string };
  if (format === 'date-time') return fc.date({ min: new Date('2000-01-01'), max: new Date('2200-01-01'), noInvalidDate: true }).map((date) => date.toISOString());
  if (format === 'uuid') return fc.uuid();
  if (pattern !== undefined) return matching(pattern);
  const { maxLength = 0 } = schema as { maxLength?: number };
  const text = fc.string({ unit: 'grapheme', ...lengthOf(schema, 'Length', MORE) }).filter((one) => maxLength === 0 || one.length <= maxLength);
  return maxLength > MORE && maxLength <= LONGEST ? fc.oneof({ weight: 9, arbitrary: text }, { weight: 1, arbitrary: fc.constant('x'.repeat(maxLength)) }) : text;
}

function matching(pattern: string): fc.Arbitrary<string> {
  const regex = new RegExp(pattern, 'u');
  try {
    return fc.stringMatching(regex);
  } catch {
    // It has what cannot be drawn from, such as a look ahead.
    return fc.string({ unit: 'grapheme-ascii', minLength: 1, maxLength: MORE });
  }
}

function lengthOf(schema: JsonObject, of: 'Items' | 'Length', more: number): { minLength: number; maxLength: number } {
  const { [`min${of}`]: min = 0, [`max${of}`]: max = Infinity } = schema as Record<string, number>;
  return { minLength: min, maxLength: Math.min(max, min + more) };
}

function isObject(value: JsonValue | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
