import { describe, expect, it } from '@jest/globals';
import { retryAfterSeconds } from './retry.after.js';

const NOW = Date.parse('2026-11-20T08:00:00.000Z');

describe('how long a provider asks to be left alone', () => {
  it.each<[string, Record<string, string>, string, number | undefined]>([
    ['seconds', { 'retry-after': '30' }, '', 30],
    ['parts of a second', { 'retry-after': ' 1.5 ' }, '', 1.5],
    ['milliseconds, which go before seconds', { 'retry-after-ms': '250', 'retry-after': '1' }, '', 0.25],
    ['an HTTP date', { 'retry-after': 'Fri, 20 Nov 2026 08:01:30 GMT' }, '', 90],
    ['an HTTP date, by the clock of who has written it', { 'retry-after': 'Fri, 20 Nov 2026 09:01:30 GMT', date: 'Fri, 20 Nov 2026 09:00:00 GMT' }, '', 90],
    ['an HTTP date beside what is no date', { 'retry-after': 'Fri, 20 Nov 2026 08:01:30 GMT', date: 'now' }, '', 90],
    ['a date that has passed', { 'retry-after': 'Fri, 20 Nov 2026 07:00:00 GMT' }, '', 0],
    ["the details of Google's errors", {}, '{"error":{"details":[{"@type":"type.googleapis.com/google.rpc.RetryInfo","retryDelay": "34s"}]}}', 34],
    ["the words of OpenAI's errors", {}, 'Rate limit reached. Please try again in 6m1.5s. Visit …', 361.5],
    ['milliseconds in words', {}, 'Please try again in 120ms.', 0.12],
    ['a header before words', { 'retry-after': '2' }, 'try again in 9s', 2],
    ['nothing', {}, 'too many', undefined],
    ['a number below zero', { 'retry-after': '-5' }, '', undefined],
    ['what is no date', { 'retry-after': 'soon' }, '', undefined],
  ])('is read from %s', (_, headers, body, seconds) => {
    const read = retryAfterSeconds(headers, body, NOW);
    if (seconds === undefined) expect(read).toBeUndefined();
    else expect(read).toBeCloseTo(seconds, 9);
  });
});
