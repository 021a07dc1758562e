import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { wordVector } from '../../../test/support/model-server/embeddings.js';
import { MODEL_KEY, ModelServer } from '../../../test/support/model-server/model-server.js';
import { LlmOptions } from '../llm.options.js';
import { ModelRegistry } from '../models.registry.js';
import { embedderOf, ModelEmbedder } from './model.embedder.js';

const MODEL = 'vectors';
const NEVER = new AbortController().signal;

let models: ModelServer;
beforeAll(async () => void (models = await ModelServer.start()));
afterEach(() => models.reset());
afterAll(() => models.close());

function embedder(provider: string, { timeoutMs, ...more }: Partial<LlmOptions> & { timeoutMs?: number } = {}): ModelEmbedder {
  const options = Object.assign(new LlmOptions(), models.options, more);
  return new ModelEmbedder(options, new ModelRegistry(options), `${provider}/${MODEL}`, timeoutMs);
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
    models.embeds(MODEL, () => 'hang');
    await expect(embedder('local', { timeoutMs: 20 }).embed('one', NEVER)).rejects.toMatchObject({ code: 'overloaded', message: `the model "local/${MODEL}" was silent for 20 ms` });
    const controller = new AbortController();
    const waiting = embedder('local').embed('two', controller.signal);
    const exchange = await models.arrived(MODEL, 2);
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
