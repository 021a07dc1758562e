import { describe, expect, it } from '@jest/globals';
import { costOf, usageOf } from './usage.js';

const price = { input: 3, output: 15, cachedInput: 0.3 };

describe('what a call has used', () => {
  it('is what the provider tells, and no more', () => {
    const details = { inputTokenDetails: { noCacheTokens: 60, cacheReadTokens: 40, cacheWriteTokens: undefined }, outputTokenDetails: { textTokens: 5, reasoningTokens: 15 } };
    expect(usageOf({ inputTokens: 100, outputTokens: 20, totalTokens: 120, ...details })).toEqual({ inputTokens: 100, cachedInputTokens: 40, outputTokens: 20, reasoningTokens: 15, totalTokens: 120 });
    const nothing = { inputTokenDetails: { noCacheTokens: undefined, cacheReadTokens: undefined, cacheWriteTokens: undefined }, outputTokenDetails: { textTokens: undefined, reasoningTokens: undefined } };
    expect(usageOf({ inputTokens: undefined, outputTokens: undefined, totalTokens: undefined, ...nothing })).toEqual({});
  });
});

describe('what a call has cost', () => {
  it('is the table times the tokens', () => {
    expect(costOf(price, { inputTokens: 1_000_000, outputTokens: 1_000_000 })).toBe(18);
    expect(costOf(price, { inputTokens: 100, cachedInputTokens: 40, outputTokens: 20, reasoningTokens: 15 })).toBe(0.000492);
  });

  it('takes cached input for input where it has no price of its own', () => {
    expect(costOf({ input: 3, output: 15 }, { inputTokens: 1_000_000, cachedInputTokens: 500_000, outputTokens: 0 })).toBe(3);
  });

  it('is nothing where no tokens are told', () => {
    expect(costOf(price, {})).toBeUndefined();
  });

  it('never counts more cached input than there was input', () => {
    expect(costOf(price, { inputTokens: 10, cachedInputTokens: 1000 })).toBe(0.000003);
  });
});
