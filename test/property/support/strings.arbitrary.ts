import fc from 'fast-check';

/** UTF-16 as it comes: half surrogates, NUL, line ends of every kind, what looks like a frame, and what is as long as several. */
export const anyString: fc.Arbitrary<string> = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 20 }),
  fc.array(fc.integer({ min: 0, max: 0xffff }), { maxLength: 12 }).map((units) => String.fromCharCode(...units)),
  fc.constantFrom(
    '', ' ', '\0', 'a\0b', '\r', '\n', '\r\n', '\n\n', '\n\ndata: {}\n\n', 'data: x\nid: 9', ': comment', '\u2028\u2029\u0085', '\ud83d', '\ude00\ud83d', '\ud83d\ude00',
    '👩‍👩‍👧', '\ufeff', '\ufffe\uffff\ufffd', '\u0001', '"\\\'', '\\u0000', '{{input}}', '__proto__', 'é́', 'x'.repeat(12_000), '\ud800'.repeat(1999), `${'y'.repeat(1999)}\ud83d\ude00`,
  ),
);
