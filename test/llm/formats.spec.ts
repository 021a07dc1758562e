/** The model server against the providers' real clients alone: what it sends is what they parse, and nothing is smoothed over. */
import { createAnthropic } from '@ai-sdk/anthropic';
import { createGoogle } from '@ai-sdk/google';
import { createOpenAI } from '@ai-sdk/openai';
import { createOpenAICompatible } from '@ai-sdk/openai-compatible';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { APICallError, isStepCount, jsonSchema, type LanguageModel, Output, streamText, tool, type ToolSet } from 'ai';
import { MODEL_KEY, ModelServer, type ProviderName } from '../support/model-server/model-server.js';
import { answer, type FaultName, FAULTS, say } from '../support/model-server/script.js';
import { PROVIDERS } from './support/providers.js';

let models: ModelServer;
beforeAll(async () => {
  globalThis.AI_SDK_LOG_WARNINGS = false;
  models = await ModelServer.start();
});
afterEach(() => models.reset());
afterAll(() => models.close());

function modelOf(provider: ProviderName, model: string, apiKey = MODEL_KEY): LanguageModel {
  const settings = { baseURL: models.baseUrl(provider), apiKey };
  switch (provider) {
    case 'openai': return createOpenAI(settings).responses(model);
    case 'local': return createOpenAICompatible({ ...settings, name: 'local', includeUsage: true, supportsStructuredOutputs: true }).chatModel(model);
    case 'anthropic': return createAnthropic(settings).messages(model);
    case 'google': return createGoogle(settings).chat(model);
  }
}

interface Asked {
  tools?: ToolSet;
  schema?: Parameters<typeof jsonSchema>[0];
  apiKey?: string;
  abortSignal?: AbortSignal;
  /** Called when the client has the first text. */
  onText?: () => void;
}

type Part = { type: string; [key: string]: unknown };

/** Asks the model; answers every part that the client makes of the stream, in order; what it throws is the last one. */
async function ask({ provider, model }: { provider: ProviderName; model: string }, { tools, schema, apiKey, abortSignal, onText }: Asked = {}): Promise<Part[]> {
  const { stream } = streamText({
    model: modelOf(provider, model, apiKey), prompt: 'Say something', maxRetries: 0, onError: () => undefined,
    ...(tools ? { tools, stopWhen: isStepCount(4) } : {}), ...(schema ? { output: Output.object({ schema: jsonSchema(schema) }) } : {}), ...(abortSignal ? { abortSignal } : {}),
  });
  const parts: Part[] = [];
  try {
    for await (const part of stream) {
      parts.push(part);
      if (part.type === 'text-delta') onText?.();
    }
  } catch (error) {
    parts.push({ type: 'error', error });
  }
  return parts;
}

const textsOf = (parts: readonly Part[], type = 'text-delta') => parts.filter((part) => part.type === type).map((part) => (part['text'] ?? part['delta']) as string).filter((text) => text !== '');
const errorsOf = (parts: readonly Part[]) => parts.filter(({ type }) => type === 'error').map(({ error }) => error);
const endOf = (parts: readonly Part[]) => parts.findLast(({ type }) => type === 'finish');

const SCHEMA: Asked['schema'] = { type: 'object', properties: { city: { type: 'string' }, celsius: { type: 'number' } }, required: ['city', 'celsius'], additionalProperties: false };

describe.each(PROVIDERS)('what $provider sends is what its client parses:', (each) => {
  it('text delta by delta, reasoning apart, and usage', async () => {
    models.script(each.model, answer([{ reasoning: 'Hmm, ' }, { reasoning: 'so.' }, 'Grüße', ', Wörld', ' 🌍!'], { usage: { input: 120, cached: 100, output: 30, reasoning: 12 } }));
    const parts = await ask(each);
    expect(errorsOf(parts)).toEqual([]);
    expect(textsOf(parts)).toEqual(['Grüße', ', Wörld', ' 🌍!']);
    expect(textsOf(parts, 'reasoning-delta')).toEqual(['Hmm, ', 'so.']);
    const usage = { inputTokens: 120, inputTokenDetails: { cacheReadTokens: 100 }, outputTokens: 30, totalTokens: 150 };
    expect(endOf(parts)).toMatchObject({ finishReason: 'stop', totalUsage: usage });
    const [exchange] = models.of(each.model);
    await exchange?.ended;
    expect(exchange).toMatchObject({ method: 'POST', end: 'answered' });
  });

  it('the same, cut into bytes anywhere', async () => {
    models.script(each.model, answer(['Grüße', ', Wörld', ' 🌍!', { comment: 'keep-alive' }, ' Ende'], { shredTo: 7 }));
    const parts = await ask(each);
    expect(errorsOf(parts)).toEqual([]);
    expect(textsOf(parts)).toEqual(['Grüße', ', Wörld', ' 🌍!', ' Ende']);
  });

  it('a tool is called, its input comes in pieces, and its result goes back as the provider demands', async () => {
    const weather = tool({ description: 'The weather', inputSchema: jsonSchema<{ city: string }>({ type: 'object', properties: { city: { type: 'string' } } }), execute: ({ city }) => ({ city, celsius: 7 }) });
    models.script(each.model,
      answer([{ reasoning: 'I shall look.' }, 'One moment. ', { call: 'weather', input: { city: 'Köln' } }, { call: 'weather', input: { city: 'Rom' } }]),
      say('7 °C ', 'in both.'));
    const parts = await ask(each, { tools: { weather } });
    expect(errorsOf(parts)).toEqual([]);
    expect(textsOf(parts)).toEqual(['One moment. ', '7 °C ', 'in both.']);
    expect(textsOf(parts, 'tool-input-delta').join('')).toBe('{"city":"Köln"}{"city":"Rom"}');
    // Gemini sends inputs whole.
    expect(textsOf(parts, 'tool-input-delta')).toHaveLength(each.provider === 'google' ? 2 : 6);
    expect(parts.filter(({ type }) => type === 'tool-result').map(({ output }) => output)).toEqual([{ city: 'Köln', celsius: 7 }, { city: 'Rom', celsius: 7 }]);
    expect(parts.filter(({ type }) => type === 'finish-step').map(({ finishReason }) => finishReason)).toEqual(['tool-calls', 'stop']);
    expect(JSON.stringify(models.of(each.model)[1]?.body)).toContain('celsius');
  });

  it('structured output', async () => {
    models.script(each.model, answer([{ json: { city: 'Köln', celsius: 7 } }]));
    const parts = await ask(each, { schema: SCHEMA });
    expect(errorsOf(parts)).toEqual([]);
    expect(JSON.parse(textsOf(parts).join(''))).toEqual({ city: 'Köln', celsius: 7 });
    expect(endOf(parts)).toMatchObject({ finishReason: 'stop' });
  });

  it.each(['length', 'content_filter'] as const)('an answer that ends by %s', async (finish) => {
    models.script(each.model, answer(['As far as'], { finish }));
    expect(endOf(await ask(each))).toMatchObject({ finishReason: finish.replace('_', '-') });
  });

  it.each(FAULTS.filter((fail) => fail !== 'invalid_request'))('the refusal %s, in words that the client reads', async (fail) => {
    models.script(each.model, { fail, retryAfterSeconds: 2 });
    const parts = await ask(each);
    if (each.provider === 'google' && fail === 'content_filter') {
      expect(endOf(parts)).toMatchObject({ finishReason: 'content-filter' });
      return;
    }
    const [error, ...more] = errorsOf(parts);
    expect(more).toEqual([]);
    expect(APICallError.isInstance(error)).toBe(true);
    // `data` is what the client has parsed by its own schema of errors: it is absent where the body does not keep to it.
    expect(error).toMatchObject({ statusCode: statusOf(each.provider, fail), data: expect.anything() });
    expect((error as Error).message).not.toBe('');
  });

  it('an error in mid-stream, after text', async () => {
    const read = Promise.withResolvers<void>();
    models.script(each.model, answer(['Half of ', { until: read.promise }, { error: 'overloaded' }]));
    const parts = await ask(each, { onText: read.resolve });
    expect(textsOf(parts)).toEqual(['Half of ']);
    expect(errorsOf(parts)).toHaveLength(1);
    expect(JSON.stringify(errorsOf(parts)[0])).toMatch(/overloaded|server_error/i);
  });

  it.each([['malformed JSON', '{"type": "response.output_text.del'], ['JSON that is no event', '{"type":"content_block_delta","choices":7,"candidates":"x"}']])('%s is an error', async (_what, raw) => {
    models.script(each.model, answer(['Half of ', { raw }]));
    const parts = await ask(each);
    // OpenAI's client lets events pass that it does not know.
    expect(errorsOf(parts)).toHaveLength(each.provider === 'openai' && raw.endsWith('}') ? 0 : 1);
  });

  it('a line cut in mid-stream, and a body that ends too early', async () => {
    const read = Promise.withResolvers<void>();
    models.script(each.model, answer(['Half of ', { until: read.promise }, { cut: true }]), answer(['Half of ', { end: true }]));
    const cut = await ask(each, { onText: read.resolve });
    expect(textsOf(cut)).toEqual(['Half of ']);
    expect(errorsOf(cut)).toHaveLength(1);
    expect(await models.of(each.model)[0]?.ended).toBe('cut');
    const ended = await ask(each);
    expect(textsOf(ended)).toEqual(['Half of ']);
    // No client takes it for a whole answer.
    expect(errorsOf(ended).length > 0 || endOf(ended)?.['finishReason'] === 'interrupted').toBe(true);
  });

  it('an abort closes the socket, before an answer and in the middle of one', async () => {
    models.script(each.model, { hang: true }, answer(['Once upon', { hang: true }]));
    const abort = new AbortController();
    const asked = ask(each, { abortSignal: abort.signal });
    const before = await models.arrived(each.model, 1);
    abort.abort();
    expect(await before.ended).toBe('client');
    await asked;
    const later = new AbortController();
    const parts = await ask(each, { abortSignal: later.signal, onText: () => later.abort() });
    expect(await (await models.arrived(each.model, 2)).ended).toBe('client');
    expect(textsOf(parts)).toEqual(['Once upon']);
  });

  it('a wrong key is refused by itself', async () => {
    models.script(each.model, say('never'));
    const [error] = errorsOf(await ask(each, { apiKey: 'wrong' }));
    expect(error).toMatchObject({ statusCode: statusOf(each.provider, 'auth') });
    expect(() => models.reset()).toThrow('what its provider refuses');
  });

  it('a request that no test has foreseen is refused, and tells so', async () => {
    expect(errorsOf(await ask(each))).toMatchObject([{ statusCode: 404 }]);
    expect(() => models.reset()).toThrow(`no answer is written for ${each.model}`);
    models.script(each.model, say('never asked for'));
    expect(() => models.reset()).toThrow('were not asked for');
  });
});

describe('structured output by a tool, where the model has no way of its own', () => {
  it.each([{ provider: 'anthropic' as const, model: 'claude-3-5-haiku-latest' }])('$provider/$model', async (each) => {
    models.script(each.model, answer([{ json: { city: 'Köln', celsius: 7 } }]));
    const parts = await ask(each, { schema: SCHEMA });
    expect(models.of(each.model)[0]?.body).toMatchObject({ tools: [{ name: 'json' }], tool_choice: { type: 'any' } });
    expect(JSON.parse(textsOf(parts).join(''))).toEqual({ city: 'Köln', celsius: 7 });
    expect(endOf(parts)).toMatchObject({ finishReason: 'stop' });
  });
});

function statusOf(provider: ProviderName, fail: FaultName): number {
  const own: Partial<Record<ProviderName, Partial<Record<FaultName, number>>>> = { anthropic: { quota: 400, overloaded: 529 }, google: { auth: 400 } };
  const common: Record<FaultName, number> = {
    auth: 401, rate_limited: 429, quota: 429, context_length: 400, content_filter: 400, overloaded: 503, server_error: 500, model_not_found: 404, invalid_request: 400,
  };
  return own[provider]?.[fail] ?? common[fail];
}
