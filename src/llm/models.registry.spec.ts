import { describe, expect, it } from '@jest/globals';
import { StepcastError } from '../contract/errors.js';
import { type LlmOptions } from './llm.options.js';
import { ModelRegistry } from './models.registry.js';

const refusal = (options: LlmOptions, name?: string) => {
  try {
    new ModelRegistry(options).check(name);
  } catch (error) {
    if (error instanceof StepcastError) return { code: error.code, status: error.status, message: error.message };
    throw error;
  }
  return undefined;
};

describe('a model', () => {
  it.each([
    ['openai/gpt-5', 'OPENAI_API_KEY'],
    ['anthropic/claude-sonnet-4-5', 'ANTHROPIC_API_KEY'],
    ['google/gemini-2.5-flash', 'GOOGLE_GENERATIVE_AI_API_KEY'],
  ])('%s without its key is 400, and names the variable %s', (name, variable) => {
    expect(refusal({}, name)).toEqual({ code: 'model_not_configured', status: 400, message: expect.stringContaining(variable) });
    expect(refusal({ openai: { apiKey: '' }, anthropic: { apiKey: '' }, google: { apiKey: '' } }, name)).toBeDefined();
    expect(refusal({ openai: { apiKey: 'k' }, anthropic: { apiKey: 'k' }, google: { apiKey: 'k' } }, name)).toBeUndefined();
  });

  it('that nobody names is 400, and names LLM_MODEL', () => {
    expect(refusal({})).toEqual({ code: 'model_not_configured', status: 400, message: expect.stringContaining('LLM_MODEL') });
    expect(refusal({ defaultModel: 'demo/writer' })).toBeUndefined();
    expect(refusal({ defaultModel: 'openai/gpt-5' })).toMatchObject({ code: 'model_not_configured' });
  });

  it.each(['gpt-5', 'nobody/model', 'demo/poet', 'google/../x'])('%s, which cannot be any, is a fault of the definition', (name) => {
    expect(refusal({}, name)).toMatchObject({ code: 'invalid_definition', status: 400 });
  });

  it('of a compatible server needs no key', () => {
    const options = { compatible: { ollama: { baseUrl: 'http://localhost:11434/v1' } } };
    expect(refusal(options, 'ollama/llama3.2')).toBeUndefined();
    expect(refusal(options, 'vllm/x')?.message).toContain('known are openai, anthropic, google, demo, ollama');
  });

  it.each(['constructor', 'toString'])('of the provider %s is unknown', (name) => {
    expect(refusal({}, `${name.toLowerCase()}/x`)).toMatchObject({ code: 'invalid_definition' });
    expect(new ModelRegistry({}).priceOf(name)).toBeUndefined();
  });

  it('is asked at the address that is set, or at its provider\'s own', () => {
    const models = new ModelRegistry({ openai: { apiKey: 'k', baseUrl: 'http://proxy/v1' }, google: { apiKey: 'k' }, compatible: { ollama: { baseUrl: 'http://localhost:11434/v1' } } });
    expect(['openai/gpt-5', 'ollama/x', 'google/x', 'nobody/x', 'x'].map((name) => models.addressOf(name))).toEqual(['http://proxy/v1', 'http://localhost:11434/v1', undefined, undefined, undefined]);
  });

  it('is configured or not', () => {
    const models = new ModelRegistry({ openai: { apiKey: 'k' } });
    expect(models.isConfigured('openai/gpt-5')).toBe(true);
    expect(models.isConfigured('anthropic/x')).toBe(false);
    expect(models.isConfigured()).toBe(false);
  });

  it.each([
    ['openai/gpt-5', 'openai.responses', 'gpt-5'],
    ['anthropic/claude-x', 'anthropic.messages', 'claude-x'],
    ['google/gemini-x', 'google.generative-ai', 'gemini-x'],
    ['ollama/library/llama3:8b', 'ollama.chat', 'library/llama3:8b'],
  ])('%s is made by its provider', async (name, provider, modelId) => {
    const key = { apiKey: 'k' };
    const models = new ModelRegistry({ openai: key, anthropic: key, google: key, compatible: { ollama: { baseUrl: 'http://localhost:1/v1' } } });
    expect(await models.resolve(name)).toMatchObject({ name, model: { provider, modelId } });
  });

  it('without a name is the default one', async () => {
    const models = new ModelRegistry({ defaultModel: 'openai/gpt-5', openai: { apiKey: 'k' } });
    expect(await models.resolve()).toMatchObject({ name: 'openai/gpt-5' });
  });

  it('has the price of the table, and without one costs nothing that is known', () => {
    const models = new ModelRegistry({ prices: { 'openai/gpt-5': { input: 1, output: 2 } } });
    expect(models.costOf('openai/gpt-5', { inputTokens: 1_000_000, outputTokens: 500_000 })).toBe(2);
    expect(models.costOf('openai/gpt-6', { inputTokens: 1_000_000 })).toBeUndefined();
  });

  it('fails without a word of any configured key', () => {
    const models = new ModelRegistry({ openai: { apiKey: 'alpha-key' }, compatible: { groq: { baseUrl: 'http://a', apiKey: 'beta-key' } } });
    expect(models.failure('groq/x', new Error('no alpha-key nor beta-key')).message).toBe('the model "groq/x" has failed: no [redacted] nor [redacted]');
  });
});

describe('the providers of an app', () => {
  it('cannot take the names of others', () => {
    expect(() => new ModelRegistry({ compatible: { openai: { baseUrl: 'http://a' } } })).toThrow('built in');
    expect(() => new ModelRegistry({ compatible: { 'a/b': { baseUrl: 'http://a' } } })).toThrow('no name for a provider');
  });
});
