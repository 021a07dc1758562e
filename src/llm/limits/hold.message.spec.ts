import { expect, it } from '@jest/globals';
import { messageOf } from './hold.message.js';
import { LIMIT_NAMES, type LimitName } from './limits.observer.js';

const LIMITS = { rates: { requestsPerMinute: 500, tokensPerMinute: 200_000 }, perUser: { requestsPerMinute: 60, tokensPerMinute: 20_000 }, concurrency: 20 };

it.each<[LimitName, number | undefined, string, string]>([
  ['requests', 120, 'rate_limited', 'the limit of 500 requests a minute at the provider "openai" is used up; this request waits about 120 ms'],
  ['tokens', 12_345, 'rate_limited', 'the limit of 200000 tokens a minute at the provider "openai" is used up; this request waits about 12.4 s'],
  ['user_requests', 1000, 'rate_limited', 'the user\'s limit of 60 requests a minute at the provider "openai" is used up; this request waits about 1 s'],
  ['user_tokens', 90_000, 'rate_limited', 'the user\'s limit of 20000 tokens a minute at the provider "openai" is used up; this request waits about 90 s'],
  ['retry_after', 5000, 'rate_limited', 'the provider "openai" asks to be left alone; this request waits about 5 s'],
  ['concurrency', undefined, 'concurrency_limited', 'all 20 requests that the provider "openai" may be sent at once are under way; this one waits for a place (2 before it)'],
  ['breaker', undefined, 'circuit_half_open', 'the provider "openai" has failed; this request waits for the one that tries whether it is back (2 before it)'],
])('of %s a reader is told the limit and the wait', (limit, ms, code, text) => {
  expect(messageOf({ limit, ahead: 2, ...(ms === undefined ? {} : { ms }) }, 'openai', LIMITS)).toEqual({ code, text });
});

it('says who is the next', () => {
  expect(messageOf({ limit: 'concurrency', ahead: 0 }, 'openai', LIMITS).text).toContain('(it is the next)');
  for (const limit of LIMIT_NAMES) expect(messageOf({ limit, ahead: 0 }, 'openai', LIMITS).text).toContain('"openai"');
});
