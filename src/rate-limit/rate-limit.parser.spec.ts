import { describe, expect, it } from '@jest/globals';
import { parseRateLimit, rateLimitFault } from './rate-limit.parser.js';

describe('parseRateLimit', () => {
  it.each([
    ['300/60', 300, 60],
    [' 1/1 ', 1, 1],
    ['1000000000/86400', 1_000_000_000, 86_400],
    ['007/010', 7, 10],
  ])('reads %j', (text, points, seconds) => {
    expect(parseRateLimit(text)).toEqual({ points, seconds });
  });

  it.each(['', '300', '300/', '/60', '0/60', '300/0', '-1/60', '1.5/60', '1e3/60', '300/60/1', '300 / 60', '300/60s', '1000000001/60', '300/86401', '9'.repeat(400) + '/1'])(
    'refuses %j and names the form', (text) => {
      expect(() => parseRateLimit(text)).toThrow(
        expect.objectContaining({ code: 'invalid_input', message: expect.stringContaining('is no rate limit; write <requests>/<seconds>, such as 300/60') }),
      );
    });
});

describe('a rate limit that is given as an object', () => {
  it('may have whole numbers within the bounds', () => {
    expect([{ points: 1, seconds: 1 }, { points: 1_000_000_000, seconds: 86_400 }].map(rateLimitFault)).toEqual([undefined, undefined]);
  });

  it.each([
    undefined, null, 5, '300/60', {}, { points: 1 }, { points: 0, seconds: 60 }, { points: 1, seconds: 0 }, { points: -1, seconds: 60 }, { points: 1.5, seconds: 60 }, { points: NaN, seconds: 60 },
    { points: Infinity, seconds: 60 }, { points: 1, seconds: 86_401 }, { points: '1', seconds: 60 },
  ])('may not be %j', (rate) => {
    expect(rateLimitFault(rate)).toMatch(/^must be \{ points, seconds \} in whole numbers, with 1 to 1000000000 requests and 1 to 86400 seconds, but is /);
  });
});
