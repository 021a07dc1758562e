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
    ['all there is', { model: 'demo/writer', prompt: 'hi', system: 'be brief', tools: ['weather'], schema: object, maxSteps: 3, reasoning: 'low', temperature: 0.2, topP: 0.9, topK: 40, presencePenalty: -1, frequencyPenalty: 1, stopSequences: ['END'], seed: 7, maxOutputTokens: 100 }],
  ])('may be %s', (_, input) => {
    expect(readInput(input, hasTool)).toEqual(input);
    expect(paths(input)).toEqual([]);
  });

  it.each(['aGk=', 'aGk', 'a-_k', 'aG\nk=', 'data:image/png;base64,aGk=', 'https://files.example/a.png', 'http://files.example/a.png'])('may have a file that is %j', (data) => {
    expect(paths({ messages: [{ role: 'user', content: [{ type: 'file', mediaType: 'image/png', data }] }] })).toEqual([]);
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
    ['more numbers out of range', { prompt: 'a', topP: 1.1, topK: 0, presencePenalty: 3, frequencyPenalty: -3, seed: -1 }, ['/topP', '/topK', '/presencePenalty', '/frequencyPenalty', '/seed']],
    ['a measure of reasoning that there is not', { prompt: 'a', reasoning: 'very' }, ['/reasoning']],
    ['ends that are empty', { prompt: 'a', stopSequences: [''] }, ['/stopSequences/0']],
    ['a content of a form that there is not', { messages: [{ role: 'user', content: [{ type: 'image', image: 'x' }] }, { role: 'user', content: '' }] }, ['/messages/0/content', '/messages/1/content']],
    ...['not base64 !!', 'aGk=x', 'aGkaG', 'file:///etc/passwd', 'ftp://files.example/a.png'].map((data): [string, JsonValue, string[]] => [
      `a file that is ${data}`, { messages: [{ role: 'user', content: [{ type: 'text', text: 'a' }, { type: 'file', mediaType: 'image/png', data }] }] }, ['/messages/0/content/1/data'],
    ]),
    ['a list', [], ['']],
    ['null', null, ['']],
    ['a number', 7, ['']],
  ])('may not be %s', (_, input, where) => {
    expect([...paths(input)].sort()).toEqual([...where].sort());
    expect(() => readInput(input, hasTool)).toThrow(expect.objectContaining({ code: 'invalid_input' }));
  });

  it.each<[JsonValue, RegExp]>([
    [{ prompt: 'a', temprature: 1 }, /^is not known; did you mean temperature\? \(known are model, prompt, .*maxOutputTokens\)$/],
    [{ prompt: 'a', functions: [] }, /^is not known \(known are model, /],
    [{ messages: [{ role: 'system', content: 'a' }] }, /instructions go into system$/],
    [{ messages: [{ role: 'user', content: [] }] }, /^must be a text, or a list of \{"type": "text"/],
  ])('is told what would be right: %j', (input, message) => {
    expect(inspectInput(input, hasTool).faults).toEqual([{ path: expect.any(String), message: expect.stringMatching(message) }]);
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
