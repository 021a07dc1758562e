import { describe, expect, it } from '@jest/globals';
import { distance, nearest, phraseOf, wordsOf } from './words.js';

const texts = (text: string) => wordsOf(text).map((word) => word.text);

describe('words of a question', () => {
  it('are told apart from numbers, dates and marks', () => {
    expect(texts('Cost over $1,250.50 since 1998-07-04, in the 1990s?')).toEqual(['cost', 'over', '$', '1250.50', 'since', '1998-07-04', 'in', 'the', '1990s']);
    expect(wordsOf('10k and 2.5m').map(({ value }) => value)).toEqual([10_000, undefined, 2_500_000]);
    expect(wordsOf('in 1998-07').map(({ kind }) => kind)).toEqual(['word', 'date']);
  });

  it('have one form, in the plural and with hyphens and apostrophes', () => {
    expect(phraseOf('Red-tailed hawks')).toBe(phraseOf('red tailed hawk'));
    expect(phraseOf("Chicago O'Hare's airports")).toBe('chicago ohare airport');
    expect(phraseOf('cities, species, crashes, bus, U.S.')).toBe('city species crash bus us');
  });

  it('are put right by the nearest one', () => {
    expect(distance('speceis', 'species')).toBe(1);
    expect(distance('kitten', 'sitting')).toBe(3);
    expect(distance('', 'abc')).toBe(3);
    expect(nearest('airlnes', ['airport', 'airlines', 'airline'])).toBe('airlines');
    expect(nearest('cat', ['car'])).toBeUndefined();
    expect(nearest('passengers', ['species', 'airports'])).toBeUndefined();
  });
});
