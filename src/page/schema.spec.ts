import { describe, expect, it } from '@jest/globals';
import { type JsonValue } from '../contract/json.js';
import { fieldOf, sampleOf, takesText } from './schema.js';

describe('the forms of the page', () => {
  it('begin with an input that the schema suggests', () => {
    const brief = { type: 'object', required: ['text'], properties: { text: { type: 'string' }, sentences: { type: 'integer', default: 5 }, title: { type: 'string' } } };
    expect(sampleOf(brief)).toEqual({ text: '', sentences: 5 });
    expect(takesText(brief)).toBe(true);
    expect(sampleOf({ type: 'object', required: ['a', 'b', 'c', 'd', 'e'], properties: { a: { type: 'array' }, b: { enum: ['x', 'y'] }, c: { type: 'integer', minimum: 3 }, d: { oneOf: [{ const: 1 }] }, e: { type: ['null', 'boolean'] } } }))
      .toEqual({ a: [], b: 'x', c: 3, d: 1, e: false });
    for (const schema of [undefined, null, true, {}]) expect(sampleOf(schema)).toBeNull();
    const others: (JsonValue | undefined)[] = [undefined, null, {}, { type: 'string' }, { type: 'object', properties: { text: { enum: ['a'] } } }];
    for (const schema of others) expect(takesText(schema)).toBe(false);
  });

  it('take an answer by the field that fits its schema', () => {
    const schemas: (JsonValue | undefined)[] = [{ type: 'boolean' }, { enum: [1, 2] }, { type: 'integer' }, { type: 'string' }, { type: 'object' }, undefined, true];
    expect(schemas.map(fieldOf)).toEqual(['boolean', 'choice', 'number', 'text', 'json', 'json', 'json']);
  });
});
