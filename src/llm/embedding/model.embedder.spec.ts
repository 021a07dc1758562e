import { streamText } from 'ai';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { wordVector } from '../../../test/support/model-server/embeddings.js';
import { say } from '../../../test/support/model-server/script.js';
import { MODEL_KEY, ModelServer } from '../../../test/support/model-server/model-server.js';
import { ManualClock, settled } from '../../../test/support/manual-clock.js';
import { type StepcastError } from '../../contract/errors.js';
import { Clock } from '../../orchestration/clock.js';
import { ModelLimits } from '../limits/model.limits.js';
import { LlmOptions } from '../llm.options.js';
import { ModelRegistry } from '../models.registry.js';
import { type AgentContext, Piece } from '../../orchestration/agent.js';
import { embedderOf, ModelEmbedder } from './model.embedder.js';

const MODEL = 'vectors';
/** One that is given up may arrive when the next test has begun, which must not count it. */
const SILENT = 'silence';
const NEVER = new AbortController().signal;

let models: ModelServer;
beforeAll(async () => void (models = await ModelServer.start()));
afterEach(() => models.reset());
afterAll(() => models.close());

function embedder(provider: string, { timeoutMs, clock = new Clock(), model = MODEL, ...more }: Partial<LlmOptions> & { timeoutMs?: number; clock?: Clock; model?: string } = {}): ModelEmbedder {
  const options = Object.assign(new LlmOptions(), models.options, more);
  return new ModelEmbedder(options, new ModelRegistry(options), new ModelLimits(options, clock), `${provider}/${model}`, timeoutMs);
}

const failed = (status: number, headers: Record<string, string> = {}) => ({ status, headers: { 'content-type': 'application/json', ...headers }, body: '{"error":{"message":"no"}}' });
/** How often the provider was asked, and how the last one ended. */
async function outcome(asked: Promise<unknown>): Promise<[number, string]> {
  const end = await asked.then(() => 'given', (error: StepcastError) => error.message);
  return [models.of(MODEL).length, end];
}

describe('embeddings', () => {
  it.each(['openai', 'google', 'local'])('are made by a model of %s, with its key', async (provider) => {
    models.embeds(MODEL, wordVector);
    const { vector } = await embedder(provider).embed('Why is the sea salty?', NEVER);
    expect(vector).toEqual(wordVector('Why is the sea salty?'));
    const { headers } = await models.arrived(MODEL);
    expect([headers['authorization'], headers['x-goog-api-key']]).toEqual(provider === 'google' ? [undefined, MODEL_KEY] : [`Bearer ${MODEL_KEY}`, undefined]);
  });

  it('tell what they have used, and its cost where there is a price', async () => {
    models.embeds(MODEL, wordVector);
    expect((await embedder('local').embed('one two three', NEVER)).usage).toEqual({ inputTokens: 4, totalTokens: 4 });
    expect((await embedder('openai', { prices: { [`openai/${MODEL}`]: { input: 0.5, output: 0 } } }).embed('one two three', NEVER)).usage).toEqual({ inputTokens: 4, totalTokens: 4, costUsd: 0.000002 });
    // Gemini tells no tokens.
    expect((await embedder('google').embed('one', NEVER)).usage).toBeUndefined();
  });

  it('fail with a code and without a key, at the first try', async () => {
    models.embeds(MODEL, () => ({ status: 401, headers: { 'content-type': 'application/json' }, body: `{"error":{"message":"Incorrect API key: ${MODEL_KEY}"}}` }));
    const failure: unknown = await embedder('openai').embed('one', NEVER).catch((error: unknown) => error);
    expect(failure).toMatchObject({ code: 'auth' });
    expect((failure as Error).message).not.toContain(MODEL_KEY);
    expect(models.of(MODEL)).toHaveLength(1);
    await expect(embedder('local', { compatible: { local: { baseUrl: 'http://127.0.0.1:9/v1' } } }).embed('one', NEVER)).rejects.toMatchObject({ code: 'overloaded' });
  });

  it('are not waited for without end, and not longer than somebody wants them', async () => {
    for (const model of [MODEL, SILENT]) models.embeds(model, () => 'hang');
    await expect(embedder('local', { timeoutMs: 20, model: SILENT }).embed('one', NEVER)).rejects.toMatchObject({ code: 'overloaded', message: `the model "local/${SILENT}" was silent for 20 ms` });
    const controller = new AbortController();
    const waiting = embedder('local').embed('two', controller.signal);
    const exchange = await models.arrived(MODEL);
    controller.abort(new Error('not wanted any more'));
    await expect(waiting).rejects.toThrow('not wanted any more');
    expect(await exchange.ended).toBe('client');
  });

  it('are none where no model is named, and refused at once where the model can make none', () => {
    const options = Object.assign(new LlmOptions(), models.options);
    expect(embedderOf(options, new ModelRegistry(options))).toBeUndefined();
    const named = (embeddingModel: string) => {
      const given = Object.assign(new LlmOptions(), models.options, { embeddingModel });
      return () => embedderOf(given, new ModelRegistry(given));
    };
    expect(named('local/x')()).toMatchObject({ model: 'local/x' });
    for (const [model, message] of [['anthropic/x', 'makes no embeddings'], ['demo/writer', 'makes no embeddings'], ['other/x', 'provider that is not known'], ['x', 'no name of a model']] as const) expect(named(model)).toThrow(message);
    const keyless = Object.assign(new LlmOptions(), { embeddingModel: 'openai/x' });
    expect(() => embedderOf(keyless, new ModelRegistry(keyless))).toThrow('set OPENAI_API_KEY');
  });
});

describe('embeddings and the limits of their provider', () => {
  const caller = (user = 'alice') => {
    const told: string[] = [];
    return { user, told, log: (...[text, level, code]: Parameters<AgentContext['log']>) => (told.push(`${level} ${code}: ${text}`), new Piece()) };
  };

  it('count as its requests: a wait that is worth it is told, and one that is not is not begun', async () => {
    models.embeds(MODEL, wordVector);
    const clock = new ManualClock();
    const limited = embedder('local', { clock, limits: { local: { requestsPerMinute: 600, perUser: { requestsPerMinute: 2 } } } });
    const [ann, ben] = [caller('ann'), caller('ben')];
    await limited.embed('one', NEVER, ann);
    await limited.embed('two', NEVER, ann);
    expect(await outcome(limited.embed('three', NEVER, ann))).toEqual([2, `the user's limit of 2 requests a minute at the provider "local" is used up; this request waits about 30 s, and an embedding is waited for 10 s at the most`]);
    expect(ann.told).toEqual([]);
    expect(await outcome(limited.embed('three', NEVER, ben))).toEqual([3, 'given']);
    await clock.advance(25_000);
    const waiting = outcome(limited.embed('three', NEVER, ann));
    await settled();
    expect(ann.told).toEqual([`warn rate_limited: the user's limit of 2 requests a minute at the provider "local" is used up; this request waits about 5 s`]);
    await clock.advance(5000);
    expect(await waiting).toEqual([4, 'given']);
  });

  it('take the tokens that they used, and a place among the requests at once', async () => {
    models.embeds(MODEL, wordVector);
    const clock = new ManualClock();
    const limited = embedder('local', { clock, limits: { local: { tokensPerMinute: 60, concurrency: 1 } } });
    // 30 tokens by the provider's count, 40 by estimate.
    await limited.embed('word '.repeat(29) + ' '.repeat(15), NEVER);
    expect(await outcome(limited.embed('x'.repeat(120), NEVER))).toEqual([2, 'given']);
    expect(await outcome(limited.embed('x'.repeat(240), NEVER))).toEqual([2, expect.stringContaining('the limit of 60 tokens a minute at the provider "local" is used up; this request waits about 32 s')]);
    await clock.advance(60_000);
    models.embeds(MODEL, () => 'hang');
    const controller = new AbortController();
    const first = outcome(limited.embed('one', controller.signal));
    await models.arrived(MODEL, 3);
    const second = caller();
    const waiting = outcome(limited.embed('two', NEVER, second));
    await settled();
    expect(second.told).toEqual([expect.stringMatching(/^warn concurrency_limited: all 1 requests /)]);
    models.embeds(MODEL, wordVector);
    controller.abort(new Error('not wanted any more'));
    expect([await first, await waiting]).toEqual([[3, 'not wanted any more'], [4, 'given']]);
  });

  it('that fail in a row are left alone for a time, with no word of it to the models of that provider', async () => {
    const clock = new ManualClock();
    const options = Object.assign(new LlmOptions(), models.options, { limits: { local: { breaker: { failures: 2, openMs: 10_000 } } } });
    const limits = new ModelLimits(options, clock);
    const registry = new ModelRegistry(options, limits);
    const limited = new ModelEmbedder(options, registry, limits, `local/${MODEL}`);
    models.embeds(MODEL, () => failed(503));
    for (const n of [1, 2]) expect(await outcome(limited.embed('one', NEVER))).toEqual([n, expect.stringContaining('overloaded')]);
    expect(await outcome(limited.embed('one', NEVER))).toEqual([2, 'embeddings of the provider "local" have failed in a row, and are not asked for another 10 s']);
    models.script('chat', say('I am well.'));
    const { model } = await registry.resolve('local/chat');
    expect(await streamText({ model, prompt: 'How are you?', maxRetries: 0 }).text).toBe('I am well.');
    await clock.advance(10_000);
    // One tries, and those that come meanwhile do without.
    models.embeds(MODEL, () => 'hang');
    const controller = new AbortController();
    const trying = outcome(limited.embed('one', controller.signal));
    await models.arrived(MODEL, 3);
    expect(await outcome(limited.embed('one', NEVER))).toEqual([3, 'embeddings of the provider "local" have failed in a row, and are not asked for until one that is tried has come']);
    controller.abort(new Error('not wanted any more'));
    await trying;
    await settled();
    models.embeds(MODEL, wordVector);
    expect(await outcome(limited.embed('one', NEVER))).toEqual([4, 'given']);
    expect(await outcome(limited.embed('one', NEVER))).toEqual([5, 'given']);
  });

  it('are not asked for while the provider does not answer its models', async () => {
    const clock = new ManualClock();
    const options = Object.assign(new LlmOptions(), models.options, { limits: { local: { breaker: { failures: 1, openMs: 10_000 } } } });
    const limits = new ModelLimits(options, clock);
    const registry = new ModelRegistry(options, limits);
    models.embeds(MODEL, wordVector);
    models.script('chat', { fail: 'overloaded' });
    const { model } = await registry.resolve('local/chat');
    await expect(Promise.resolve(streamText({ model, prompt: 'How are you?', maxRetries: 0, onError: () => undefined }).text)).rejects.toThrow();
    const limited = new ModelEmbedder(options, registry, limits, `local/${MODEL}`);
    expect(await outcome(limited.embed('one', NEVER))).toEqual([0, expect.stringContaining('the provider "local" has failed 1 times in a row or more')]);
    await clock.advance(10_000);
    expect(await outcome(limited.embed('one', NEVER))).toEqual([1, 'given']);
  });

  it('that are silent for as long as they are waited for have failed too', async () => {
    models.embeds(SILENT, () => 'hang');
    const limited = embedder('local', { clock: new ManualClock(), timeoutMs: 200, model: SILENT, limits: { local: { breaker: { failures: 1, openMs: 10_000 } } } });
    await expect(limited.embed('one', NEVER)).rejects.toThrow(`the model "local/${SILENT}" was silent for 200 ms`);
    await expect(limited.embed('one', NEVER)).rejects.toThrow('embeddings of the provider "local" have failed in a row, and are not asked for another 10 s');
  });

  it('that the provider wants no more of for a time are not asked for; its models do not wait for that', async () => {
    const clock = new ManualClock();
    const options = Object.assign(new LlmOptions(), models.options);
    const limits = new ModelLimits(options, clock);
    const registry = new ModelRegistry(options, limits);
    const limited = new ModelEmbedder(options, registry, limits, `local/${MODEL}`);
    models.embeds(MODEL, () => failed(429, { 'retry-after': '20' }));
    expect(await outcome(limited.embed('one', NEVER))).toEqual([1, expect.stringContaining('rate limit')]);
    models.embeds(MODEL, wordVector);
    expect(await outcome(limited.embed('one', NEVER))).toEqual([1, 'the provider "local" asks not to be asked for embeddings for another 20 s']);
    models.script('chat', say('I am well.'));
    const { model } = await registry.resolve('local/chat');
    expect(await streamText({ model, prompt: 'How are you?', maxRetries: 0 }).text).toBe('I am well.');
    await clock.advance(20_000);
    expect(await outcome(limited.embed('one', NEVER))).toEqual([2, 'given']);
  });

  it('send no key where a redirect leads', async () => {
    models.embeds(MODEL, () => ({ status: 307, headers: { location: `${models.options.google?.baseUrl}/elsewhere` }, body: '' }));
    expect(await outcome(embedder('google').embed('one', NEVER))).toEqual([1, expect.stringContaining('answers with a redirect (307), which is not followed')]);
  });
});
