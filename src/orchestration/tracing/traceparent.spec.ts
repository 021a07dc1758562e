import { describe, expect, it } from '@jest/globals';
import { formatTraceparent, parseTraceparent } from './traceparent.js';

const TRACE = '0af7651916cd43dd8448eb211c80319c';
const SPAN = 'b7ad6b7169203331';

describe('traceparent', () => {
  it.each([['01', 1], ['00', 0], ['03', 3], ['ff', 3]])('with the flags %s is taken', (flags, known) => {
    expect(parseTraceparent(`00-${TRACE}-${SPAN}-${flags}`)).toEqual({ traceId: TRACE, spanId: SPAN, flags: known });
  });

  it('of a later version is taken as far as it is known', () => {
    expect(parseTraceparent(`cc-${TRACE}-${SPAN}-01-what-the-future-brings`)).toEqual({ traceId: TRACE, spanId: SPAN, flags: 1 });
  });

  it('comes out as it went in', () => {
    const text = `00-${TRACE}-${SPAN}-01`;
    expect(formatTraceparent(parseTraceparent(text) as never)).toBe(text);
  });

  it.each([
    undefined, null, 7, [`00-${TRACE}-${SPAN}-01`], '', '00', `00-${TRACE}-${SPAN}`, `00-${TRACE}-${SPAN}-1`, `00-${TRACE}-${SPAN}-01-more`, `ff-${TRACE}-${SPAN}-01`,
    `00-${'0'.repeat(32)}-${SPAN}-01`, `00-${TRACE}-${'0'.repeat(16)}-01`, `00-${TRACE.toUpperCase()}-${SPAN}-01`, `00-${TRACE}-${SPAN}-01, 00-${TRACE}-${SPAN}-01`,
    ` 00-${TRACE}-${SPAN}-01`, `00-${TRACE}-${SPAN}-01\n`, `00-${TRACE}x-${SPAN}-01`, `cc-${TRACE}-${SPAN}-01-${'x'.repeat(100)}`, `cc-${TRACE}-${SPAN}-01-a\nb`,
  ])('is passed by where it is none: %j', (given) => {
    expect(parseTraceparent(given)).toBeUndefined();
  });
});
