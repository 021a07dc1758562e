/** Tools that a model calls, over the providers' real formats: told as events, run here, and given back as each provider demands. */
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { type ExecutionEvent } from '../../src/contract/events.js';
import { agent, workflow } from '../../src/orchestration/definition/builder.js';
import { assertWhole, of, textOf } from '../support/assert-whole.js';
import { answer, say } from '../support/model-server/script.js';
import { asks, LlmApp } from './support/llm-app.js';
import { PROVIDERS } from './support/providers.js';

let llm: LlmApp;
beforeAll(async () => {
  llm = await LlmApp.start();
});
afterEach(() => llm.reset());
afterAll(() => llm.close());

/** What happens in a step, in short. */
function storyOf(events: readonly ExecutionEvent[]): string[] {
  return events.flatMap((event) => {
    switch (event.type) {
      case 'step_output': return [`${event.data.kind}: ${event.data.delta as string}`];
      case 'tool_call': return [`call ${event.data.tool} ${JSON.stringify(event.data.input)}`];
      case 'tool_result': return [`result ${JSON.stringify(event.data.output ?? event.data.error?.code)}`];
      case 'step_progress': return [event.data.state ?? ''];
      default: return [];
    }
  });
}

const uses = (name: string, input = {}) => asks(name, { tools: ['lookup'], ...input });

describe.each(PROVIDERS)('a model of $provider', ({ provider, model, name }) => {
  it('calls a tool: its input as it is written, the call, the result, and the text that comes of it', async () => {
    llm.models.script(model,
      answer([{ reasoning: 'Look it up.' }, 'One moment. ', { call: 'lookup', input: { city: 'Köln' }, pieces: 4 }], { usage: { input: 100, output: 20 } }),
      answer(['It is ', '7 °C.'], { usage: { input: 150, output: 10 } }));
    const events = await llm.run(uses(name));
    assertWhole(events);
    expect(new Set(of(events, 'step_output').filter(({ data }) => data.kind === 'tool_input').map(({ data }) => data.callId))).toEqual(new Set(of(events, 'tool_call').map(({ data }) => data.callId)));
    const written = provider === 'google' ? ['{"city":"Köln"}'] : ['{"ci', 'ty":', '"Köl', 'n"}'];
    expect(storyOf(events)).toEqual([
      'reasoning: Look it up.', 'text: One moment. ', ...written.map((part) => `tool_input: ${part}`), 'call lookup {"city":"Köln"}', 'executing_lookup',
      'result {"city":"Köln","celsius":7}', 'completed_lookup', 'text: It is ', 'text: 7 °C.',
    ]);
    expect(textOf(events, 'say')).toBe('One moment. It is 7 °C.');
    expect(of(events, 'step_completed', 'say')).toMatchObject([{ data: { output: 'One moment. It is 7 °C.', usage: { inputTokens: 250, outputTokens: 30, totalTokens: 280 } } }]);
    const [call] = of(events, 'tool_call');
    expect(of(events, 'tool_result')).toMatchObject([{ data: { callId: call?.data.callId, durationMs: expect.any(Number) } }]);
    // The second request has the call and its result, in the provider's own form: the server would have refused it otherwise.
    const [first, second] = llm.models.of(model);
    expect(JSON.stringify(first?.body)).toContain('Looks up the weather of a city');
    expect(JSON.stringify(second?.body)).toMatch(/celsius/);
    expect(llm.lookups.calls).toMatchObject([{ input: { city: 'Köln' }, context: { user: 'alice', stepId: 'say', callId: call?.data.callId } }]);
  });

  it('calls several at once, and again in the next round; each call has an id of its own', async () => {
    const both = answer([{ call: 'lookup', input: { city: 'Rom' } }, { call: 'lookup', input: { city: 'Bern' } }]);
    llm.models.script(model, both, both, say('Done.'));
    const events = await llm.run(uses(name));
    const ids = of(events, 'tool_call').map(({ data }) => data.callId);
    expect(new Set(ids).size).toBe(4);
    expect(of(events, 'tool_result').map(({ data }) => data.callId).toSorted()).toEqual(ids.toSorted());
    expect(of(events, 'tool_result').map(({ data }) => data.output)).toEqual(['Rom', 'Bern', 'Rom', 'Bern'].map((city) => ({ city, celsius: 7 })));
    expect(new Set(llm.lookups.calls.map(({ context }) => context.idempotencyKey)).size).toBe(4);
  });

  it('waits for a tool while readers already see that it runs', async () => {
    const gate = Promise.withResolvers<unknown>();
    llm.lookups.answer = () => gate.promise;
    llm.models.script(model, answer([{ call: 'lookup', input: { city: 'Köln' } }]), say('Fine.'));
    const reader = await llm.app.alice.openExecution(await llm.app.alice.start(uses(name)));
    await reader.until((frame) => frame.data?.includes('executing_lookup') ?? false);
    expect(of(reader.events, 'tool_call')).toHaveLength(1);
    expect(of(reader.events, 'tool_result')).toEqual([]);
    expect(llm.models.of(model)).toHaveLength(1);
    gate.resolve({ fine: true });
    await reader.whenEnded();
    expect(of(reader.events, 'tool_result')).toMatchObject([{ data: { output: { fine: true } } }]);
  });

  it.each([
    ['a tool that fails', { call: 'lookup', input: { city: 'Atlantis' } }, 'no such city', 'tool_failed'],
    ['an input that the tool does not take', { call: 'lookup', input: { town: 'Köln' } }, 'city', 'tool_failed'],
    ['a tool that there is not', { call: 'forecast', input: { city: 'Köln' } }, 'forecast', 'tool_not_found'],
  ])('is told of %s, and goes on', async (_what, call, words, code) => {
    llm.lookups.answer = () => {
      throw new Error('no such city');
    };
    llm.models.script(model, answer([call]), say('I can not say.'));
    const events = await llm.run(uses(name));
    expect(of(events, 'tool_result')).toMatchObject([{ data: { error: { code } } }]);
    expect(of(events, 'step_completed', 'say')).toMatchObject([{ data: { output: 'I can not say.' } }]);
    expect(JSON.stringify(llm.models.of(model)[1]?.body)).toContain(words);
  });

  it('may call tools as often as maxSteps lets it', async () => {
    const again = answer(['Again. ', { call: 'lookup', input: { city: 'Köln' } }]);
    llm.models.script(model, again, again);
    const events = await llm.run(uses(name, { maxSteps: 2 }));
    expect(of(events, 'step_completed', 'say')).toMatchObject([{ data: { output: 'Again. Again. ' } }]);
    expect(of(events, 'tool_result')).toHaveLength(2);
    expect(of(events, 'message').map(({ data }) => data.code)).toEqual(['max_steps']);
  });

  it('uses tools, and then writes an object', async () => {
    const schema = { type: 'object', properties: { celsius: { type: 'number' } }, required: ['celsius'], additionalProperties: false };
    llm.models.script(model, answer([{ call: 'lookup', input: { city: 'Köln' } }]), answer([{ json: { celsius: 7 } }]));
    const events = await llm.run(uses(name, { schema }));
    expect(events.at(-1)).toMatchObject({ type: 'workflow_completed', data: { result: { celsius: 7 } } });
  });
});

describe.each(PROVIDERS.filter(({ provider }) => provider !== 'google'))('a model of $provider', ({ model, name }) => {
  it('that writes an input which is no JSON is told, and goes on', async () => {
    llm.models.script(model, answer([{ call: 'lookup', written: '{"city": "Kö' }]), say('Once more: no.'));
    const events = await llm.run(uses(name));
    expect(of(events, 'tool_result')).toMatchObject([{ data: { error: { code: 'tool_failed' } } }]);
    expect(llm.lookups.calls).toEqual([]);
    expect(of(events, 'step_completed', 'say')).toMatchObject([{ data: { output: 'Once more: no.' } }]);
  });
});

describe('a tool', () => {
  it('that an attempt calls again has the key that it had', async () => {
    llm.models.script('gpt-5-mini',
      answer([{ call: 'lookup', input: { city: 'Köln' } }]), { fail: 'overloaded' },
      answer([{ call: 'lookup', input: { city: 'Köln' } }]), say('Fine.'));
    const step = agent('say', 'llm', { input: { model: 'openai/gpt-5-mini', prompt: 'x', tools: ['lookup'] } });
    const events = await llm.run(workflow('again', { type: 'retry', name: 'try', maxAttempts: 2, backoff: { delayMs: 1, jitter: false }, step }));
    expect(events.at(-1)?.type).toBe('workflow_completed');
    const keys = llm.lookups.calls.map(({ context }) => context.idempotencyKey);
    expect(keys).toHaveLength(2);
    expect(new Set(keys).size).toBe(1);
  });
});
