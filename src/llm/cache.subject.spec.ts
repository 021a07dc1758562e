import { describe, expect, it } from '@jest/globals';
import { type JsonValue } from '../contract/json.js';
import { llmSubject } from './cache.subject.js';

const user = (content: JsonValue) => ({ role: 'user', content });
const TALK = [user('Hello'), { role: 'assistant', content: 'Yes?' }];

describe('what the answer of a model depends on', () => {
  it.each<[string, JsonValue, object]>([
    ['a text', 'Why?', { model: 'p/m', fixed: {}, prompt: 'Why?' }],
    ['a prompt', { prompt: 'Why?', system: 's', tools: ['t'] }, { model: 'p/m', fixed: { system: 's', tools: ['t'] }, prompt: 'Why?' }],
    ['a model of its own', { prompt: 'Why?', model: 'q/n' }, { model: 'q/n', fixed: {}, prompt: 'Why?' }],
    ['a prompt that is no text', { prompt: { q: 1 }, system: 's' }, { model: 'p/m', fixed: { prompt: { q: 1 }, system: 's' } }],
    ['a conversation', { messages: [...TALK, user('Why?')], temperature: 0 }, { model: 'p/m', fixed: { temperature: 0, messages: TALK }, prompt: 'Why?' }],
    ['a conversation that ends with parts', { messages: [...TALK, user([{ type: 'text', text: 'Why?' }])] }, { model: 'p/m', fixed: { messages: [...TALK, user([{ type: 'text', text: 'Why?' }])] } }],
    ['what is no message of a user', { messages: [...TALK, { ...user('Why?'), name: 'x' }] }, { model: 'p/m', fixed: { messages: [...TALK, { ...user('Why?'), name: 'x' }] } }],
    // Refused when it runs: the answer to either of the two is not one to it.
    ['a prompt beside a conversation', { prompt: 'Why?', messages: TALK }, { model: 'p/m', fixed: { prompt: 'Why?', messages: TALK } }],
    ['a conversation that the model ends', { messages: TALK }, { model: 'p/m', fixed: { messages: TALK } }],
    ['what is no input of it', [1], { model: 'p/m', fixed: { prompt: [1] } }],
  ])('is, of %s, itself, the prompt and all else', (_what, input, subject) => expect(llmSubject(input, 'p/m')).toEqual(subject));

  it('are the server that answers, and tools as the model is told of them, too', () => {
    const world = { addressOf: (model: string) => (model === 'p/m' ? 'http://one/v1' : undefined), toolOf: (name: string) => (name === 't' ? { name, schema: {} } : undefined) };
    expect(llmSubject({ prompt: 'Why?', tools: ['t', 'u'] }, 'p/m', world)).toEqual({ model: 'p/m at http://one/v1', fixed: { tools: [{ name: 't', schema: {} }, 'u'] }, prompt: 'Why?' });
    expect(llmSubject({ prompt: 'Why?', model: 'q/n', tools: 't' }, 'p/m', world)).toEqual({ model: 'q/n', fixed: { tools: 't' }, prompt: 'Why?' });
    expect(llmSubject({ messages: [user('Why?')], tools: ['t'] }, 'p/m', world)).toEqual({ model: 'p/m at http://one/v1', fixed: { tools: [{ name: 't', schema: {} }], messages: [] }, prompt: 'Why?' });
  });

  it('is nothing of a model where none is named', () => expect(llmSubject('Why?', undefined)).toEqual({ fixed: {}, prompt: 'Why?' }));
});
