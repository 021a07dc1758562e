import { describe, expect, it } from '@jest/globals';
import { type JsonValue } from '../../../contract/json.js';
import { type ContentPart, conversationOf, filePart, messageOf } from './conversation.js';
import { inputOf } from './workflow.input.js';

const said = conversationOf([{ role: 'user', content: 'first' }, { role: 'assistant', content: 'answer' }, { role: 'user', content: 'last' }], { state: { s: 1 }, context: [] });
const input = (inputSchema: JsonValue | undefined, conversation = said) => inputOf({ name: 'w', ...(inputSchema === undefined ? {} : { inputSchema }) }, conversation);
const object = (properties: Record<string, JsonValue>, required: string[] = []): JsonValue => ({ type: 'object', properties, required });
const text = { type: 'string' };

describe('the input of a workflow, of a conversation', () => {
  it.each<[string, JsonValue | undefined, JsonValue]>([
    ['both without a schema', undefined, { messages: said.messages as unknown as JsonValue, prompt: 'last' }],
    ['both where no properties are named', { type: ['null', 'object'] }, { messages: said.messages as unknown as JsonValue, prompt: 'last' }],
    ['both for a schema that takes all', true, { messages: said.messages as unknown as JsonValue, prompt: 'last' }],
    ['the last of the user, where it is a text', text, 'last'],
    ['the conversation', object({ messages: {}, prompt: text }), { messages: said.messages as unknown as JsonValue }],
    ['the conversation and what the user said last', object({ messages: {}, prompt: text }, ['prompt']), { messages: said.messages as unknown as JsonValue, prompt: 'last' }],
    ['what the user said last', object({ prompt: text, other: text }, ['prompt']), { prompt: 'last' }],
    ['the one text that is required', object({ topic: text, depth: { type: 'number' } }, ['topic']), { topic: 'last' }],
    ['what else the schema names', object({ prompt: text, state: {}, nothing: {} }), { prompt: 'last', state: { s: 1 } }],
  ])('is %s', (_what, schema, expected) => expect(input(schema)).toEqual(expected));

  it.each([[object({ a: text, b: text }, ['a', 'b'])], [object({ a: { type: 'number' } }, ['a'])], [object({ a: text })], [object({ constructor: text }, ['toString'])]])('cannot be made for %j', (schema) => {
    expect(() => input(schema)).toThrow(expect.objectContaining({ code: 'invalid_request', faults: [expect.objectContaining({ path: '/input' })] }));
  });

  it('cannot be made of nothing that the user has said', () => {
    expect(() => input(text, conversationOf([{ role: 'assistant', content: 'hello' }]))).toThrow(expect.objectContaining({ code: 'invalid_request', faults: [expect.objectContaining({ path: '/messages' })] }));
    expect(input(undefined, conversationOf([]))).toEqual({ messages: [] });
  });
});

describe('a conversation', () => {
  const image: ContentPart = { type: 'file', data: 'aGk=', mediaType: 'image/png' };

  it('has texts as texts, files beside them, and nothing that is empty', () => {
    expect(messageOf('user', [{ type: 'text', text: 'a' }, { type: 'text', text: '' }, { type: 'text', text: 'b' }])).toEqual([{ role: 'user', content: 'a\n\nb' }]);
    expect(messageOf('user', [{ type: 'text', text: 'see' }, image])).toEqual([{ role: 'user', content: [{ type: 'text', text: 'see' }, image] }]);
    expect(messageOf('assistant', [{ type: 'text', text: '' }])).toEqual([]);
    expect(conversationOf(messageOf('user', [{ type: 'text', text: 'see' }, image])).prompt).toBe('see');
    expect(conversationOf(messageOf('user', [image])).prompt).toBeUndefined();
  });

  it('has files by what is in them, or by where they are', () => {
    expect(filePart('data:image/png;base64,aGk=', 'image/png', 'a.png')).toEqual({ ...image, filename: 'a.png' });
    expect(filePart('https://files.test/a.png', 'image/png')).toEqual({ type: 'file', data: 'https://files.test/a.png', mediaType: 'image/png' });
  });
});
