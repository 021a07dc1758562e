import { describe, expect, it } from '@jest/globals';
import { parseRateLimit } from './rate-limit.parser.js';

describe('parseRateLimit', () => {
  it.each([
    ['300/60', 300, 60],
    [' 1/1 ', 1, 1],
    ['1000000/86400', 1_000_000, 86_400],
    ['007/010', 7, 10],
  ])('reads %j', (text, points, seconds) => {
    expect(parseRateLimit(text)).toEqual({ points, seconds });
  });

  it.each(['', '300', '300/', '/60', '0/60', '300/0', '-1/60', '1.5/60', '1e3/60', '300/60/1', '300 / 60', '300/60s', '1000001/60', '300/86401', '9'.repeat(400) + '/1'])(
    'refuses %j and names the form', (text) => {
      expect(() => parseRateLimit(text)).toThrow(
        expect.objectContaining({ code: 'invalid_input', message: expect.stringContaining('is no rate limit; write <requests>/<seconds>, such as 300/60') }),
      );
    });
});
