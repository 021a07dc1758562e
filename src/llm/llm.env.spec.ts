import { describe, expect, it } from '@jest/globals';
import { llmOptionsFrom, unknownLlmNames } from './llm.env.js';
import { llmOptionsOf } from './llm.options.merged.js';

describe('the environment of models', () => {
  it('is read whole', () => {
    const { options, faults } = llmOptionsFrom({
      LLM_MODEL: 'ollama/llama3.2', LLM_EMBEDDING_MODEL: 'ollama/nomic-embed-text', LLM_PROVIDERS: 'ollama=http://localhost:11434/v1, groq=https://api.groq.com/openai/v1|GROQ_KEY', GROQ_KEY: 'gsk_1',
      OPENAI_API_KEY: 'sk-1', OPENAI_BASE_URL: 'http://127.0.0.1:1/v1', ANTHROPIC_API_KEY: 'sk-ant', GOOGLE_GENERATIVE_AI_API_KEY: 'AIza', GOOGLE_BASE_URL: 'https://g.example/v1beta',
      LLM_PRICES: '{"openai/gpt-5": {"input": 1.25, "output": 10, "cachedInput": 0.125}}', LLM_HTTP_ALLOWED_HOSTS: 'localhost:8080, 10.0.0.7, [::1]:9', LLM_IDLE_TIMEOUT_MS: '30000',
    });
    expect(faults).toEqual([]);
    expect(options).toEqual({
      defaultModel: 'ollama/llama3.2', embeddingModel: 'ollama/nomic-embed-text',
      openai: { apiKey: 'sk-1', baseUrl: 'http://127.0.0.1:1/v1' }, anthropic: { apiKey: 'sk-ant' }, google: { apiKey: 'AIza', baseUrl: 'https://g.example/v1beta' },
      compatible: { ollama: { baseUrl: 'http://localhost:11434/v1' }, groq: { baseUrl: 'https://api.groq.com/openai/v1', apiKey: 'gsk_1' } },
      prices: { 'openai/gpt-5': { input: 1.25, output: 10, cachedInput: 0.125 } },
      httpAllowedHosts: ['localhost:8080', '10.0.0.7', '[::1]:9'], idleTimeoutMs: 30_000,
    });
  });

  it('may be empty, and what is empty counts as unset', () => {
    const nothing = { openai: {}, anthropic: {}, google: {}, compatible: {}, prices: {}, httpAllowedHosts: [] };
    expect(llmOptionsFrom({})).toEqual({ options: nothing, faults: [] });
    expect(llmOptionsFrom({ LLM_MODEL: '', LLM_PROVIDERS: '', OPENAI_API_KEY: '', LLM_PRICES: '' })).toEqual({ options: nothing, faults: [] });
  });

  it.each<[Record<string, string>, RegExp]>([
    [{ LLM_MODEL: 'gpt-5' }, /^LLM_MODEL must be provider\/model, .* but is "gpt-5"$/],
    [{ LLM_MODEL: 'ollama/x' }, /^LLM_MODEL is of the provider "ollama", which is not known; .*LLM_PROVIDERS/],
    [{ LLM_MODEL: 'demo/poet' }, /^LLM_MODEL is "demo\/poet"; the one model of demo is demo\/writer$/],
    [{ LLM_EMBEDDING_MODEL: 'nomic' }, /^LLM_EMBEDDING_MODEL must be provider\/model/],
    [{ LLM_EMBEDDING_MODEL: 'ollama/nomic' }, /^LLM_EMBEDDING_MODEL is of the provider "ollama", which is not known/],
    [{ LLM_EMBEDDING_MODEL: 'anthropic/x', ANTHROPIC_API_KEY: 'k' }, /^LLM_EMBEDDING_MODEL is "anthropic\/x", and anthropic has no embeddings; take a model of openai, google or/],
    [{ LLM_EMBEDDING_MODEL: 'demo/writer' }, /^LLM_EMBEDDING_MODEL is "demo\/writer", and demo has no embeddings/],
    [{ LLM_EMBEDDING_MODEL: 'google/gemini-embedding-001', OPENAI_API_KEY: 'k' }, /^LLM_EMBEDDING_MODEL is "google\/gemini-embedding-001", whose key is not set: set GOOGLE_GENERATIVE_AI_API_KEY$/],
    [{ LLM_PROVIDERS: 'ollama' }, /^LLM_PROVIDERS: entry 1 must be name=baseUrl/],
    [{ LLM_PROVIDERS: 'a=http://a/v1,a=http://b/v1' }, /^LLM_PROVIDERS: entry 2 repeats the name "a"$/],
    [{ LLM_PROVIDERS: 'openai=http://a/v1' }, /^LLM_PROVIDERS: entry 1: "openai" is built in/],
    [{ LLM_PROVIDERS: 'Big One=http://a/v1' }, /^LLM_PROVIDERS: entry 1 has a name/],
    [{ LLM_PROVIDERS: 'a=ftp://a' }, /^LLM_PROVIDERS: entry 1 must be an http or https URL/],
    [{ LLM_PROVIDERS: 'a=http://a/v1|A_KEY' }, /^LLM_PROVIDERS: entry 1 takes its key from A_KEY, which is not set$/],
    [{ OPENAI_BASE_URL: 'http://user:hunter2@a/v1' }, /^OPENAI_BASE_URL must be .* without a password/],
    [{ ANTHROPIC_API_KEY: 'hunter2 ' }, /^ANTHROPIC_API_KEY has characters that a key cannot have/],
    [{ LLM_PRICES: '{' }, /^LLM_PRICES must be a JSON object/],
    [{ LLM_PRICES: '{"gpt": {"input": 1, "output": 2}}' }, /^LLM_PRICES: "gpt" is no provider\/model$/],
    [{ LLM_PRICES: '{"openai/a": {"input": 1}}' }, /^LLM_PRICES: "openai\/a" must have output/],
    [{ LLM_PRICES: '{"openai/a": {"input": 1, "output": -2}}' }, /^LLM_PRICES: "openai\/a" must have output/],
    [{ LLM_PRICES: '{"openai/a": {"input": 1e999, "output": 2}}' }, /^LLM_PRICES: "openai\/a" must have input/],
    [{ LLM_PRICES: '{"openai/a": {"input": 1, "output": 2, "inputs": 2}}' }, /^LLM_PRICES: "openai\/a" has "inputs", which is not known/],
    [{ LLM_HTTP_ALLOWED_HOSTS: 'http://a' }, /^LLM_HTTP_ALLOWED_HOSTS: "http:\/\/a" is no host/],
    [{ LLM_LIMITS: 'openai=fast' }, /^LLM_LIMITS: openai: "fast" is no limit/],
    [{ LLM_LIMITS: 'ollama=5rpm' }, /^LLM_LIMITS: "ollama" is no provider that is known/],
    [{ LLM_IDLE_TIMEOUT_MS: '1m' }, /^LLM_IDLE_TIMEOUT_MS must be a whole number from 1000/],
  ])('tells what is wrong with %j in one line, without a secret', (env, line) => {
    const { faults } = llmOptionsFrom(env);
    expect(faults).toEqual([expect.stringMatching(line)]);
    expect(faults[0]).not.toContain('hunter2');
    expect(faults[0]).not.toContain('\n');
  });

  it('tells every fault', () => {
    expect(llmOptionsFrom({ LLM_MODEL: 'x', LLM_PRICES: '[]', LLM_PROVIDERS: 'a' }).faults).toHaveLength(3);
  });
});

describe('limits in the environment', () => {
  it('are for the providers that are there', () => {
    const { options, faults } = llmOptionsFrom({ LLM_PROVIDERS: 'ollama=http://localhost:11434/v1', LLM_LIMITS: 'openai=500rpm,60rpm/user; ollama=1concurrent; *=8concurrent' });
    expect(faults).toEqual([]);
    expect(options.limits).toEqual({ openai: { requestsPerMinute: 500, perUser: { requestsPerMinute: 60 } }, ollama: { concurrency: 1 }, '*': { concurrency: 8 } });
  });
});

describe('a name with LLM_ that nothing reads', () => {
  it('is told, with what may have been meant', () => {
    expect(unknownLlmNames({ LLM_LIMIT: 'openai=5rpm', LLM_TEMPERATURE: '1', LLM_MODEL: 'demo/writer', OPENAI_ORG: 'x', LLM_PRICES: undefined })).toEqual([
      expect.stringMatching(/^LLM_LIMIT is not known; did you mean LLM_LIMITS\?; there are LLM_PROVIDERS, LLM_MODEL, /),
      expect.stringMatching(/^LLM_TEMPERATURE is not known; there are /),
    ]);
  });

  it('is none where LLM_PROVIDERS names it as a key', () => {
    const env = { LLM_PROVIDERS: 'gateway=https://g.example/v1|LLM_GATEWAY_KEY', LLM_GATEWAY_KEY: 'k' };
    expect(unknownLlmNames(env)).toEqual([]);
    expect(unknownLlmNames({ LLM_GATEWAY_KEY: 'k' })).toHaveLength(1);
  });
});

describe('the options of an app', () => {
  const env = { LLM_MODEL: 'openai/a', OPENAI_API_KEY: 'k', OPENAI_BASE_URL: 'http://a/v1', LLM_IDLE_TIMEOUT_MS: '5000' };

  it('go before the environment, member by member', () => {
    expect(llmOptionsOf({ defaultModel: 'demo/writer', idleTimeoutMs: undefined, openai: { apiKey: 'own' } }, env)).toMatchObject({
      defaultModel: 'demo/writer', idleTimeoutMs: 5000, openai: { apiKey: 'own', baseUrl: 'http://a/v1' },
    });
  });

  it('throw where the environment is not understood', () => {
    expect(() => llmOptionsOf({}, { LLM_MODEL: 'x' })).toThrow('LLM_MODEL must be provider/model');
  });
});
