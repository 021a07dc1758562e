import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { encodeListCursor, parseIdempotencyKey, parseList, parsePage } from './query.js';

const refuses = (work: () => unknown, code: string, path: string) =>
  expect(work).toThrow(expect.objectContaining({ code, faults: [{ path, message: expect.any(String) }] }));

describe('the query of a list', () => {
  it('asks for the newest fifty where it asks for nothing', () => {
    expect(parseList({})).toEqual({ limit: 50 });
  });

  it('takes filters, a bound and a cursor', () => {
    expect(parseList({ status: 'waiting', workflow: 'research', sessionId: 's', limit: '200', cursor: encodeListCursor(7) }))
      .toEqual({ status: 'waiting', workflow: 'research', sessionId: 's', limit: 200, before: 7 });
  });

  it('counts characters as a start does, not halves of them', () => {
    expect(parseList({ sessionId: '😀'.repeat(200) })).toMatchObject({ sessionId: '😀'.repeat(200) });
    expect(() => parseList({ sessionId: '😀'.repeat(201) })).toThrow(expect.objectContaining({ code: 'invalid_request' }));
  });

  it('takes every cursor back that a list gives', () => {
    fc.assert(fc.property(fc.integer({ min: 1, max: 10 ** 15 - 1 }), (ordinal) => {
      expect(parseList({ cursor: encodeListCursor(ordinal) }).before).toBe(ordinal);
    }));
  });

  it.each<[Record<string, unknown>, string, string]>([
    [{ status: 'done' }, 'invalid_request', '/status'], [{ status: '' }, 'invalid_request', '/status'], [{ status: ['queued'] }, 'invalid_request', '/status'],
    [{ workflow: 'x'.repeat(201) }, 'invalid_request', '/workflow'], [{ sessionId: 'x'.repeat(201) }, 'invalid_request', '/sessionId'],
    [{ limit: '0' }, 'invalid_request', '/limit'], [{ limit: '201' }, 'invalid_request', '/limit'], [{ limit: '1.5' }, 'invalid_request', '/limit'], [{ limit: '-1' }, 'invalid_request', '/limit'], [{ limit: '' }, 'invalid_request', '/limit'],
    [{ cursor: '' }, 'invalid_cursor', '/cursor'], [{ cursor: '7' }, 'invalid_cursor', '/cursor'], ...['o-1', 'to5', 'o5x'].map((text): [Record<string, unknown>, string, string] => [{ cursor: Buffer.from(text).toString('base64url') }, 'invalid_cursor', '/cursor']),
  ])('refuses %j', (query, code, path) => refuses(() => parseList(query), code, path));

  it('tells every fault at once', () => {
    expect(() => parseList({ status: 'done', workflow: ['a', 'b'], sessionId: 'x'.repeat(201), limit: '0', cursor: '7' })).toThrow(expect.objectContaining({
      code: 'invalid_request', message: expect.stringMatching(/status must be .*limit must be /),
      faults: ['/status', '/workflow', '/sessionId', '/cursor', '/limit'].map((path) => ({ path, message: expect.any(String) })),
    }));
  });
});

describe('the query of a page of events', () => {
  it('asks for the first hundred where it asks for nothing', () => {
    expect(parsePage({}, 5)).toEqual({ after: 0, limit: 100 });
    expect(parsePage({ after: '5', limit: '1000' }, 5)).toEqual({ after: 5, limit: 1000 });
  });

  it('refuses what lies beyond the log, and more than a thousand', () => {
    refuses(() => parsePage({ after: '6' }, 5), 'invalid_cursor', '/after');
    refuses(() => parsePage({ after: 'x' }, 5), 'invalid_cursor', '/after');
    refuses(() => parsePage({ limit: '1001' }, 5), 'invalid_request', '/limit');
    expect(() => parsePage({ after: '6', limit: 'x' }, 5)).toThrow(expect.objectContaining({ code: 'invalid_request', faults: [expect.objectContaining({ path: '/after' }), expect.objectContaining({ path: '/limit' })] }));
  });
});

describe('an idempotency key', () => {
  it('is visible ASCII, sent once, or not at all', () => {
    expect(parseIdempotencyKey({})).toBeUndefined();
    for (const key of ['a', '~!"#', 'x'.repeat(255)]) expect(parseIdempotencyKey({ 'idempotency-key': key })).toBe(key);
    for (const key of ['', 'a b', 'ä', 'x'.repeat(256), ['a', 'b']]) refuses(() => parseIdempotencyKey({ 'idempotency-key': key }), 'invalid_request', '/Idempotency-Key');
  });
});
