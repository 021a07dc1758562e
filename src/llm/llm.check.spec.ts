import { describe, expect, it } from '@jest/globals';
import { faultsOfLlm } from './llm.check.js';
import { llmOptionsOf } from './llm.options.merged.js';
import { type LlmOptions } from './llm.options.js';

describe('the options of models that an app gives', () => {
  it('may be nothing, or all there is', () => {
    expect(faultsOfLlm({})).toEqual([]);
    expect(faultsOfLlm({ openai: {}, prices: {}, compatible: {} })).toEqual([]);
    const all: Required<LlmOptions> = {
      defaultModel: 'ollama/llama3.2', embeddingModel: 'openai/text-embedding-3-small', openai: { apiKey: 'k', baseUrl: 'https://a.example/v1' }, anthropic: { apiKey: '' }, google: {},
      compatible: { ollama: { baseUrl: 'http://localhost:11434/v1' } }, prices: { 'openai/a': { input: 1, output: 2.5, cachedInput: 0 } },
      limits: { openai: { requestsPerMinute: 1, tokensPerMinute: 2, concurrency: 3, perUser: { requestsPerMinute: 4, tokensPerMinute: 5 }, breaker: { failures: 6, openMs: 7 } }, ollama: false, '*': { breaker: false } },
      idleTimeoutMs: 1000, httpAllowedHosts: ['localhost:8080', '[::1]:9'],
    };
    expect(faultsOfLlm(all)).toEqual([]);
  });

  it.each<[unknown, string, RegExp]>([
    [{ limit: {} }, '/limit', /^is not known; did you mean limits\? \(known are defaultModel, /],
    [{ defaultModel: 'gpt-5' }, '/defaultModel', /^must be provider\/model/],
    [{ defaultModel: 'nobody/x' }, '/defaultModel', /^is of the provider "nobody", which is not known; known are openai, anthropic, google, demo$/],
    [{ defaultModel: 'demo/poet' }, '/defaultModel', /^must be demo\/writer/],
    [{ defaultModel: 7 }, '/defaultModel', /^must be provider\/model/],
    [{ openai: 'hunter2' }, '/openai', /^must be an object of apiKey, baseUrl$/],
    [{ openai: { key: 'hunter2' } }, '/openai/key', /^is not known/],
    [{ openai: { apiKey: 'hunter2 ' } }, '/openai/apiKey', /^must be a key, without blanks/],
    [{ google: { baseUrl: 'http://user:hunter2@a/v1' } }, '/google/baseUrl', /^must be an http or https URL without a password/],
    [{ compatible: { openai: { baseUrl: 'http://a' } } }, '/compatible/openai', /built in/],
    [{ compatible: { 'Big One': { baseUrl: 'http://a' } } }, '/compatible/Big One', /small letters/],
    [{ compatible: { vllm: {} } }, '/compatible/vllm', /^must have a baseUrl$/],
    [{ compatible: [] }, '/compatible', /^must be an object$/],
    [{ prices: { 'gpt-5': { input: 1, output: 2 } } }, '/prices/gpt-5', /no provider\/model/],
    [{ prices: { 'openai/a': { input: 1 } } }, '/prices/openai~1a', /^must have input and output$/],
    [{ prices: { 'openai/a': { input: -1, output: 2 } } }, '/prices/openai~1a/input', /^must be US dollars/],
    [{ limits: { opnai: {} } }, '/limits/opnai', /provider that is not known/],
    [{ limits: { openai: { requestPerMinute: 5 } } }, '/limits/openai/requestPerMinute', /did you mean requestsPerMinute\?/],
    [{ limits: { openai: { requestsPerMinute: 0 } } }, '/limits/openai/requestsPerMinute', /^must be a whole number from 1 to 1000000000, but is 0$/],
    [{ limits: { '*': { perUser: { concurrency: 3 } } } }, '/limits/*/perUser/concurrency', /^is not known/],
    [{ limits: { '*': { breaker: true } } }, '/limits/*/breaker', /^must be an object of failures, openMs$/],
    [{ limits: { '*': true } }, '/limits/*', /^must be an object of/],
    [{ limits: 'openai=5rpm' }, '/limits', /^must be an object$/],
    [{ idleTimeoutMs: '1m' }, '/idleTimeoutMs', /^must be a whole number from 10 to 86400000, but is 1m$/],
    [{ httpAllowedHosts: 'localhost' }, '/httpAllowedHosts', /^must be a list/],
    [{ httpAllowedHosts: ['localhost', 'http://a'] }, '/httpAllowedHosts/1', /^must be a host/],
  ])('are refused where they are wrong: %j', (options, path, message) => {
    const faults = faultsOfLlm(options as LlmOptions);
    expect(faults).toEqual([{ path, message: expect.stringMatching(message) }]);
    expect(faults[0]?.message).not.toContain('hunter2');
  });

  it('stop the start with all faults, as those of the module do; names of the environment\'s providers are known', () => {
    const env = { LLM_PROVIDERS: 'ollama=http://localhost:11434/v1' };
    expect(llmOptionsOf({ defaultModel: 'ollama/x', limits: { ollama: { concurrency: 1 } } }, env)).toMatchObject({ defaultModel: 'ollama/x' });
    const refusal = () => llmOptionsOf({ defaultModel: 'x', idleTimeoutMs: 1 }, env);
    expect(refusal).toThrow(expect.objectContaining({ code: 'invalid_input', faults: [{ path: '/llm/defaultModel', message: expect.any(String) }, { path: '/llm/idleTimeoutMs', message: expect.any(String) }] }));
    expect(refusal).toThrow('the options of StreamingModule are not valid: llm/defaultModel must be provider/model, such as openai/gpt-5 or demo/writer; llm/idleTimeoutMs must be');
  });
});
