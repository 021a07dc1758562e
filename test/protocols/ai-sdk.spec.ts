/** The AI SDK's own chat and transport, versions 6 and 7, run workflows over HTTP, and survive what befalls the line and the service. */
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import { type WorkflowDefinition } from '../../src/contract/definition.js';
import { TestApp } from '../support/app.js';
import { API, KEYS } from '../support/client.js';
import { eventually } from '../support/patience.js';
import { FaultProxy } from '../support/proxy.js';
import { TestChat } from './support/chat.js';
import { valuesIn } from './support/frames.js';
import { sceneOf, store, TEXTS, writeParts } from './support/scene.js';
import { type Chunk, checkChunks, expectNothingOpen, readMessage, textsIn, type UiMessage, VERSIONS } from './support/ui-messages.js';

const APPROVAL: WorkflowDefinition = {
  name: 'approval',
  steps: [
    { type: 'agent', name: 'draft', agent: 'tokens', input: { text: 'We launch on Friday.' } },
    { type: 'input', name: 'approve', prompt: 'Publish?', schema: { type: 'boolean' } },
    { type: 'conditional', name: 'publish', when: 'steps.approve.output', then: { type: 'agent', name: 'out', agent: 'tokens', input: { text: 'It is out.' } }, else: { type: 'agent', name: 'not', agent: 'echo', input: 'It is not.' } },
  ],
};
const QUESTIONS: WorkflowDefinition = {
  name: 'questions',
  steps: [
    {
      type: 'parallel', name: 'ask',
      steps: [
        { type: 'input', name: 'colour', prompt: 'Which colour?', schema: { enum: ['red', 'blue'] } },
        { type: 'sequential', name: 'sure', steps: [{ type: 'agent', name: 'wait', agent: 'delay', input: { ms: 20 } }, { type: 'input', name: 'really', schema: { type: 'boolean' } }] },
      ],
    },
    { type: 'agent', name: 'say', agent: 'tokens', input: { text: 'So {{steps.colour.output}}.' } },
  ],
};
const TALK: WorkflowDefinition = {
  name: 'talk',
  inputSchema: { type: 'object', required: ['messages'], properties: { messages: { type: 'array' } } },
  steps: [{ type: 'agent', name: 'back', agent: 'echo', input: '{{input.messages}}' }],
};

describe.each(VERSIONS)('the chat of the AI SDK %d', (version) => {
  let app: TestApp;
  let proxy: FaultProxy;
  const apiOf = (workflow: string, base = app.base) => `${base}${API}/chat/${workflow}?version=${version}`;
  const chatOf = (workflow: string, more: { base?: string; id?: string; automatic?: boolean; messages?: never[]; body?: object } = {}) =>
    new TestChat({ version, api: apiOf(workflow, more.base), key: KEYS.alice, ...more });

  beforeEach(async () => {
    app = await TestApp.start({ platform: version === 6 ? 'express' : 'fastify' });
    proxy = await FaultProxy.to(app.port);
    writeParts(app.stage);
    for (const definition of [sceneOf('scene'), sceneOf('held', true), APPROVAL, QUESTIONS, TALK]) await store(app.alice, definition);
  });
  afterEach(async () => {
    await proxy.close();
    await app.close();
  });

  const expectScene = (message: UiMessage): void => {
    expect(textsIn(message)).toEqual(TEXTS);
    expect(textsIn(message, 'reasoning')).toEqual({ 'both/search': 'I should look it up.' });
    expectNothingOpen(message);
    const tools = message.parts.filter(({ type }) => type === 'dynamic-tool');
    expect(tools.map(({ toolName, state, input, output, errorText }) => ({ toolName, state, input, ...(output === undefined ? {} : { output }), ...(errorText === undefined ? {} : { errorText }) }))).toEqual([
      { toolName: 'catalogue', state: 'output-available', input: { topic: 'tides' }, output: { books: 2 } },
      { toolName: 'shelf', state: 'output-error', input: {}, errorText: 'nobody is there' },
    ]);
    const step = (id: string) => message.parts.find((part) => part.type === 'data-step' && part.id === id)?.data;
    expect(step('both')).toMatchObject({ type: 'parallel', status: 'completed' });
    expect(step('both/again/write')).toMatchObject({ status: 'completed', attempt: 2, superseded: 1 });
    expect(message.metadata).toMatchObject({ executionId: message.id, usage: { inputTokens: 20, outputTokens: 10 } });
  };

  it('runs a workflow with branches, tools and a retry', async () => {
    const chat = chatOf('scene', { id: 'chat-1' });
    await chat.chat.sendMessage({ text: 'tides, please' });
    expect(chat.state.error).toBeUndefined();
    expectScene(chat.message);
    expect(chat.finishReason).toBe('stop');
    expect(chat.data.filter(({ type }) => type === 'data-output').map(({ data }) => data)).toContainEqual({ step: 'plan', output: TEXTS.plan });
    const progress = chat.data.filter(({ type }) => type === 'data-progress').map(({ data }) => (data as { progress: number }).progress);
    expect(progress.length).toBeGreaterThan(0);
    expect(progress.toSorted((a, b) => a - b)).toEqual(progress);

    const status = await app.alice.status(chat.message.id);
    expect(status).toMatchObject({ workflow: 'scene', sessionId: 'chat-1', status: 'completed' });
    const [first] = await app.alice.follow(chat.message.id);
    expect(first).toMatchObject({ data: { input: { prompt: 'tides, please' } } });
  });

  it('is sent nothing that it does not know, and text that a lone retry has voided only where it cannot take it back', async () => {
    await store(app.alice, { name: 'lone', steps: [{ type: 'retry', name: 'again', maxAttempts: 2, backoff: { delayMs: 0, jitter: false }, step: { type: 'agent', name: 'write', agent: 'play', input: { part: 'write' } } }] });
    const id = await app.alice.start('lone');
    await app.alice.follow(id);
    const answer = await app.alice.get(`/executions/${id}/stream?protocol=ai-sdk&version=${version}`);
    expect(answer.status).toBe(200);
    expect(answer.headers).toMatchObject({ 'x-vercel-ai-ui-message-stream': 'v1', 'content-type': 'text/event-stream', 'x-accel-buffering': 'no' });
    const chunks = valuesIn<Chunk>(answer.text);
    await checkChunks(version, chunks);
    // Who does not say a version is sent what every version knows.
    const unsaid = await app.alice.get(`/executions/${id}/stream?protocol=ai-sdk`);
    await checkChunks(6, valuesIn<Chunk>(unsaid.text));
    const { message } = await readMessage(version, chunks);
    expect(message.parts.filter(({ type }) => type === 'text').map(({ text }) => text)).toEqual(version === 7 ? ['It works now.'] : ['It does not wor', 'It works now.']);
    expect(textsIn(message)).toEqual({ 'again/write': 'It works now.' });
  });

  it.each([1500, 3200, undefined])('goes on after its line was cut (after %s bytes)', async (cutAfter) => {
    proxy.cutAfter = cutAfter;
    const chat = chatOf('held', { base: proxy.base });
    const sent = chat.chat.sendMessage({ text: 'tides' });
    if (cutAfter === undefined) {
      await app.stage.gate((await chat.until(() => true, 'an answer')).id, 'hold').arrived;
      proxy.cut();
    }
    await sent;
    expect(chat.state.status).toBe('error');
    proxy.cutAfter = undefined;
    const resumed = chat.chat.resumeStream();
    const { id } = await chat.until((message) => textsIn(message)['both/again/write'] === TEXTS['both/again/write'], 'what was missed');
    app.stage.gate(id, 'hold').open();
    await resumed;
    expect(chat.state.error).toBeUndefined();
    expectScene(chat.message);
    expect(chat.state.messages).toHaveLength(2);
  });

  it('is told when the service stops, and goes on after its restart', async () => {
    const chat = chatOf('held', { base: proxy.base });
    const sent = chat.chat.sendMessage({ text: 'tides' });
    const { id } = await chat.until((message) => textsIn(message)['both/again/write'] === TEXTS['both/again/write'], 'the text before the stop');
    await app.stage.gate(id, 'hold').arrived;
    app = await app.restart();
    await sent;
    expect(chat.state.error?.message).toContain('shutting down');
    proxy.retarget(app.port);
    const resumed = chat.chat.resumeStream();
    await chat.until(({ parts }) => parts.some((part) => part.id === 'hold' && part.data?.['attempt'] === 2), 'the second attempt');
    app.stage.gate(id, 'hold', 2).open();
    await resumed;
    expect(chat.state.error).toBeUndefined();
    expectScene(chat.message);
  });

  it.each([true, false])('answers an approval with %s, by a message of its own or by itself', async (approved) => {
    for (const automatic of [true, false]) {
      const chat = chatOf('approval', { automatic });
      await chat.chat.sendMessage({ text: 'go' });
      expect(chat.finishReason).toBe('tool-calls');
      const { id } = chat.message;
      expect((await app.alice.status(id)).status).toBe('waiting');
      const asked = chat.message.parts.find(({ type }) => type === 'dynamic-tool');
      expect(asked).toMatchObject({ toolName: 'approve', state: 'approval-requested', input: { prompt: 'Publish?', schema: { type: 'boolean' } } });
      await chat.chat.addToolApprovalResponse({ id: asked?.approval?.id as string, approved });
      if (!automatic) await chat.chat.sendMessage();
      const message = await chat.until(({ parts }) => parts.some(({ type, data }) => type === 'data-workflow' && data?.['status'] === 'completed'), 'the end of the workflow');
      await chat.settled();
      expect(chat.state.error).toBeUndefined();
      expect(message.id).toBe(id);
      expect(textsIn(message)).toEqual(approved ? { draft: 'We launch on Friday.', 'publish/out': 'It is out.' } : { draft: 'We launch on Friday.', '': 'It is not.' });
      expect(message.parts.find(({ type }) => type === 'dynamic-tool')?.state).toBe(approved ? 'output-available' : 'output-denied');
      expect(chat.state.messages).toHaveLength(2);
    }
  });

  it('answers several questions at a time, of which one is no approval', async () => {
    const chat = chatOf('questions', { automatic: true });
    await chat.chat.sendMessage({ text: 'go' });
    const { id } = chat.message;
    const asked = chat.message.parts.filter(({ type }) => type === 'dynamic-tool');
    expect(asked.map(({ toolName, state }) => [toolName, state]).toSorted()).toEqual([['colour', 'input-available'], ['really', 'approval-requested']]);
    const named = (name: string) => asked.find(({ toolName }) => toolName === name);
    await chat.chat.addToolOutput({ tool: 'colour', toolCallId: named('colour')?.toolCallId as string, output: 'blue' });
    // Sent when both are answered, and not before.
    expect((await app.alice.status(id)).status).toBe('waiting');
    await chat.chat.addToolApprovalResponse({ id: named('really')?.approval?.id as string, approved: true });
    const message = await chat.until((given) => textsIn(given)['say'] === 'So blue.', 'the answer');
    await chat.settled();
    expect(chat.state.error).toBeUndefined();
    expect(message.id).toBe(id);
    expect(message.parts.filter(({ type }) => type === 'dynamic-tool').map(({ toolName, output }) => [toolName, output]).toSorted()).toEqual([['colour', 'blue'], ['really', true]]);
  });

  it('shows its question again when the page is loaded anew, and takes the answer there', async () => {
    const chat = chatOf('approval', { id: 'page' });
    await chat.chat.sendMessage({ text: 'go' });
    const again = chatOf('approval', { id: 'page', automatic: true });
    await again.chat.resumeStream();
    expect(again.finishReason).toBe('tool-calls');
    const asked = again.message.parts.find(({ type }) => type === 'dynamic-tool');
    expect(asked?.state).toBe('approval-requested');
    await again.chat.addToolApprovalResponse({ id: asked?.approval?.id as string, approved: true });
    await again.until((message) => textsIn(message)['publish/out'] === 'It is out.', 'the end');
    await again.settled();
    expect(textsIn(again.message)).toEqual({ draft: 'We launch on Friday.', 'publish/out': 'It is out.' });
    expect(again.requests).toBe(2);
  });

  it('sends the answer to a last question once', async () => {
    await store(app.alice, { name: 'last', steps: [{ type: 'input', name: 'word', prompt: 'A word?', schema: { type: 'string' } }] });
    const chat = chatOf('last', { automatic: true });
    await chat.chat.sendMessage({ text: 'go' });
    const asked = chat.message.parts.find(({ toolName }) => toolName === 'word');
    await chat.chat.addToolOutput({ tool: 'word', toolCallId: asked?.toolCallId as string, output: 'yes' });
    await chat.until((message) => textsIn(message)[''] === 'yes', 'the result');
    await chat.settled();
    // To stop waits for whatever is under way by then.
    await chat.chat.stop();
    expect(chat.requests).toBe(2);
    expect(chat.state.error).toBeUndefined();
  });

  it('is refused an answer that does not meet the schema, and can give another one', async () => {
    const chat = chatOf('questions', {});
    await chat.chat.sendMessage({ text: 'go' });
    const toolCallId = chat.message.parts.find(({ toolName }) => toolName === 'colour')?.toolCallId as string;
    await chat.chat.addToolOutput({ tool: 'colour', toolCallId, output: 'green' });
    await chat.chat.sendMessage();
    expect(chat.state.error?.message).toContain('invalid_input');
    await chat.chat.addToolOutput({ tool: 'colour', toolCallId, output: 'red' });
    await chat.chat.sendMessage();
    expect(chat.state.error).toBeUndefined();
    expect(chat.finishReason).toBe('tool-calls');
    // The same once more, as of a client that did not hear the answer: it is brought to where the execution is.
    await chat.chat.sendMessage();
    expect(chat.state.error).toBeUndefined();
    expect((await app.alice.status(chat.message.id)).steps['ask/colour']).toMatchObject({ status: 'completed', output: 'red' });
    expect(chat.message.parts.filter(({ toolName }) => toolName === 'colour')).toHaveLength(1);
  });

  it('keeps the conversation, without what turned out void', async () => {
    const chat = chatOf('scene', {});
    await chat.chat.sendMessage({ text: 'first' });
    const second = new TestChat({ version, api: apiOf('talk'), key: KEYS.alice, id: chat.chat.id, messages: chat.state.messages });
    await second.chat.sendMessage({ text: 'second' });
    expect(second.message.parts.find(({ type }) => type === 'data-result')?.data).toEqual([
      { role: 'user', content: 'first' },
      { role: 'assistant', content: expect.not.stringContaining('does not wor') },
      { role: 'user', content: 'second' },
    ]);
    const listed = (await app.alice.get(`/executions?sessionId=${chat.chat.id}`)).json as { executions: { workflow: string }[] };
    expect(listed.executions.map(({ workflow }) => workflow)).toEqual(['talk', 'scene']);
  });

  it('goes on when the reader stops, and finds what is left running when it comes back', async () => {
    const chat = chatOf('held', { id: 'tab' });
    const sent = chat.chat.sendMessage({ text: 'tides' });
    const { id } = await chat.until((message) => textsIn(message)['both/again/write'] === TEXTS['both/again/write'], 'the text');
    await app.stage.gate(id, 'hold').arrived;
    await chat.chat.stop();
    await sent;
    expect((await app.alice.status(id)).status).toBe('running');
    const other = chatOf('held', { id: 'tab' });
    const resumed = other.chat.resumeStream();
    await other.until((message) => textsIn(message)['both/again/write'] === TEXTS['both/again/write'], 'the text again');
    app.stage.gate(id, 'hold').open();
    await resumed;
    expectScene(other.message);
    // It has just ended, which a chat may have missed; a minute later nothing is left: it is ready, and no message came.
    const soon = chatOf('held', { id: 'tab' });
    await soon.chat.resumeStream();
    expectScene(soon.message);
    app.clock.aheadMs += 61_000;
    const late = chatOf('held', { id: 'tab' });
    await late.chat.resumeStream();
    expect([late.state.status, late.state.messages]).toEqual(['ready', []]);
    const stranger = await app.bob.get('/chat/held/tab/stream');
    expect(stranger.status).toBe(204);
  });

  it('hears of a failure and of a cancellation', async () => {
    await store(app.alice, { name: 'fails', steps: [{ type: 'agent', name: 'f', agent: 'flaky', input: { failures: 1 } }] });
    const failing = chatOf('fails', {});
    await failing.chat.sendMessage({ text: 'go' });
    expect(failing.state.status).toBe('error');
    expect(failing.state.error?.message).toMatch(/fail/);
    expect(failing.message.parts.find(({ type }) => type === 'data-workflow')?.data).toMatchObject({ status: 'failed' });

    const cancelled = chatOf('held', {});
    const sent = cancelled.chat.sendMessage({ text: 'go' });
    const { id } = await cancelled.until(() => true, 'an answer');
    await app.stage.gate(id, 'hold').arrived;
    expect((await app.alice.post(`/executions/${id}/cancel`)).status).toBe(202);
    await sent;
    expect(cancelled.state.error).toBeUndefined();
    expect(cancelled.message.parts.find(({ type }) => type === 'data-workflow')?.data).toMatchObject({ status: 'cancelled' });
  });
});

describe('the routes of chats', () => {
  let app: TestApp;
  beforeAll(async () => {
    app = await TestApp.start();
    await store(app.alice, TALK);
    await store(app.alice, { name: 'told', inputSchema: { type: 'object', required: ['a', 'b'], properties: { a: { type: 'string' }, b: { type: 'number' } } }, steps: [{ type: 'agent', name: 'e', agent: 'echo' }] });
  });
  afterAll(() => app.close());

  const message = (text: string) => ({ id: 'm', role: 'user', parts: [{ type: 'text', text }] });

  it.each<[string, object, number, string]>([
    ['nobody', { id: 'c', messages: [message('x')] }, 404, 'not_found'],
    ['talk', { messages: [message('x')] }, 400, 'invalid_request'],
    ['talk', { id: 'c', messages: [] }, 400, 'invalid_request'],
    ['talk', { id: 'c', messages: [{ role: 'user', content: 'old' }] }, 400, 'invalid_request'],
    ['talk', { id: 'c', messages: [{ id: 'x', role: 'system', parts: [] }] }, 400, 'invalid_request'],
    ['talk', { id: 'c', messages: [message('x'), { id: randomUUID(), role: 'assistant', parts: [] }] }, 404, 'not_found'],
    ['told', { id: 'c', messages: [message('x')] }, 400, 'invalid_request'],
    ['told', { id: 'c', messages: [message('x')], input: { a: 'x' } }, 400, 'invalid_input'],
    ['talk?version=5', { id: 'c', messages: [message('x')] }, 400, 'invalid_request'],
  ])('refuse %s %j with %d before anything is started', async (workflow, body, status, code) => {
    const before = await app.alice.count();
    const answer = await app.alice.post(`/chat/${workflow}`, body);
    expect([answer.status, (answer.json as { code: string }).code]).toEqual([status, code]);
    expect(await app.alice.count()).toBe(before);
  });

  it('take an input that is given, and repeat a start by its key', async () => {
    const body = { id: 'c', messages: [message('x')], input: { a: 'given', b: 2 } };
    const [first, second] = [await app.alice.post('/chat/told', body, { 'idempotency-key': 'k' }), await app.alice.post('/chat/told', body, { 'idempotency-key': 'k' })];
    expect(valuesIn<Chunk>(first.text)).toContainEqual(expect.objectContaining({ type: 'data-result', data: { a: 'given', b: 2 } }));
    expect(second.text.replace(/^\n*/, '')).toBe(first.text.replace(/^\n*/, ''));
    expect(await eventually(() => app.alice.get('/executions?workflow=told').then(({ json }) => (json as { executions: unknown[] }).executions.length), 'the list')).toBe(1);
    await store(app.alice, { name: 'any', steps: [{ type: 'agent', name: 'e', agent: 'echo' }] });
    const none = await app.alice.post('/chat/any', { id: 'c', messages: [message('x')], input: null });
    expect(valuesIn<Chunk>(none.text)).toContainEqual(expect.objectContaining({ type: 'data-result', data: null }));
  });

  it('keep what belongs to another user to that user', async () => {
    const started = await app.alice.post('/chat/talk', { id: 'mine', messages: [message('x')] });
    const [start] = valuesIn<Chunk>(started.text);
    const answer = await app.bob.post('/chat/talk', { id: 'mine', messages: [message('x'), { id: start?.['messageId'], role: 'assistant', parts: [] }] });
    expect(answer.status).toBe(404);
    // One's own, but of another workflow.
    expect((await app.alice.post('/chat/told', { id: 'mine', messages: [message('x'), { id: start?.['messageId'], role: 'assistant', parts: [] }] })).status).toBe(404);
  });

  it.each(['protocol=sse', 'protocol=ai-sdk&version=8', 'protocol=ai-sdk&from=latest', 'protocol=ai-sdk&types=message', 'protocol=ag-ui&named=false', 'protocol=text&heartbeat=event', 'protocol=text&lastEventId=1', 'version=7', 'step=a'])('refuse streams with ?%s', async (query) => {
    const id = await app.alice.start({ name: 'w', steps: [{ type: 'agent', name: 'a', agent: 'echo' }] });
    const answer = await app.alice.get(`/executions/${id}/stream?${query}`);
    expect([answer.status, (answer.json as { code: string }).code]).toEqual([400, 'invalid_request']);
    expect((await app.alice.get(`/stream?executions=${id}&protocol=ai-sdk`)).status).toBe(400);
  });
});
