/** Text, reasoning and usage of a model, from the provider's socket to the reader's. */
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { agent, parallel, workflow } from '../../src/orchestration/definition/builder.js';
import { assertWhole, of, outline, textOf } from '../support/assert-whole.js';
import { type Exchange } from '../support/model-server/exchange.js';
import { type ProviderName } from '../support/model-server/model-server.js';
import { answer, say } from '../support/model-server/script.js';
import { asks, LlmApp } from './support/llm-app.js';
import { PROVIDERS } from './support/providers.js';

let llm: LlmApp;
beforeAll(async () => {
  llm = await LlmApp.start();
});
afterEach(() => llm.reset());
afterAll(() => llm.close());

describe.each(PROVIDERS)('a model of $provider', ({ provider, model, name }) => {
  it('is streamed token by token: each is with the reader before the next is made', async () => {
    const tokens = ['The ', 'swallows ', 'are ', 'back ', '🐦', ', früh.'];
    const gates = tokens.map(() => Promise.withResolvers<void>());
    llm.models.script(model, answer(tokens.flatMap((token, n) => [{ until: gates[n]?.promise as Promise<void> }, token])));
    const id = await llm.app.alice.start(asks(name));
    const reader = await llm.app.alice.openExecution(id);
    await llm.models.arrived(model);
    for (const [n, gate] of gates.entries()) {
      expect(of(reader.events, 'step_output')).toHaveLength(n);
      gate.resolve();
      await reader.until(() => of(reader.events, 'step_output').length > n);
    }
    await reader.whenEnded();
    assertWhole(reader.events);
    expect(of(reader.events, 'step_output').map(({ data }) => data.delta)).toEqual(tokens);
    expect(textOf(reader.events, 'say')).toBe(tokens.join(''));
    expect(reader.events.at(-1)).toMatchObject({ type: 'workflow_completed', data: { result: tokens.join('') } });
  });

  it('tells its reasoning apart from the text, with offsets of its own', async () => {
    llm.models.script(model, answer([{ reasoning: 'They ask ' }, { reasoning: 'for birds.' }, 'Birds.']));
    const events = await llm.run(asks(name));
    expect(of(events, 'step_output').map(({ data }) => [data.kind, data.offset, data.delta])).toEqual([
      ['reasoning', 0, 'They ask '], ['reasoning', 9, 'for birds.'], ['text', 0, 'Birds.'],
    ]);
    expect(of(events, 'step_completed', 'say')).toMatchObject([{ data: { output: 'Birds.' } }]);
  });

  it('tells tokens and cost when the step completes, and the status sums them', async () => {
    const usage = { input: 1200, cached: 1000, output: 300, reasoning: 120 };
    llm.models.script(model, answer([{ reasoning: 'So.' }, 'One.'], { usage }), answer([{ reasoning: 'So.' }, 'Two.'], { usage }));
    const definition = workflow('sums', agent('one', 'llm', { input: { model: name, prompt: '1' } }), agent('two', 'llm', { input: { model: name, prompt: '2' } }));
    const id = await llm.app.alice.start(definition);
    const events = await llm.app.alice.follow(id);
    // 200 at 2 $, 1000 at 0.50 $ and 300 at 8 $ a million. No price, no cost.
    const cost = provider === 'local' ? {} : { costUsd: 0.0033 };
    const told = { inputTokens: 1200, cachedInputTokens: 1000, outputTokens: 300, totalTokens: 1500, ...cost };
    for (const step of ['one', 'two']) expect(of(events, 'step_completed', step)[0]?.data.usage).toMatchObject(told);
    expect('costUsd' in (of(events, 'step_completed', 'one')[0]?.data.usage ?? {})).toBe(provider !== 'local');
    const { usage: sum } = await llm.app.alice.status(id);
    expect(sum).toMatchObject({ inputTokens: 2400, cachedInputTokens: 2000, outputTokens: 600, totalTokens: 3000, ...(provider === 'local' ? {} : { costUsd: 0.0066 }) });
    // Anthropic counts reasoning as output and does not say how much of it there is.
    if (provider !== 'anthropic') expect(sum).toMatchObject({ reasoningTokens: 240 });
  });

  it('is asked what the step says: system, messages, temperature, limit', async () => {
    llm.models.script(model, say('Ja.'));
    const input = { model: name, system: 'Be brief.', messages: [{ role: 'user', content: 'A?' }, { role: 'assistant', content: 'B.' }, { role: 'user', content: 'C?' }], temperature: 0.25, maxOutputTokens: 77 };
    await llm.run(workflow('asks', agent('say', 'llm', { input })));
    const { body } = await llm.models.arrived(model);
    const text = JSON.stringify(body);
    for (const part of ['Be brief.', 'A?', 'B.', 'C?']) expect(text).toContain(part);
    expect(text.indexOf('A?')).toBeLessThan(text.indexOf('C?'));
    const limit = { openai: body.max_output_tokens, local: body.max_tokens, anthropic: body.max_tokens, google: body.generationConfig?.maxOutputTokens };
    expect(limit[provider]).toBe(77);
    // OpenAI's reasoning models take no temperature: the client leaves it out.
    if (provider !== 'openai') expect(body.temperature ?? body.generationConfig?.temperature).toBe(0.25);
  });

  it('is asked to reason as much as the step says, and to tell it', async () => {
    llm.models.script(model, answer([{ reasoning: 'So.' }, 'Ja.']));
    const events = await llm.run(asks(name, { reasoning: 'high' }));
    expect(of(events, 'step_output').map(({ data }) => data.kind)).toEqual(['reasoning', 'text']);
    const { body } = await llm.models.arrived(model);
    const told = { openai: body.reasoning, local: body.reasoning_effort, anthropic: body.thinking, google: body.generationConfig?.thinkingConfig };
    const expected = {
      openai: { effort: 'high', summary: expect.any(String) }, local: 'high',
      anthropic: { type: 'enabled', budget_tokens: expect.any(Number) }, google: { includeThoughts: true, thinkingBudget: expect.any(Number) },
    };
    expect(told[provider]).toEqual(expected[provider]);
  });

  it('is asked to choose its words as the step says', async () => {
    llm.models.script(model, say('Ja.'));
    await llm.run(asks(name, { topP: 0.5, topK: 40, presencePenalty: 0.25, frequencyPenalty: -0.25, stopSequences: ['END'], seed: 7 }));
    const { body } = await llm.models.arrived(model);
    const config = body.generationConfig ?? {};
    const told = {
      openai: {},
      local: { top_p: body.top_p, presence_penalty: body.presence_penalty, frequency_penalty: body.frequency_penalty, stop: body.stop, seed: body.seed },
      anthropic: { top_p: body.top_p, top_k: body.top_k, stop_sequences: body.stop_sequences },
      google: { topP: config.topP, topK: config.topK, stopSequences: config.stopSequences, seed: config.seed },
    };
    const expected = {
      // Its reasoning models take none of it: the client leaves it out, and readers are warned.
      openai: {},
      local: { top_p: 0.5, presence_penalty: 0.25, frequency_penalty: -0.25, stop: ['END'], seed: 7 },
      anthropic: { top_p: 0.5, top_k: 40, stop_sequences: ['END'] },
      google: { topP: 0.5, topK: 40, stopSequences: ['END'], seed: 7 },
    };
    expect(told[provider]).toEqual(expected[provider]);
  });

  it('that reaches its limit of tokens has its text, and a warning', async () => {
    llm.models.script(model, answer(['As far as'], { finish: 'length' }));
    const events = await llm.run(asks(name));
    expect(of(events, 'step_completed', 'say')).toMatchObject([{ data: { output: 'As far as' } }]);
    expect(of(events, 'message').map(({ data }) => data.code)).toContain('output_truncated');
  });

  it('writes an object by a schema: the output is the object, and not its text', async () => {
    const schema = { type: 'object', properties: { city: { type: 'string' }, celsius: { type: 'number' } }, required: ['city', 'celsius'], additionalProperties: false };
    llm.models.script(model, answer([{ json: { city: 'Köln', celsius: 7 } }]));
    const events = await llm.run(asks(name, { schema }));
    expect(events.at(-1)).toMatchObject({ type: 'workflow_completed', data: { result: { city: 'Köln', celsius: 7 } } });
    expect(textOf(events, 'say')).toBe('');
    expect(strictOf(provider, llm.models.of(model)[0]?.body)).not.toBe(false);
  });

  it('writes an object by a schema that not every provider takes as it is: open, and with what is optional', async () => {
    const schema = { type: 'object', properties: { city: { type: 'string' }, note: { type: 'string' } }, required: ['city'] };
    llm.models.script(model, answer([{ json: { city: 'Köln' } }]));
    const events = await llm.run(asks(name, { schema }));
    expect(events.at(-1)).toMatchObject({ type: 'workflow_completed', data: { result: { city: 'Köln' } } });
    expect(strictOf(provider, llm.models.of(model)[0]?.body)).not.toBe(true);
  });

  it('that writes no such object fails the step, which may be tried again', async () => {
    const schema = { type: 'object', properties: { celsius: { type: 'number' } }, required: ['celsius'], additionalProperties: false };
    llm.models.script(model, answer([{ json: { celsius: 'warm' } }]));
    const events = await llm.run(asks(name, { schema }));
    expect(of(events, 'step_failed', 'say')).toMatchObject([{ data: { error: { code: 'output_invalid', retryable: true } } }]);
  });
});

/** What a request to OpenAI, or to a server like it, says of its schema. */
function strictOf(provider: ProviderName, body: Exchange['body']): boolean | undefined {
  return (provider === 'openai' ? body.text.format.strict : body.response_format?.json_schema.strict) as boolean | undefined;
}

describe('models of all four formats at once', () => {
  it('stream interleaved into one log, each exact', async () => {
    const rounds = 5;
    const tokensOf = (provider: string) => Array.from({ length: rounds }, (_, n) => `${provider} ${n}; `);
    const gates = new Map(PROVIDERS.map(({ provider }) => [provider, Array.from({ length: rounds }, () => Promise.withResolvers<void>())]));
    for (const { provider, model } of PROVIDERS) {
      llm.models.script(model, answer(tokensOf(provider).flatMap((token, n) => [{ until: gates.get(provider)?.[n]?.promise as Promise<void> }, token])));
    }
    const branches = PROVIDERS.map(({ provider, name }) => agent(provider, 'llm', { input: { model: name, prompt: 'Tell' } }));
    const id = await llm.app.alice.start(workflow('four', parallel('all', ...branches)));
    const reader = await llm.app.alice.openExecution(id);
    for (const { model } of PROVIDERS) await llm.models.arrived(model);
    const expected: string[] = [];
    for (let n = 0; n < rounds; n++) {
      for (const { provider } of PROVIDERS) {
        gates.get(provider)?.[n]?.resolve();
        expected.push(`all/${provider} ${provider} ${n}; `);
        await reader.until(() => of(reader.events, 'step_output').length >= expected.length);
      }
    }
    await reader.whenEnded();
    assertWhole(reader.events);
    expect(of(reader.events, 'step_output').map(({ step, data }) => `${step.id} ${data.delta as string}`)).toEqual(expected);
    for (const { provider } of PROVIDERS) expect(textOf(reader.events, `all/${provider}`)).toBe(tokensOf(provider).join(''));
    expect(outline(reader.events).filter((line) => line.startsWith('step_completed'))).toHaveLength(5);
  });

  it('with flushIntervalMs pieces of text come together, and say the same', async () => {
    const words = Array.from({ length: 200 }, (_, n) => `${n} `);
    llm.models.script('gpt-5-mini', say(...words));
    const definition = { ...asks('openai/gpt-5-mini'), streaming: { flushIntervalMs: 60_000 } };
    const events = await llm.run(definition);
    expect(of(events, 'step_output').map(({ data }) => data.delta)).toEqual([words.join('')]);
    expect(events.at(-1)).toMatchObject({ data: { result: words.join('') } });
  });
});
