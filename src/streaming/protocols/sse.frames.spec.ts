import { describe, expect, it } from '@jest/globals';
import { framesOf } from './sse.frames.js';

describe('frames of a protocol', () => {
  it('are one line of JSON each, the last of which says where they come from', () => {
    expect(framesOf([{ a: 1 }, { b: 'x\ny' }], 7)).toBe('data: {"a":1}\n\nid: 7\ndata: {"b":"x\\ny"}\n\n');
    expect(framesOf([{ a: '\ud800' }])).toBe('data: {"a":"\\ud800"}\n\n');
    expect(framesOf([], 7)).toBe('');
  });
});
