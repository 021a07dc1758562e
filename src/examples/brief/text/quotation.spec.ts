import { describe, expect, it } from '@jest/globals';
import { isTorn } from './quotation.js';

describe('a sentence is torn', () => {
  it.each([
    "'I must be getting somewhere near the centre of the earth.", "Do you think you could manage it?)", 'He said, "Go', 'home," and left.”', 'And (so it was.', "I shall be late!'",
  ])('%j', (sentence) => expect(isTorn(sentence)).toBe(true));

  it.each([
    "'Well!' thought Alice.", "She couldn't answer, for 'twas late' he said.", "The birds' nests were empty.", '"Go," he said.', 'It was (as it were) over.', "Ma'am, it's ten o'clock.", '“Yes”, she said – “no”.', 'Plain.',
  ])('not %j', (sentence) => expect(isTorn(sentence)).toBe(false));
});
