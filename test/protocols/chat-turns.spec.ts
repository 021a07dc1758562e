/** Chats of several turns, of the AI SDK's own making: what is answered late, what is answered by an error, what was left behind. */
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { type WorkflowDefinition } from '../../src/contract/definition.js';
import { TestApp } from '../support/app.js';
import { API, KEYS } from '../support/client.js';
import { eventually } from '../support/patience.js';
import { TestChat } from './support/chat.js';
import { store } from './support/scene.js';
import { textsIn, type UiMessage, VERSIONS } from './support/ui-messages.js';

const SCHEMA = { type: 'object', required: ['prompt'], properties: { prompt: { type: 'string' } } };
const ASKS: WorkflowDefinition = {
  name: 'asks',
  inputSchema: SCHEMA,
  steps: [
    {
      type: 'conditional', name: 'if', when: 'input.prompt == "ask"',
      then: { type: 'input', name: 'approve', prompt: 'Publish?', schema: { type: 'boolean' } },
      else: { type: 'conditional', name: 'or', when: 'input.prompt == "hold"', then: { type: 'agent', name: 'hold', agent: 'gate' }, else: { type: 'input', name: 'title', schema: { type: 'string' } } },
    },
    { type: 'agent', name: 'say', agent: 'tokens', input: { text: 'Done: {{input.prompt}}.' } },
  ],
};

describe.each(VERSIONS)('turns of a chat of the AI SDK %d', (version) => {
  let app: TestApp;
  const chatOf = ({ workflow = 'asks', ...more }: { workflow?: string; id?: string; automatic?: boolean; messages?: TestChat['state']['messages'] } = {}) =>
    new TestChat({ version, api: `${app.base}${API}/chat/${workflow}?version=${version}`, key: KEYS.alice, ...more });

  beforeEach(async () => {
    app = await TestApp.start();
    await store(app.alice, ASKS);
  });
  afterEach(() => app.close());

  it('take the answer to a question of an earlier one, in its place', async () => {
    const chat = chatOf();
    await chat.chat.sendMessage({ text: 'ask' });
    const { id, parts } = chat.message;
    const approvalId = parts.find(({ type }) => type === 'dynamic-tool')?.approval?.id as string;
    await chat.chat.sendMessage({ text: 'go on' });
    const other = chat.message;
    await chat.chat.addToolApprovalResponse({ id: approvalId, approved: true });
    await chat.chat.sendMessage();
    expect(chat.state.error).toBeUndefined();
    expect((await app.alice.status(id)).status).toBe('completed');
    const messages = chat.state.messages as unknown as UiMessage[];
    expect(messages[3]).toEqual(other);
    expect(messages.map(({ role }) => role)).toEqual(['user', 'assistant', 'user', 'assistant']);
    expect(textsIn(messages[1] as UiMessage)).toEqual({ say: 'Done: ask.' });
    expect(await app.alice.count()).toBe(2);
  });

  it('can be had again, and begun anew with other words', async () => {
    await store(app.alice, { name: 'say', inputSchema: SCHEMA, steps: [{ type: 'agent', name: 'say', agent: 'tokens', input: { text: 'Done: {{input.prompt}}.' } }] });
    const chat = chatOf({ workflow: 'say' });
    const shown = () => (chat.state.messages as unknown as UiMessage[]).map((message) => (message.role === 'user' ? message.parts[0]?.text : textsIn(message)['say']));
    await chat.chat.sendMessage({ text: 'one' });
    await chat.chat.sendMessage({ text: 'two' });
    const [, first, , last] = chat.state.messages.map(({ id }) => id);
    await chat.chat.regenerate();
    expect(shown()).toEqual(['one', 'Done: one.', 'two', 'Done: two.']);
    expect([chat.state.messages[1]?.id === first, chat.state.messages[3]?.id === last]).toEqual([true, false]);
    await chat.chat.regenerate({ messageId: first as string });
    expect(shown()).toEqual(['one', 'Done: one.']);
    await chat.chat.sendMessage({ text: 'other', messageId: chat.state.messages[0]?.id as string });
    expect(shown()).toEqual(['other', 'Done: other.']);
    expect(chat.state.error).toBeUndefined();
    expect(await app.alice.count()).toBe(5);
  });

  it('are not repeated for ever where a question is answered by an error', async () => {
    const chat = chatOf({ automatic: true });
    await chat.chat.sendMessage({ text: 'title' });
    const toolCallId = chat.message.parts.find(({ toolName }) => toolName === 'title')?.toolCallId as string;
    await chat.chat.addToolOutput({ state: 'output-error', tool: 'title', toolCallId, errorText: 'I will not say' });
    await chat.until(() => chat.requests > 1, 'the answer that is sent');
    await chat.settled();
    expect(chat.requests).toBe(2);
    expect(chat.state.error?.message).toContain('invalid_input');
    await chat.chat.addToolOutput({ tool: 'title', toolCallId, output: 'Tides' });
    await chat.until((message) => textsIn(message)['say'] === 'Done: title.', 'the end');
  });

  it('give an answered question an end, though its attempt has failed meanwhile', async () => {
    await store(app.alice, {
      name: 'again',
      steps: [{
        type: 'retry', name: 'r', maxAttempts: 2, backoff: { delayMs: 0, jitter: false },
        step: { type: 'sequential', name: 's', steps: [{ type: 'input', name: 'approve', schema: { type: 'boolean' } }, { type: 'agent', name: 'flaky', agent: 'flaky', input: { failures: 1 } }] },
      }],
    });
    const chat = chatOf({ workflow: 'again' });
    const questions = () => chat.message.parts.filter(({ type }) => type === 'dynamic-tool');
    await chat.chat.sendMessage({ text: 'go' });
    for (const attempt of [1, 2]) {
      expect(questions()).toHaveLength(attempt);
      await chat.chat.addToolApprovalResponse({ id: questions().at(-1)?.approval?.id as string, approved: true });
      // The answer comes by another way first, and the attempt after it: its own comes when that is long over.
      await app.alice.post(`/executions/${chat.message.id}/input`, { value: true });
      await eventually(async () => {
        const { status, steps } = await app.alice.status(chat.message.id);
        return status === 'completed' || (status === 'waiting' && steps['r/s/approve']?.attempt === attempt + 1);
      }, 'the next question, or the end');
      await chat.chat.sendMessage();
      expect(chat.state.error).toBeUndefined();
    }
    expect(questions().map(({ state }) => state)).toEqual(['output-error', 'output-available']);
    expect((await app.alice.status(chat.message.id)).status).toBe('completed');
  });

  it('resume the latest one, though a question of an earlier one is still open', async () => {
    const chat = chatOf({ id: 'c' });
    await chat.chat.sendMessage({ text: 'ask' });
    const asked = chat.message.id;
    const next = chatOf({ id: 'c', messages: chat.state.messages });
    const sent = next.chat.sendMessage({ text: 'hold' });
    const { id } = await next.until((message) => message.id !== asked, 'the second answer');
    await app.stage.gate(id, 'if/or/hold').arrived;
    await next.chat.stop();
    await sent;
    app.stage.gate(id, 'if/or/hold').open();
    await app.alice.follow(id);
    await next.chat.resumeStream();
    expect(next.message.id).toBe(id);
    expect(textsIn(next.message)).toEqual({ say: 'Done: hold.' });
    // Once that is over for good, what is still open is shown again.
    app.clock.aheadMs += 61_000;
    const again = chatOf({ id: 'c' });
    await again.chat.resumeStream();
    expect(again.message.id).toBe(asked);
    // Of several that have not ended the latest, whether it runs or waits.
    const start = async (prompt: string) => ((await app.alice.post('/workflows/asks/executions', { input: { prompt }, sessionId: 'c' })).json as { id: string }).id;
    const held = await start('hold');
    await app.executions.cancel(await start('ask'));
    app.clock.aheadMs += 61_000;
    const late = chatOf({ id: 'c' });
    const resumed = late.chat.resumeStream();
    await late.until((message) => message.id === held, 'what is held');
    app.stage.gate(held, 'if/or/hold').open();
    await resumed;
    expect(textsIn(late.message)).toEqual({ say: 'Done: hold.' });
  });
});
