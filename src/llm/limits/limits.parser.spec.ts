import { describe, expect, it } from '@jest/globals';
import { parseLimits } from './limits.parser.js';

const KNOWN = ['openai', 'anthropic', 'demo', 'ollama'];

describe('limits as a line', () => {
  it.each([
    ['openai=500rpm', { openai: { requestsPerMinute: 500 } }],
    ['openai=500rpm,200000tpm,20concurrent', { openai: { requestsPerMinute: 500, tokensPerMinute: 200_000, concurrency: 20 } }],
    ['openai = 60rpm/user, 20000tpm/user', { openai: { perUser: { requestsPerMinute: 60, tokensPerMinute: 20_000 } } }],
    ['openai=10rpm;anthropic=5rpm; *=8concurrent;', { openai: { requestsPerMinute: 10 }, anthropic: { requestsPerMinute: 5 }, '*': { concurrency: 8 } }],
    ['*=breaker:5/30s', { '*': { breaker: { failures: 5, openMs: 30_000 } } }],
    ['*=breaker:off,3concurrent', { '*': { breaker: false, concurrency: 3 } }],
    ['*=off; ollama=1concurrent', { '*': false, ollama: { concurrency: 1 } }],
    ['', {}],
  ])('%p', (text, limits) => {
    expect(parseLimits(text, KNOWN)).toEqual({ limits, faults: [] });
  });

  it.each<[string, RegExp]>([
    ['500rpm', /^"500rpm" must be provider=limit,limit/],
    ['opnai=5rpm', /^"opnai" is no provider that is known; known are openai, anthropic, demo, ollama, and LLM_PROVIDERS adds more$/],
    ['openai=5rpm;openai=6rpm', /^"openai" stands there twice$/],
    ['openai=fast', /^openai: "fast" is no limit; there are 500rpm, .*and off alone$/],
    ['openai=', /^openai: "" is no limit/],
    ['openai=5rpm,', /^openai: "" is no limit/],
    ['openai=0rpm', /^openai: 0 must be a whole number from 1 to 1000000000$/],
    ['openai=1.5rpm', /^openai: "1.5rpm" is no limit/],
    ['openai=5rpm,6rpm', /^openai: "6rpm" sets for a second time/],
    ['openai=5rpm,off', /^openai: "off" is no limit/],
    ['openai=2concurrent/user', /^openai: "2concurrent\/user" is no limit/],
    ['openai=2000000concurrent', /^openai: 2000000 must be a whole number from 1 to 1000000$/],
    ['openai=breaker:5', /^openai: "breaker:5" is no limit/],
    ['openai=breaker:5/0s', /^openai: 0 must be a whole number from 1 to 86400$/],
    ['openai=breaker:0/5s', /^openai: 0 must be a whole number from 1 to/],
    ['constructor=5rpm', /^"constructor" is no provider/],
  ])('tells what is wrong with %p', (text, fault) => {
    expect(parseLimits(text, KNOWN).faults).toEqual([expect.stringMatching(fault)]);
  });

  it('tells every fault', () => {
    expect(parseLimits('a=1rpm;openai=x,y', KNOWN).faults).toHaveLength(3);
  });
});
