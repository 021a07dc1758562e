import { describe, expect, it } from '@jest/globals';
import { readObject } from './structured.output.js';

const schema = { type: 'object', required: ['n'], properties: { n: { type: 'integer' } } };

describe('an object that a model writes', () => {
  it.each(['{"n":1}', ' {"n": 1}\n', '```json\n{"n":1}\n```', '```\n{"n":1}```'])('is read from %j', (text) => {
    expect(readObject(text, schema, 'a/b')).toEqual({ n: 1 });
  });

  it.each(['', '{"n":1', 'Sure! {"n":1}', '```json\n{"n":'])('is none: %j, and may be one the next time', (text) => {
    expect(() => readObject(text, schema, 'a/b')).toThrow(expect.objectContaining({ code: 'output_invalid', options: { retryable: true } }));
  });

  it('must meet the schema', () => {
    expect(() => readObject('{"n":"1"}', schema, 'a/b')).toThrow(/does not meet the schema: \/n must be integer/);
    expect(() => readObject('[1]', schema, 'a/b')).toThrow(expect.objectContaining({ code: 'output_invalid' }));
  });
});
