import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { MultiCursor } from './multi.cursor.js';

const ordinal = fc.integer({ min: 1, max: 2 ** 45 });
const act = fc.record({ what: fc.constantFrom('set', 'finish', 'begin'), ordinal: fc.oneof(fc.integer({ min: 1, max: 9 }), ordinal), seq: fc.nat() });
type Act = { what: 'set' | 'finish' | 'begin'; ordinal: number; seq: number };

function after(acts: Act[]): MultiCursor {
  const cursor = MultiCursor.start();
  for (const { what, ordinal, seq } of acts) {
    if (what === 'set') cursor.set(ordinal, seq);
    else cursor[what](ordinal);
  }
  return cursor;
}

describe('a cursor over several logs', () => {
  it('begins before the first execution', () => {
    const cursor = MultiCursor.start();
    expect([cursor.after(1), cursor.open(), String(cursor)]).toEqual([0, [], 'm0']);
  });

  it('knows where it stands in those it is in the middle of, and that it is done with the others up to its mark', () => {
    const cursor = MultiCursor.start();
    cursor.set(2, 5);
    cursor.set(3, 1);
    cursor.finish(3);
    expect([1, 2, 3, 4].map((n) => cursor.after(n))).toEqual([undefined, 5, undefined, 0]);
    expect([cursor.open(), cursor.mark]).toEqual([[2], 3]);
  });

  it('keeps the place of one that is begun, and has nothing to say yet, when a later one goes on', () => {
    const cursor = MultiCursor.start();
    cursor.begin(1);
    cursor.begin(2);
    cursor.set(2, 7);
    expect([cursor.after(1), cursor.after(2)]).toEqual([0, 7]);
    cursor.begin(2);
    cursor.finish(1);
    cursor.begin(1);
    expect([cursor.after(1), cursor.after(2)]).toEqual([undefined, 7]);
  });

  it('is silent of the youngest that have told nothing, until one of them does', () => {
    const cursor = MultiCursor.start();
    cursor.finish(1);
    for (const n of [2, 3, 4]) cursor.begin(n);
    expect([String(cursor), cursor.mark, cursor.open()]).toEqual(['m1', 4, [2, 3, 4]]);
    cursor.set(3, 7);
    expect(String(cursor)).toBe('m3.2:0.3:7');
    cursor.finish(4);
    expect(String(cursor)).toBe('m4.2:0.3:7');
    expect([2, 3, 4, 5].map((n) => MultiCursor.parse(String(cursor), '/lastEventId').after(n))).toEqual([0, 7, undefined, 0]);
  });

  it('comes back from its text as it was, whatever has been done with it', () => {
    fc.assert(fc.property(fc.array(act, { maxLength: 50 }), ordinal, (acts, asked) => {
      const cursor = after(acts);
      const text = String(cursor);
      const again = MultiCursor.parse(text, '/lastEventId');
      expect(String(again)).toBe(text);
      // Of those that it was told of, and of those to come.
      const told = acts.filter(({ what }) => what !== 'begin').map(({ ordinal }) => ordinal);
      for (const n of [...told, ...cursor.open(), cursor.mark + asked]) expect([n, again.after(n)]).toEqual([n, cursor.after(n)]);
      // Safe in headers, and in URLs as it is.
      expect(encodeURIComponent(text).replaceAll('%3A', ':')).toBe(text);
    }));
  });

  it('is too long where too much runs at once, and then names another way', () => {
    expect(() => MultiCursor.parse(`m1${'.1:1'.repeat(3000)}`, '/Last-Event-ID')).toThrow(expect.objectContaining({
      code: 'invalid_cursor', message: expect.stringContaining('follow them by their ids'), faults: [{ path: '/Last-Event-ID', message: 'must have at most 8192 characters' }],
    }));
  });

  it.each(['', 'm', '7', 'x1', 'm1.', 'm1.2', 'm1.2:', 'm1.2:3.', 'm1.2:3 ', 'M1', 'm-1', 'm1.2:-3', 'm1,2:3', 'mzzzzzzzzzzzz'])('is not "%s"', (text) => {
    expect(() => MultiCursor.parse(text, '/Last-Event-ID')).toThrow(expect.objectContaining({ code: 'invalid_cursor', faults: [{ path: '/Last-Event-ID', message: 'must be an id that this stream has sent' }] }));
  });
});
