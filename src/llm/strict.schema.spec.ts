import { describe, expect, it } from '@jest/globals';
import { type JsonObject } from '../contract/json.js';
import { isStrictSchema } from './strict.schema.js';

const closed = (properties: JsonObject, more: JsonObject = {}): JsonObject => ({ type: 'object', properties, required: Object.keys(properties), additionalProperties: false, ...more });

describe('a schema can be asked for strictly', () => {
  it.each<[string, JsonObject]>([
    ['closed, and all is required', closed({ a: { type: 'string' }, b: { type: ['number', 'null'], minimum: 0 } })],
    ['so is what lies in it', closed({ list: { type: 'array', items: closed({ a: { enum: ['x', 'y'] } }) }, either: { anyOf: [closed({}), { type: 'null' }] } })],
    ['with definitions', { ...closed({ next: { $ref: '#/$defs/node' } }), $defs: { node: closed({ value: { type: 'string' } }) } }],
  ])('%s', (_what, schema) => expect(isStrictSchema(schema)).toBe(true));

  it.each<[string, JsonObject]>([
    ['an open object', closed({ a: { type: 'string' } }, { additionalProperties: true })],
    ['an object that says nothing of more properties', { type: 'object', properties: {} }],
    ['a property that may be left out', closed({ a: { type: 'string' } }, { required: [] })],
    ['an open object deep inside', closed({ list: { type: 'array', items: { type: 'object' } } })],
    ['a list of anything', closed({ list: { type: 'array' } })],
    ['a keyword that the mode refuses', closed({ a: { type: 'string', default: 'x' } })],
    ['definitions that are no strict ones', { ...closed({ a: { $ref: '#/$defs/a' } }), $defs: { a: { type: 'object' } } }],
    ['what is no object', { type: 'array', items: { type: 'string' } }],
  ])('not with %s', (_what, schema) => expect(isStrictSchema(schema)).toBe(false));
});
