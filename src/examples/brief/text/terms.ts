/** Terms: what in a sentence can be a keyword. */
import { type Tokens } from './english.js';

export interface Term {
  /** What stands for the term in all its forms: lemmas, in lower case. */
  lemma: string;
  /** The form it has here, in lower case. */
  form: string;
}

/** A word of letters, of at least three; "st." and "o'clock" are, "x" and "1st" are not. */
const WORD = /^\p{L}[\p{L}\p{M}.'’]+\p{M}*$/u;
/** Nouns that say nothing of what a text is about; wink-nlp's list of stop words has no nouns. */
const EMPTY = new Set((
  'bit case day degree fact hand instance kind lot manner matter moment number one other part people place point ' +
  'reason rest respect sense side sort thing time use way word year'
).split(' '));

/** Words that say nothing either, and that look like an abbreviation where they end a sentence: "in." is no inch there. */
const ENDINGS = new Set('am an as at be by do go he if in is it me my no of on or so to up us we'.split(' ').map((word) => `${word}.`));

/**
 * The terms of the tokens from `first` to `last`: every noun, and every phrase of two words of which the second is a
 * noun and the first a noun or an adjective ("white rabbit"; with a hyphen between them, "humble-bee"). A phrase comes
 * beside the nouns it is made of.
 */
export function termsBetween(tokens: Tokens, first: number, last: number): Term[] {
  const terms: Term[] = [];
  for (let i = first; i <= last; i++) {
    if (!isNoun(tokens, i)) continue;
    terms.push(termAt(tokens, [i], ''));
    if (i - 1 >= first && tokens.space[i] !== '' && isModifier(tokens, i - 1)) terms.push(termAt(tokens, [i - 1, i], ' '));
    else if (i - 2 >= first && isHyphen(tokens, i - 1) && isModifier(tokens, i - 2)) terms.push(termAt(tokens, [i - 2, i], '-'));
  }
  return terms;
}

/** Whether a term, by its lemma or its form, is a phrase of two words. */
export function isPhrase(term: string): boolean {
  return /[ -]/.test(term);
}

function termAt(tokens: Tokens, places: number[], glue: string): Term {
  const join = (words: string[]): string => places.map((i) => (words[i] as string).toLowerCase()).join(glue);
  return { lemma: join(tokens.lemma), form: join(tokens.normal) };
}

function isNoun(tokens: Tokens, i: number): boolean {
  return (tokens.pos[i] === 'NOUN' || tokens.pos[i] === 'PROPN') && isWord(tokens, i);
}

function isModifier(tokens: Tokens, i: number): boolean {
  return (tokens.pos[i] === 'ADJ' || tokens.pos[i] === 'NOUN' || tokens.pos[i] === 'PROPN') && isWord(tokens, i);
}

function isWord(tokens: Tokens, i: number): boolean {
  const lemma = tokens.lemma[i] as string;
  return !tokens.stop[i] && lemma.length >= 3 && WORD.test(lemma) && !EMPTY.has(lemma) && !ENDINGS.has(lemma);
}

/** A hyphen with no space on either side. */
function isHyphen(tokens: Tokens, i: number): boolean {
  return tokens.lemma[i] === '-' && tokens.space[i] === '' && tokens.space[i + 1] === '';
}
