import { describe, expect, it } from '@jest/globals';
import { age, bar, duration, percent, usageText } from './format.js';

describe('formats', () => {
  it('of durations are short, and have no sixtieth second', () => {
    expect([0, 999, 1000, 59_940, 59_960, 61_000, 3_599_999, 3_600_000, 7_380_000].map(duration)).toEqual([
      '0ms', '999ms', '1.0s', '59.9s', '1m 00s', '1m 01s', '1h 00m', '1h 00m', '2h 03m',
    ]);
    expect(duration(-5)).toBe('0ms');
  });

  it('of ages say the largest unit', () => {
    expect([-5, 400, 59_000, 61_000, 7_200_000, 200_000_000].map(age)).toEqual(['0s ago', '0s ago', '59s ago', '1m ago', '2h ago', '2d ago']);
  });

  it('of shares are whole only where the whole is', () => {
    expect([0, 0.999, 1].map(percent)).toEqual(['0%', '99%', '100%']);
    expect([0, 0.5, 0.99, 1, 7].map((share) => bar(share, 4))).toEqual(['────', '━━──', '━━━─', '━━━━', '━━━━']);
  });

  it('of usage say what there is', () => {
    expect(usageText({})).toBe('');
    expect(usageText({ inputTokens: 1000, outputTokens: 234 })).toBe('1,234 tokens');
    expect(usageText({ totalTokens: 5, costUsd: 0.00123 })).toBe('5 tokens, $0.0012');
    expect(usageText({ costUsd: 1.5 })).toBe('$1.50');
  });
});
