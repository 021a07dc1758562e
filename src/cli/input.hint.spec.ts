import { describe, expect, it } from '@jest/globals';
import { exampleOf, inputHints } from './input.hint.js';

describe('a hint on an input', () => {
  it('shows what is required as it is given in a shell, and each field', () => {
    const schema = {
      type: 'object', required: ["it's", 'list'],
      properties: { "it's": { enum: ["a'b", 'c'] }, list: { type: 'array', items: { type: 'object', required: ['n'], properties: { n: { type: 'number', minimum: 3 } } } }, may: { type: ['string', 'null'], description: 'Or\u001b[2J not' } },
    };
    expect(inputHints('need', schema)).toEqual([
      `need takes an input like: --input '{"it'\\''s":"a'\\''b","list":[{"n":3}]}'`,
      `  it's: "a'b" | "c", required`,
      '  list: array, required',
      '  may: string or null. Or not',
    ]);
    expect(inputHints('text', { type: 'string' })).toEqual([`text takes an input like: --input '"…"'`]);
  });

  it('takes the example that a schema has, and ends where one nests without an end', () => {
    expect(exampleOf({ type: 'string', examples: ['ada'] })).toBe('ada');
    expect(exampleOf({ type: 'integer', default: 7 })).toBe(7);
    expect(exampleOf({ const: null })).toBeNull();
    expect(exampleOf({ anyOf: [{ type: 'boolean' }, { type: 'null' }] })).toBe(true);
    expect(exampleOf({ type: 'object', properties: { a: { type: 'integer' }, b: {} } })).toEqual({ a: 1 });
    const endless: Record<string, unknown> = { type: 'array' };
    endless['items'] = endless;
    expect(JSON.stringify(exampleOf(endless))).toMatch(/^\[+"…"\]+$/);
  });
});
