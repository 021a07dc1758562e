import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { type JsonValue } from '../../contract/json.js';
import { checkSchema, compileSchema } from './input.validator.js';

const faultsOf = (schema: JsonValue, value: unknown, path?: string) => compileSchema(schema)(value, path);

describe('a value is checked against a schema', () => {
  const order = {
    type: 'object',
    required: ['topic', 'a/b'],
    additionalProperties: false,
    properties: {
      topic: { type: 'string', minLength: 2 },
      'a/b': { type: 'array', items: { type: 'integer', maximum: 9 } },
      kind: { enum: ['x', 'y'] },
      at: { format: 'date-time' },
    },
  };

  it('without a fault where it is valid', () => expect(faultsOf(order, { topic: 'ab', 'a/b': [1, 2], kind: 'x', at: '2026-01-01T00:00:00Z' })).toEqual([]));

  it('with every fault and its path', () => {
    expect(faultsOf(order, { topic: 'a', 'a/b': [1, 'x', 10], kind: 'z', more: 1, at: 'now' })).toEqual([
      { path: '/more', message: 'is not a known field' },
      { path: '/topic', message: expect.stringContaining('2') },
      { path: '/a~1b/1', message: 'must be integer' },
      { path: '/a~1b/2', message: 'must be <= 9' },
      { path: '/kind', message: 'must be one of "x", "y"' },
      { path: '/at', message: expect.stringContaining('date-time') },
    ]);
    expect(faultsOf(order, {}, '/input')).toEqual([{ path: '/input/topic', message: 'is missing' }, { path: '/input/a~1b', message: 'is missing' }]);
    expect(faultsOf(order, 7, '/value')).toEqual([{ path: '/value', message: 'must be object' }]);
  });

  it('with a hundred faults at the most', () => expect(faultsOf({ items: { type: 'string' } }, Array.from({ length: 5000 }, (_, i) => i))).toHaveLength(100));

  it('by multiples of decimal fractions, which numbers do not hold exactly', () => {
    const cents = { type: 'array', items: { multipleOf: 0.01 } };
    expect(faultsOf(cents, [4.35, 19.99, 0.07, 1_000_000.01])).toEqual([]);
    expect(faultsOf(cents, [4.355, 0.0149]).map(({ path }) => path)).toEqual(['/0', '/1']);
  });

  it('by own members only', () => {
    expect(faultsOf({ required: ['constructor', '__proto__'] }, {})).toHaveLength(2);
    expect(faultsOf({ properties: { toString: { type: 'string' } } }, {})).toEqual([]);
  });

  it('in draft 2020-12, or draft-07 where it says so', () => {
    const tuple = (items: object) => ({ ...items, type: 'array' });
    expect(faultsOf(tuple({ prefixItems: [{ type: 'string' }], items: false }), ['a', 1])).toHaveLength(1);
    expect(faultsOf(tuple({ $schema: 'http://json-schema.org/draft-07/schema#', items: [{ type: 'string' }], additionalItems: false }), ['a', 1])).toHaveLength(1);
    expect(checkSchema(tuple({ items: [{ type: 'string' }] }))).toEqual([{ path: '/items', message: expect.stringContaining('object') }]);
  });

  it('whether the schema is true, false, or recursive', () => {
    expect(faultsOf(true, 1)).toEqual([]);
    expect(faultsOf(false, 1, '/input')).toEqual([{ path: '/input', message: 'is not allowed here' }]);
    const tree = { type: 'object', properties: { children: { type: 'array', items: { $ref: '#' } } }, required: ['n'] };
    expect(faultsOf(tree, { n: 1, children: [{ n: 2, children: [{}] }] })).toEqual([{ path: '/children/0/children/0/n', message: 'is missing' }]);
  });

  it('ignoring keywords and formats that nobody knows', () => expect(faultsOf({ format: 'nope', 'x-mine': { pattern: '(' }, properties: { pattern: { type: 'string' } }, default: { pattern: '(' } }, 'x')).toEqual([]));

  it('with patterns in the syntax of JavaScript, told apart', () => {
    const schema = { properties: { a: { pattern: '^\\u0041$' }, b: { pattern: '^\\d{2}/x$' } }, patternProperties: { '^n_': { type: 'number' } } };
    expect(faultsOf(schema, { a: 'A', b: '12/x', n_1: 1 })).toEqual([]);
    expect(faultsOf(schema, { a: '12/x', b: 'A', n_1: 'x' }).map(({ path }) => path).sort()).toEqual(['/a', '/b', '/n_1']);
  });
});

describe('a schema that is none', () => {
  it.each<[string, JsonValue, string[]]>([
    ['a text', 'string', ['']],
    ['null', null, ['']],
    ['an array', [], ['']],
    ['unknown types and keywords of the wrong type', { properties: { a: { type: 'strin' }, 'b/c': { minimum: 'x' } }, required: 'a' }, ['/properties/a/type', '/properties/b~1c/minimum', '/required']],
    ['an unknown dialect', { $schema: 'http://json-schema.org/draft-04/schema#' }, ['/$schema']],
    ['an asynchronous one', { $async: true }, ['/$async']],
    ['an asynchronous part', { properties: { a: { $async: true, type: 'string' } } }, ['']],
    ['a reference to elsewhere', { properties: { a: { $ref: 'https://example.com/a.json' } } }, ['/properties/a/$ref']],
    ['a reference to nothing', { allOf: [{ $ref: '#/$defs/no' }], $defs: { yes: true } }, ['/allOf/0/$ref']],
    ['patterns that are not valid', { pattern: '(', patternProperties: { '[': true }, $defs: { a: { items: { pattern: '(?=x)' } } } }, ['/pattern', '/patternProperties/[', '/$defs/a/items/pattern']],
    ['too many patterns', { allOf: Array.from({ length: 101 }, (_, i) => ({ pattern: `a${i}` })) }, ['']],
    ['too large', { description: 'x'.repeat(200_000) }, ['']],
  ])('%s is told with the path of what is wrong', (_what, schema, paths) => {
    expect(checkSchema(schema).map(({ path }) => path).sort()).toEqual([...paths].sort());
    expect(checkSchema(schema, '/steps/0/schema').map(({ path }) => path).sort()).toEqual(paths.map((path) => `/steps/0/schema${path}`).sort());
    expect(() => compileSchema(schema)).toThrow(expect.objectContaining({ code: 'invalid_definition', faults: checkSchema(schema) }));
  });

  it('any JSON is a schema that checks, or is refused', () => {
    const schema = fc.letrec((tie) => ({
      schema: fc.oneof({ maxDepth: 3 }, fc.boolean(), fc.jsonValue(), fc.dictionary(
        fc.constantFrom('type', 'properties', 'items', '$ref', '$id', '$defs', 'allOf', 'not', 'pattern', 'patternProperties', 'enum', 'const', 'required', 'format', 'uniqueItems', '$anchor', '$dynamicRef', '__proto__', 'constructor', 'unevaluatedProperties', 'discriminator', '$data', 'nullable'),
        fc.oneof(fc.jsonValue(), fc.constantFrom('object', '#', '#/$defs/a', 'urn:x'), fc.array(tie('schema'), { maxLength: 2 }), fc.dictionary(fc.constantFrom('a', '__proto__'), tie('schema')), tie('schema')),
      )),
    })).schema as fc.Arbitrary<JsonValue>;
    fc.assert(fc.property(schema, fc.jsonValue(), (candidate, value) => {
      const json = JSON.parse(JSON.stringify(candidate)) as JsonValue;
      if (checkSchema(json).length > 0) expect(() => compileSchema(json)).toThrow(expect.objectContaining({ code: 'invalid_definition' }));
      else expect(Array.isArray(faultsOf(json, value))).toBe(true);
    }), { numRuns: 300 });
  });
});

describe('schemas of strangers', () => {
  it('see nothing of one another', () => {
    expect(checkSchema({ $id: 'urn:example:mine', $defs: { a: { $id: 'urn:example:part', type: 'string' } } })).toEqual([]);
    expect(checkSchema({ $ref: 'urn:example:mine' })).toHaveLength(1);
    expect(checkSchema({ $ref: 'urn:example:part' })).toHaveLength(1);
    expect(checkSchema({ $id: 'urn:example:mine', type: 'number' })).toEqual([]);
    expect(checkSchema({ $id: 'https://json-schema.org/draft/2020-12/schema', type: 'number' })).toEqual([]);
  });

  it('match patterns in linear time', () => {
    expect(faultsOf({ pattern: '^(a+)+$' }, `${'a'.repeat(5000)}!`)).toHaveLength(1);
    expect(faultsOf({ patternProperties: { '^(x+x+)+y$': false } }, { ['x'.repeat(5000)]: 1 })).toEqual([]);
  });

  it('are stopped where references fan out', () => {
    const $defs: Record<string, JsonValue> = { d40: { type: 'string' } };
    for (let i = 0; i < 40; i++) $defs[`d${i}`] = { allOf: [{ $ref: `#/$defs/d${i + 1}` }, { $ref: `#/$defs/d${i + 1}` }] };
    expect(faultsOf({ $ref: '#/$defs/d0', $defs }, 'x', '/input')).toEqual([{ path: '/input', message: expect.stringContaining('could not be checked') }]);
  });

  it('are stopped where they refer to themselves without end', () => {
    const endless: JsonValue[] = [{ $ref: '#' }, { $dynamicRef: '#' }, { $defs: { a: { allOf: [{ $ref: '#/$defs/a' }] } }, $ref: '#/$defs/a' }];
    for (const schema of endless) {
      expect(faultsOf(schema, 1, '/input')).toEqual([{ path: '/input', message: expect.stringContaining('without end') }]);
    }
  });

  it('are stopped where every item is compared with every other', () => {
    const items = Array.from({ length: 40_000 }, (_, i) => ({ i }));
    expect(faultsOf({ uniqueItems: true }, items)).toEqual([{ path: '', message: expect.stringContaining('could not be checked') }]);
    expect(faultsOf({ uniqueItems: true }, [{ i: 1 }, { i: 1 }])).toHaveLength(1);
  });
});

it('a schema is compiled once, whatever the order of its members', () => {
  expect(compileSchema({ type: 'string', minLength: 1 })).toBe(compileSchema({ minLength: 1, type: 'string' }));
});
