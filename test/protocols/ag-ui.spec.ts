/** AG-UI's own `HttpAgent` runs workflows over HTTP, and survives what befalls the line and the service. */
import { type AgentSubscriber, HttpAgent } from '@ag-ui/client';
import { type BaseEvent, EventType, type Interrupt, type Message } from '@ag-ui/core';
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import { type WorkflowDefinition } from '../../src/contract/definition.js';
import { TestApp } from '../support/app.js';
import { API, KEYS } from '../support/client.js';
import { eventually } from '../support/patience.js';
import { FaultProxy } from '../support/proxy.js';
import { quietFetch, readRun, textsOf } from './support/ag-ui.js';
import { framesIn, valuesIn } from './support/frames.js';
import { sceneOf, store, TEXTS, writeParts } from './support/scene.js';

const ASKS: WorkflowDefinition = {
  name: 'asks',
  steps: [
    { type: 'agent', name: 'draft', agent: 'tokens', input: { text: 'A draft.' } },
    { type: 'parallel', name: 'both', steps: [{ type: 'input', name: 'approve', prompt: 'Publish?', schema: { type: 'boolean' } }, { type: 'input', name: 'title', schema: { type: 'string', minLength: 2 } }] },
    { type: 'agent', name: 'say', agent: 'tokens', input: { text: 'Called {{steps.title.output}}.' } },
  ],
};

const newId = (): string => randomUUID();

interface Seen {
  events: BaseEvent[];
  errors: { code?: string; message: string }[];
  interrupts: Interrupt[];
  outcome?: string;
}

/** A subscriber that keeps what it is told. */
function watcher(): Seen & { subscriber: AgentSubscriber } {
  const seen: Seen & { subscriber: AgentSubscriber } = { events: [], errors: [], interrupts: [], subscriber: {} };
  seen.subscriber = {
    onEvent: ({ event }) => void seen.events.push(event),
    onRunErrorEvent: ({ event }) => void seen.errors.push(event),
    onRunFinishedEvent: (params) => {
      seen.outcome = params.outcome;
      if (params.outcome === 'interrupt') seen.interrupts = params.interrupts;
    },
  };
  return seen;
}

describe('the agent of AG-UI', () => {
  let app: TestApp;
  let proxy: FaultProxy;
  const warn = jest.spyOn(console, 'warn');
  const complain = jest.spyOn(console, 'error');

  beforeEach(async () => {
    warn.mockClear();
    complain.mockClear();
    complain.mockImplementation(() => undefined);
    app = await TestApp.start();
    proxy = await FaultProxy.to(app.port);
    writeParts(app.stage);
    for (const definition of [sceneOf('scene'), sceneOf('held', true), ASKS]) await store(app.alice, definition);
  });
  afterEach(async () => {
    // Whatever is not of the protocol, a client takes out with a warning.
    expect(warn.mock.calls).toEqual([]);
    await proxy.close();
    await app.close();
  });

  const agentOf = (workflow: string, { base = app.base, state = {}, threadId = newId(), messages = [{ id: 'u1', role: 'user', content: 'tides' }] as Message[] } = {}) =>
    new HttpAgent({ url: `${base}${API}/ag-ui/${workflow}`, headers: { 'x-api-key': KEYS.alice }, fetch: quietFetch, threadId, initialMessages: messages, initialState: state });
  const executionOf = (agent: HttpAgent) => (agent.state as { stepcast: { executionId: string; status: string; progress: number } }).stepcast;

  const expectScene = (agent: HttpAgent): void => {
    const { executionId } = executionOf(agent);
    expect(textsOf(agent.messages, executionId)).toEqual(TEXTS);
    expect(textsOf(agent.messages, executionId, 'reasoning')).toEqual({ 'both/search': 'I should look it up.' });
    expect(agent.messages.filter(({ role }) => role === 'user').map(({ content }) => content)).toEqual(['tides']);
    expect(agent.messages.filter(({ role }) => role === 'tool').map(({ content }) => content)).toEqual(['{"books":2}', '{"error":"nobody is there"}']);
    expect(agent.messages.flatMap((message) => (message.role === 'assistant' ? (message.toolCalls ?? []) : [])).map((call) => call.function)).toEqual([
      { name: 'catalogue', arguments: '{"topic":"tides"}' }, { name: 'shelf', arguments: '{}' },
    ]);
    expect(new Set(agent.messages.map(({ id }) => id)).size).toBe(agent.messages.length);
  };

  it('runs a workflow with branches, tools and a retry, with an app\'s own state beside ours', async () => {
    const agent = agentOf('scene', { threadId: 'thread-1', state: { mine: [1] } });
    const seen = watcher();
    const { result } = await agent.runAgent({ runId: 'run-1' }, seen.subscriber);
    expectScene(agent);
    expect(result).toBe(TEXTS.close);
    expect(seen.outcome).toBe('success');
    expect(agent.state).toMatchObject({ mine: [1], stepcast: { status: 'completed', progress: 1, usage: { inputTokens: 20 }, steps: { both: { status: 'completed' }, 'both/again/write': { attempt: 2 } } } });
    await readRun(seen.events.filter(({ type }) => type !== EventType.RAW));
    expect(seen.events.at(-1)).toMatchObject({ type: 'RUN_FINISHED', threadId: 'thread-1', runId: 'run-1', usage: [{ inputTokens: 20, outputTokens: 10, totalTokens: 30 }] });
    expect(seen.events.map(({ type }) => type)).toEqual(expect.arrayContaining([EventType.MESSAGES_SNAPSHOT, EventType.STATE_DELTA, EventType.STEP_STARTED, EventType.TOOL_CALL_RESULT]));
    expect(await app.alice.status(executionOf(agent).executionId)).toMatchObject({ sessionId: 'thread-1', workflow: 'scene' });
  });

  it.each([1800, 2600, undefined])('joins its run where that is, after its line was cut (after %s bytes)', async (cutAfter) => {
    proxy.cutAfter = cutAfter;
    const agent = agentOf('held', { base: proxy.base });
    const runId = randomUUID();
    const first = watcher();
    const cut = expect(agent.runAgent({ runId }, first.subscriber)).rejects.toThrow();
    if (cutAfter === undefined) {
      await app.stage.gate((await eventually(() => first.events.length > 0 && executionOf(agent), 'the run')).executionId, 'hold').arrived;
      proxy.cut();
    }
    await cut;
    expect(first.events.length).toBeGreaterThan(0);
    proxy.cutAfter = undefined;
    const seen = watcher();
    const again = agent.runAgent({ runId }, seen.subscriber);
    const { executionId } = await eventually(() => seen.events.length > 0 && executionOf(agent), 'the run again');
    await app.stage.gate(executionId, 'hold').arrived;
    app.stage.gate(executionId, 'hold').open();
    await again;
    expect(seen.events.slice(0, 3).map(({ type }) => type)).toEqual([EventType.RUN_STARTED, EventType.MESSAGES_SNAPSHOT, EventType.STATE_SNAPSHOT]);
    expectScene(agent);
    expect(await app.alice.count()).toBe(1);
  });

  it('takes no stop of the service for a success, and goes on after its restart', async () => {
    const agent = agentOf('held', { base: proxy.base });
    const runId = randomUUID();
    const seen = watcher();
    const run = agent.runAgent({ runId }, seen.subscriber);
    const { executionId } = await eventually(() => seen.events.length > 0 && executionOf(agent), 'the run');
    await app.stage.gate(executionId, 'hold').arrived;
    app = await app.restart();
    await run;
    expect(seen.errors).toMatchObject([{ code: 'shutting_down', message: expect.stringContaining('same runId') }]);
    expect(seen.outcome).toBeUndefined();
    proxy.retarget(app.port);
    const again = agent.runAgent({ runId });
    await app.stage.gate(executionId, 'hold', 2).arrived;
    app.stage.gate(executionId, 'hold', 2).open();
    await again;
    expectScene(agent);
    // And once more, of a run that is over: it is told all, and that it is over.
    const late = watcher();
    await agent.runAgent({ runId }, late.subscriber);
    expect(late.outcome).toBe('success');
    expectScene(agent);
  });

  it('is interrupted by questions, and answers them with a run of its own', async () => {
    const agent = agentOf('asks');
    const first = watcher();
    await agent.runAgent({}, first.subscriber);
    const { executionId } = executionOf(agent);
    expect(first.outcome).toBe('interrupt');
    expect(first.interrupts.map(({ reason, message, responseSchema }) => ({ reason, message, responseSchema }))).toEqual([
      { reason: 'input_required', message: 'Publish?', responseSchema: { type: 'boolean' } }, { reason: 'input_required', message: undefined, responseSchema: { type: 'string', minLength: 2 } },
    ]);
    expect(executionOf(agent).status).toBe('waiting');
    const answersOf = (title: string) => first.interrupts.map(({ id, message }) => ({ interruptId: id, status: 'resolved' as const, payload: message === 'Publish?' ? true : title }));
    // One of them does not meet its schema: that is refused, the other one stands.
    await expect(agent.runAgent({ resume: answersOf('x') })).rejects.toThrow('invalid_input');
    const second = watcher();
    await agent.runAgent({ resume: answersOf('Tides') }, second.subscriber);
    expect(second.outcome).toBe('success');
    expect(executionOf(agent).executionId).toBe(executionId);
    expect(textsOf(agent.messages, executionId)).toEqual({ draft: 'A draft.', say: 'Called Tides.' });
    expect((await app.alice.status(executionId)).steps).toMatchObject({ 'both/approve': { output: true }, 'both/title': { output: 'Tides' } });
    // The same once more, as of a client whose line broke: it is told where that is, and nothing is answered or started anew.
    const again = agentOf('asks', { threadId: agent.threadId });
    await again.runAgent({ resume: answersOf('Moons') });
    expect(textsOf(again.messages, executionId)).toEqual({ draft: 'A draft.', say: 'Called Tides.' });
    expect(await app.alice.count()).toBe(1);
  });

  it('cancels the execution by leaving a question', async () => {
    const agent = agentOf('asks');
    const seen = watcher();
    await agent.runAgent({}, seen.subscriber);
    const end = watcher();
    await agent.runAgent({ resume: seen.interrupts.map(({ id }) => ({ interruptId: id, status: 'cancelled' as const })) }, end.subscriber);
    expect(end.outcome).toBe('cancelled');
    expect((await app.alice.status(executionOf(agent).executionId)).status).toBe('cancelled');
  });

  it('answers no question of another workflow, and cancels only by a credential that may', async () => {
    const agent = agentOf('asks');
    const { subscriber, interrupts } = watcher();
    await agent.runAgent({}, { ...subscriber, onRunFinishedEvent: (params) => void (params.outcome === 'interrupt' && interrupts.push(...params.interrupts)) });
    const { json } = await app.root.post('/keys', { user: 'alice', scopes: ['workflows:run', 'executions:read'] });
    const limited = app.as({ 'x-api-key': (json as { key: string }).key });
    const body = (status: string) => ({ threadId: 't', runId: newId(), messages: [], resume: interrupts.map(({ id }) => ({ interruptId: id, status })) });
    expect(await app.alice.post('/ag-ui/scene', body('cancelled'))).toMatchObject({ status: 404, json: { code: 'not_found' } });
    expect(await limited.post('/ag-ui/asks', body('cancelled'))).toMatchObject({ status: 403, json: { code: 'forbidden', detail: expect.stringContaining('executions:cancel') } });
    expect((await app.alice.status(executionOf(agent).executionId)).status).toBe('waiting');
  });

  it('is told the end of a run that has ended once more, and nothing after it', async () => {
    const body = { threadId: 't', runId: 'r', messages: [{ id: 'u', role: 'user', content: 'x' }] };
    await app.alice.post('/ag-ui/scene', body);
    const events = valuesIn<BaseEvent>((await app.alice.post('/ag-ui/scene', body)).text);
    expect(events.map(({ type }) => type)).toEqual(['RUN_STARTED', 'MESSAGES_SNAPSHOT', 'STATE_SNAPSHOT', 'RUN_FINISHED']);
  });

  it('hears of a failure, and leaves without ending anything', async () => {
    await store(app.alice, { name: 'fails', steps: [{ type: 'agent', name: 'f', agent: 'flaky', input: { failures: 1 } }] });
    const seen = watcher();
    await agentOf('fails').runAgent({}, seen.subscriber);
    expect(seen.errors).toMatchObject([{ code: 'agent_failed' }]);

    const agent = agentOf('held');
    const left = watcher();
    const run = agent.runAgent({}, left.subscriber);
    const { executionId } = await eventually(() => left.events.length > 0 && executionOf(agent), 'the run');
    await app.stage.gate(executionId, 'hold').arrived;
    agent.abortRun();
    await run.catch(() => undefined);
    expect((await app.alice.status(executionId)).status).toBe('running');
    app.stage.gate(executionId, 'hold').open();
  });

  it('reads the stream of an execution that was started otherwise, from any event of it', async () => {
    const id = await app.alice.start('scene', { prompt: 'x' });
    const log = await app.alice.follow(id);
    for (const query of ['', '&lastEventId=1', `&lastEventId=${Math.floor(log.length / 2)}`, '&last=3', `&lastEventId=${log.length - 1}`]) {
      const answer = await app.alice.get(`/executions/${id}/stream?protocol=ag-ui${query}`);
      expect(answer.status).toBe(200);
      const { messages } = await readRun(valuesIn<BaseEvent>(answer.text));
      expect(textsOf(messages, id)).toEqual(TEXTS);
      // Of the last frame that an event comes to: whoever has it has had all of them.
      const seqs = framesIn(answer.text).flatMap((frame) => frame.id ?? []).map(Number);
      expect(seqs).toEqual([...new Set(seqs)].toSorted((a, b) => a - b));
      expect(framesIn(answer.text).at(-1)?.id).toBe(String(log.length));
    }
    expect((await app.alice.get(`/executions/${id}/stream?protocol=ag-ui&lastEventId=${log.length}`)).status).toBe(204);
  });

  it.each<[string, object, number, string]>([
    ['nobody', {}, 404, 'not_found'],
    ['scene', { threadId: '' }, 400, 'invalid_request'],
    ['scene', { runId: 7 }, 400, 'invalid_request'],
    ['scene', { messages: 'none' }, 400, 'invalid_request'],
    ['scene', { messages: [{ role: 'user' }] }, 400, 'invalid_request'],
    ['scene', { messages: [] }, 400, 'invalid_request'],
    ['scene', { forwardedProps: { input: { prompt: 7 } } }, 400, 'invalid_input'],
    ['asks', { resume: [{ interruptId: 'nothing', status: 'resolved' }] }, 400, 'invalid_request'],
    ['asks', { resume: [{ interruptId: `${randomUUID()}/approve#1`, status: 'resolved' }] }, 404, 'not_found'],
    ['asks', { resume: ['resolved', 'resolved'].map((status) => ({ interruptId: `${randomUUID()}/approve#1`, status })) }, 400, 'invalid_request'],
    ['asks', { resume: [{ interruptId: `${randomUUID()}/approve#1`, status: 'kept' }] }, 400, 'invalid_request'],
  ])('is refused %s %j with %d before anything is started', async (workflow, body, status, code) => {
    const answer = await app.alice.post(`/ag-ui/${workflow}`, { threadId: 't', runId: 'r', messages: [{ id: 'u', role: 'user', content: 'x' }], ...body });
    expect([answer.status, (answer.json as { code: string }).code]).toEqual([status, code]);
    expect(await app.alice.count()).toBe(0);
  });

  it('tells runs apart by thread and run, and refuses one of another workflow by what it was sent', async () => {
    const run = (workflow: string, threadId: string, runId: string) => app.alice.post(`/ag-ui/${workflow}`, { threadId, runId, messages: [{ id: 'u', role: 'user', content: 'x' }] });
    for (const [threadId, runId] of [['a b', 'c'], ['a', 'b c'], ['a","b', 'c'], ['a', 'b","c']] as const) expect((await run('scene', threadId, runId)).status).toBe(200);
    expect(await app.alice.count()).toBe(4);
    expect(await run('asks', 'a', 'b c')).toMatchObject({ status: 409, json: { code: 'idempotency_conflict', detail: expect.stringContaining('new one to each run'), errors: [{ path: '/runId' }] } });
  });

  it('takes an input that is given, and what of the request the schema names', async () => {
    await store(app.alice, { name: 'all', inputSchema: { type: 'object', properties: { messages: {}, state: {}, context: {} } }, steps: [{ type: 'agent', name: 'e', agent: 'echo' }] });
    const body = { threadId: 't', messages: [{ id: 'u', role: 'user', content: [{ type: 'text', text: 'see' }, { type: 'image', source: { type: 'data', value: 'aGk=', mimeType: 'image/png' } }] }, { id: 'a', role: 'assistant', content: 'I see.' }], state: { s: 1 }, context: [{ description: 'd', value: 'v' }], tools: [] };
    const result = async (more: object) => valuesIn<{ type: string; result?: unknown }>((await app.alice.post('/ag-ui/all', { ...body, ...more })).text).at(-1)?.result;
    expect(await result({ runId: '1' })).toEqual({
      state: { s: 1 }, context: [{ description: 'd', value: 'v' }],
      messages: [{ role: 'user', content: [{ type: 'text', text: 'see' }, { type: 'file', data: 'aGk=', mediaType: 'image/png' }] }, { role: 'assistant', content: 'I see.' }],
    });
    expect(await result({ runId: '2', forwardedProps: { input: { own: true } } })).toEqual({ own: true });
  });
});
