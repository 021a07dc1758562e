import { describe, expect, it } from '@jest/globals';
import { limitsOf, type LimitsOptions } from './limits.options.js';

const DEFAULT = { rates: {}, perUser: {}, concurrency: 64, breaker: { failures: 10, openMs: 10_000 } };

describe('the limits of a provider', () => {
  it.each<[string, LimitsOptions | undefined, unknown]>([
    ['openai', undefined, DEFAULT],
    ['openai', { anthropic: { requestsPerMinute: 1 } }, DEFAULT],
    ['openai', { openai: { requestsPerMinute: 5 } }, { ...DEFAULT, rates: { requestsPerMinute: 5 } }],
    ['openai', { '*': { concurrency: 8 } }, { ...DEFAULT, concurrency: 8 }],
    ['openai', { '*': { concurrency: 8, perUser: { requestsPerMinute: 1 }, breaker: { failures: 2 } }, openai: { perUser: { tokensPerMinute: 9 }, breaker: { openMs: 7 } } },
      { rates: {}, perUser: { requestsPerMinute: 1, tokensPerMinute: 9 }, concurrency: 8, breaker: { failures: 2, openMs: 7 } }],
    ['openai', { '*': { breaker: false } }, { rates: {}, perUser: {}, concurrency: 64 }],
    ['openai', { '*': { breaker: false }, openai: { breaker: {} } }, DEFAULT],
    ['openai', { openai: false }, undefined],
    ['openai', { '*': false }, undefined],
    ['openai', { '*': false, openai: { concurrency: 2 } }, { rates: {}, perUser: {}, concurrency: 2 }],
    ['openai', { openai: { concurrency: undefined } as never }, DEFAULT],
    ['demo', undefined, undefined],
    ['demo', { '*': { concurrency: 8 } }, undefined],
    ['demo', { demo: { requestsPerMinute: 5 } }, { rates: { requestsPerMinute: 5 }, perUser: {} }],
    ['constructor', {}, DEFAULT],
  ])('%s with %j', (provider, given, expected) => {
    expect(limitsOf(provider, given)).toEqual(expected);
  });
});
