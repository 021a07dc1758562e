import { describe, expect, it } from '@jest/globals';
import { type JsonValue } from '../contract/json.js';
import { inspectInput, readInput } from './llm.input.js';

const hasTool = (name: string) => name === 'weather';
const paths = (input: JsonValue) => inspectInput(input, hasTool).faults.map(({ path }) => path);
const object = { type: 'object', properties: { a: { type: 'string' } } };

describe('the input of an llm step', () => {
  it.each<[string, JsonValue]>([
    ['a prompt', { prompt: 'hi' }],
    ['a prompt that is an object, as other steps give them', { prompt: { a: 1 } }],
    ['a conversation', { messages: [{ role: 'user', content: 'hi' }, { role: 'assistant', content: [{ type: 'text', text: 'ho' }] }, { role: 'user', content: [{ type: 'file', data: 'aGk=', mediaType: 'image/png' }] }] }],
    ['all there is', { model: 'demo/writer', prompt: 'hi', system: 'be brief', tools: ['weather'], schema: object, maxSteps: 3, temperature: 0.2, maxOutputTokens: 100 }],
  ])('may be %s', (_, input) => {
    expect(readInput(input, hasTool)).toEqual(input);
    expect(paths(input)).toEqual([]);
  });

  it('that is a text is a prompt', () => {
    expect(readInput('hi', hasTool)).toEqual({ prompt: 'hi' });
  });

  it.each<[string, JsonValue, string[]]>([
    ['nothing to ask', {}, ['']],
    ['two things to ask', { prompt: 'a', messages: [{ role: 'user', content: 'b' }] }, ['']],
    ['an empty prompt', { prompt: '' }, ['/prompt']],
    ['no prompt but null', { prompt: null }, ['/prompt']],
    ['what is not known', { prompt: 'a', temprature: 1 }, ['/temprature']],
    ['a system message among the others', { messages: [{ role: 'system', content: 'a' }] }, ['/messages/0/role']],
    ['a tool there is not', { prompt: 'a', tools: ['weather', 'wether'] }, ['/tools/1']],
    ['the schema of no object', { prompt: 'a', schema: { type: 'array' } }, ['/schema']],
    ['a schema that is none', { prompt: 'a', schema: { type: 'object', properties: { a: { type: 'strin' } } } }, ['/schema/properties/a/type']],
    ['numbers out of range', { prompt: 'a', maxSteps: 0, temperature: 3, maxOutputTokens: 1.5 }, ['/maxSteps', '/temperature', '/maxOutputTokens']],
    ['a list', [], ['']],
    ['null', null, ['']],
    ['a number', 7, ['']],
  ])('may not be %s', (_, input, where) => {
    expect([...paths(input)].sort()).toEqual([...where].sort());
    expect(() => readInput(input, hasTool)).toThrow(expect.objectContaining({ code: 'invalid_input' }));
  });

  it('is not judged by what templates have yet to fill', () => {
    expect(inspectInput({ model: '{{input.model}}', messages: '{{input.messages}}', temperature: '{{input.t}}', tools: ['{{input.tool}}'], schema: '{{input.schema}}' }, hasTool)).toEqual({ faults: [], model: null });
    expect(paths({ prompt: '{{input.q}}', messages: '{{input.messages}}' })).toEqual(['']);
    expect(paths({ prompt: '{{input.q}}', tools: ['wether'] })).toEqual(['/tools/0']);
  });

  it('has a model that is certain, or may be any', () => {
    expect(inspectInput({ prompt: 'a' }, hasTool).model).toBeUndefined();
    expect(inspectInput({ prompt: 'a', model: 'demo/writer' }, hasTool).model).toBe('demo/writer');
    expect(inspectInput('write of {{input.topic}}', hasTool).model).toBeUndefined();
    expect(inspectInput('{{steps.plan.output}}', hasTool).model).toBeNull();
  });
});
