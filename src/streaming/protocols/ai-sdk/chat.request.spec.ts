import { describe, expect, it } from '@jest/globals';
import { type JsonObject } from '../../../contract/json.js';
import { type AskPart } from '../narration/narration.types.js';
import { answersIn, continued, conversationOfChat, knownOf, parseChat } from './chat.request.js';

const user = (text: string): JsonObject => ({ id: 'u', role: 'user', parts: [{ type: 'text', text }] });
const chat = (...messages: JsonObject[]) => parseChat({ id: 'c', messages });
const origin = (step: string, attempt: number): JsonObject => ({ providerMetadata: { stepcast: { step, attempt } } });

describe('what a chat sends', () => {
  it('is its id and its messages, and perhaps an input', () => {
    expect(parseChat({ id: 'c', messages: [user('x')], trigger: 'submit-message', more: true })).toEqual({ id: 'c', messages: [user('x')] });
    expect(parseChat({ id: 'c', messages: [user('x')], input: null })).toHaveProperty('input', null);
    expect(parseChat({ id: 'x'.repeat(200), messages: [user('x')], messageId: 'm' })).toMatchObject({ messageId: 'm' });
    for (const messageId of ['', null, 1]) expect(parseChat({ id: 'c', messages: [user('x')], messageId })).not.toHaveProperty('messageId');
  });

  it.each<[JsonObject, string]>([
    [{ messages: [user('x')] }, '/id'], [{ id: '', messages: [user('x')] }, '/id'], [{ id: 'x'.repeat(201), messages: [user('x')] }, '/id'], [{ id: 'c' }, '/messages'], [{ id: 'c', messages: [] }, '/messages'],
    [{ id: 'c', messages: [user('x'), { role: 'user' }] }, '/messages/1'], [{ id: 'c', messages: [{ role: 'user', parts: ['x'] }] }, '/messages/0'], [{ id: 'c', messages: [{ parts: [] }] }, '/messages/0'],
  ])('%j is refused at %s', (body, path) => {
    expect(() => parseChat(body)).toThrow(expect.objectContaining({ code: 'invalid_request', faults: [expect.objectContaining({ path })] }));
  });

  it('goes on with an answer of ours, or starts something', () => {
    expect(continued(chat(user('x')))).toBeUndefined();
    expect(continued(chat(user('x'), { id: 'e', role: 'assistant', parts: [] }))).toMatchObject({ id: 'e' });
    // An earlier one that is named is gone on with; a name of the user's own message is of one that has been changed.
    const earlier = [user('x'), { id: 'e', role: 'assistant', parts: [] }, user('y')];
    expect(['e', 'u', 'unknown'].map((messageId) => continued({ ...chat(...earlier), messageId })?.id)).toEqual(['e', undefined, undefined]);
    const neither: JsonObject[] = [{ id: 'e', role: 'system', parts: [] }, { role: 'assistant', parts: [] }];
    for (const last of neither) expect(() => continued(chat(user('x'), last))).toThrow(expect.objectContaining({ code: 'invalid_request' }));
  });

  it('is a conversation, without calls, reasoning and what is void', () => {
    const assistant: JsonObject = {
      id: 'e', role: 'assistant',
      parts: [
        { type: 'step-start' }, { type: 'reasoning', text: 'hm', ...origin('a', 2) }, { type: 'text', text: 'void', ...origin('a', 1) }, { type: 'dynamic-tool', toolCallId: 't', toolName: 'x', state: 'output-available', input: {}, output: 1 },
        { type: 'text', text: 'stands', ...origin('a', 2) }, { type: 'text', text: 'result', ...origin('', 0) }, { type: 'text', text: 'of nobody' }, { type: 'data-step', id: 'a', data: { superseded: 1 } },
      ],
    };
    const file: JsonObject = { id: 'u2', role: 'user', parts: [{ type: 'file', url: 'data:text/plain;base64,aGk=', mediaType: 'text/plain', filename: 'a.txt' }, { type: 'text', text: 'read it' }] };
    expect(conversationOfChat(chat({ id: 's', role: 'system', parts: [{ type: 'text', text: 'be good' }] }, user('one'), assistant, file))).toEqual({
      messages: [
        { role: 'user', content: 'one' }, { role: 'assistant', content: 'stands\n\nresult\n\nof nobody' },
        { role: 'user', content: [{ type: 'file', data: 'aGk=', mediaType: 'text/plain', filename: 'a.txt' }, { type: 'text', text: 'read it' }] },
      ],
      prompt: 'read it', more: {},
    });
  });

  it('is a conversation, whatever parts of its own an app puts into messages', () => {
    const own: JsonObject[] = [
      { type: 'text', text: 1 }, { type: 'text' }, { type: 'file', mediaType: 'text/plain' }, { type: 'file', url: 'https://a.example/b' }, { type: 'file', url: 'https://a.example/b', mediaType: 'image/png', filename: 1 },
      { type: 'data-step', id: 's', data: null }, { type: 'data-mine', id: 's', data: { superseded: 1 } }, { type: 'text', text: 'said', ...origin('s', 1) },
      { type: 'text', text: ' half', providerMetadata: { stepcast: { step: 's' } } }, { type: 'text', text: ' other', providerMetadata: { stepcast: null } },
    ];
    expect(conversationOfChat(chat({ id: 'u', role: 'user', parts: own }, { id: 'e', role: 'assistant', parts: own })).messages).toEqual([
      { role: 'user', content: [{ type: 'file', data: 'https://a.example/b', mediaType: 'image/png' }, { type: 'text', text: 'said' }, { type: 'text', text: ' half' }, { type: 'text', text: ' other' }] },
      { role: 'assistant', content: 'said\n\n half\n\n other' },
    ]);
    expect(knownOf({ id: 'e', role: 'assistant', parts: [...own, { type: 'tool-mine', toolCallId: 1, state: 'output-available' }, { type: 'data-mine', text: 'x', ...origin('t', 1) }] })).toEqual({ texts: new Map([['text s#1', 'said']]), calls: new Map() });
  });

  it('tells what the client has of a message', () => {
    const parts = [{ type: 'text', text: 'a', ...origin('s', 1) }, { type: 'text', text: 'b', ...origin('s', 1) }, { type: 'reasoning', text: 'r', ...origin('s', 1) }, { type: 'text', text: 'own' }, { type: 'dynamic-tool', toolCallId: 'x', state: 'input-available' }, { type: 'dynamic-tool', toolCallId: 'y', state: 'output-error' }];
    expect(knownOf({ id: 'e', role: 'assistant', parts: parts as JsonObject[] })).toEqual({ texts: new Map([['text s#1', 'ab'], ['reasoning s#1', 'r']]), calls: new Map([['x', false], ['y', true]]) });
  });

  it('answers the questions that are open, in the way that each is asked', () => {
    const ask = (id: string, boolean: boolean): AskPart => ({ kind: 'ask', id, step: id, attempt: 1, open: true, name: id, ...(boolean ? { schema: { type: 'boolean' } } : {}) });
    const parts: JsonObject[] = [
      { type: 'dynamic-tool', toolCallId: 'yes', state: 'approval-responded', approval: { id: 'yes', approved: false } },
      { type: 'dynamic-tool', toolCallId: 'word', state: 'output-available', output: null },
      { type: 'dynamic-tool', toolCallId: 'kind', state: 'approval-responded', approval: { id: 'kind', approved: true } },
      { type: 'dynamic-tool', toolCallId: 'open', state: 'approval-requested', approval: { id: 'open' } },
      { type: 'dynamic-tool', toolCallId: 'old', state: 'output-available', output: 1 },
    ];
    // An approval of what asks for a word is no answer, nor is one to a question that is not open.
    expect(answersIn({ id: 'e', role: 'assistant', parts }, [ask('yes', true), ask('word', false), ask('kind', false), ask('open', true), ask('unseen', false)])).toEqual([{ step: 'yes', value: false }, { step: 'word', value: null }]);
  });

  it('is refused where a question is given no answer, and is none where it is not answered yet', () => {
    const ask = (schema: JsonObject): AskPart => ({ kind: 'ask', id: 'q', step: 's', attempt: 1, open: true, name: 'title', schema });
    const given = (part: JsonObject, schema: JsonObject = {}) => answersIn({ id: 'e', role: 'assistant', parts: [{ type: 'dynamic-tool', toolCallId: 'q', ...part }] }, [ask(schema)]);
    const none: JsonObject[] = [{ state: 'output-available' }, { state: 'output-error', errorText: 'no' }, { state: 'output-error', output: 'x' }];
    for (const part of none) {
      expect(() => given(part)).toThrow(expect.objectContaining({ code: 'invalid_input', faults: [expect.objectContaining({ path: '/messages' })] }));
    }
    expect(given({ state: 'input-available', input: {}, output: 'x' })).toEqual([]);
    const open: JsonObject[] = [{ state: 'approval-responded' }, { state: 'approval-responded', approval: { approved: 'yes' } }, { state: 'approval-requested', approval: { approved: true } }];
    for (const part of open) expect(given(part, { type: 'boolean' })).toEqual([]);
  });
});
