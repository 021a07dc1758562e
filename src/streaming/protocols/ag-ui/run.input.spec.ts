import { describe, expect, it } from '@jest/globals';
import { type JsonObject } from '../../../contract/json.js';
import { conversationOfRun, parseRun } from './run.input.js';

const run = (more: JsonObject = {}): JsonObject => ({ threadId: 't', runId: 'r', messages: [], ...more });

describe('what an agent sends', () => {
  it('is a run, with what a schema may ask for', () => {
    expect(parseRun(run())).toEqual({ threadId: 't', runId: 'r', messages: [], state: null, resume: [], more: { state: null } });
    expect(parseRun(run({ state: 1, tools: [], context: [], forwardedProps: { input: [1], other: 2 }, resume: [{ interruptId: 'i', status: 'resolved' }, { interruptId: 'j', status: 'cancelled', payload: 1 }] }))).toEqual({
      threadId: 't', runId: 'r', messages: [], state: 1, input: [1], more: { state: 1, tools: [], context: [], forwardedProps: { input: [1], other: 2 } },
      resume: [{ interruptId: 'i', status: 'resolved', payload: null }, { interruptId: 'j', status: 'cancelled', payload: 1 }],
    });
  });

  it('has ids of 200 characters at most', () => {
    const id = 'x'.repeat(200);
    expect(parseRun(run({ threadId: id, runId: id }))).toMatchObject({ threadId: id, runId: id });
  });

  it.each<[JsonObject, string]>([
    [{ threadId: 7 }, '/threadId'], [{ runId: '' }, '/runId'], [{ runId: 'x'.repeat(201) }, '/runId'], [{ messages: {} }, '/messages'], [{ messages: [{ id: 'x', role: 'user' }, { id: 'y' }] }, '/messages/1'],
    [{ resume: {} }, '/resume'], [{ resume: [{}] }, '/resume/0'], [{ resume: [{ interruptId: 'i' }] }, '/resume/0/status'],
  ])('%j is refused at %s', (more, path) => {
    expect(() => parseRun(run(more))).toThrow(expect.objectContaining({ code: 'invalid_request', faults: [expect.objectContaining({ path })] }));
  });

  it('is a conversation, without what is neither said nor shown', () => {
    const messages = [
      { id: '1', role: 'system', content: 'be good' },
      { id: '2', role: 'user', content: [{ type: 'text', text: 'see' }, { type: 'document', source: { type: 'data', value: 'aGk=' } }, { type: 'image', source: { type: 'url', value: 'https://files.test/a.png' } }, { type: 'audio' }, 'x'] },
      { id: '3', role: 'assistant', toolCalls: [] }, { id: '4', role: 'tool', content: 'x' }, { id: '5', role: 'reasoning', content: 'hm' }, { id: '6', role: 'assistant', content: 'I see.' },
    ];
    expect(conversationOfRun(parseRun(run({ messages: messages as unknown as JsonObject[] }))).messages).toEqual([
      { role: 'user', content: [{ type: 'text', text: 'see' }, { type: 'file', data: 'aGk=', mediaType: 'application/octet-stream' }, { type: 'file', data: 'https://files.test/a.png', mediaType: 'image/*' }] },
      { role: 'assistant', content: 'I see.' },
    ]);
  });
});
