/** From the words of a question to phrases with meanings; misspelled words are put right first. */
import { type Lexicon } from './lexicon.js';
import { type Meaning } from './meanings.js';
import { nearest, stemOf, type Word, wordsOf } from './words.js';

export interface Phrase {
  /** As it was written, but for its spelling. */
  text: string;
  /** None: a phrase that is not known. */
  meanings: readonly Meaning[];
}

export interface Lexed {
  phrases: Phrase[];
  /** Words that were read as another one, by what they were. */
  corrections: ReadonlyMap<string, string>;
  /** Words that nothing is known of. */
  unknown: string[];
}

/** Words of so many letters that hardly another one is near. */
const SURE_LENGTH = 8;

export function lex(question: string, lexicon: Lexicon): Lexed {
  const corrections = new Map<string, string>();
  const written = wordsOf(question);
  const words = written.map((word) => corrected(numbered(word, lexicon), lexicon, corrections));
  const phrases: Phrase[] = [];
  const unknown: string[] = [];
  for (let i = 0; i < words.length; ) {
    const [phrase, length] = longestAt(words, i, lexicon);
    // Marks that mean nothing are punctuation.
    if (phrase.meanings.length === 0 && words[i]?.kind !== 'mark') unknown.push((written[i] as Word).text);
    if (phrase.meanings.length > 0 || words[i]?.kind !== 'mark') phrases.push(phrase);
    i += length;
  }
  // What makes no sense after all was not that other word.
  for (const word of unknown) corrections.delete(word);
  return { phrases, corrections, unknown };
}

function longestAt(words: readonly Word[], at: number, { meanings, longest }: Lexicon): [Phrase, number] {
  for (let length = Math.min(longest, words.length - at); length > 0; length--) {
    const part = words.slice(at, at + length);
    const found = meanings.get(part.map(({ stem }) => stem).join(' '));
    if (found) return [{ text: part.map(({ text }) => text).join(' '), meanings: length === 1 ? [...found, ...ownMeaning(part[0] as Word)] : found }, length];
  }
  const word = words[at] as Word;
  return [{ text: word.text, meanings: ownMeaning(word) }, 1];
}

/** Numbers, decades and dates mean themselves. */
function ownMeaning({ kind, text, value }: Word): Meaning[] {
  if (kind === 'date') return [{ is: 'date', date: text }];
  if (kind === 'decade') return [{ is: 'decade', from: value as number }];
  return kind === 'number' && Number.isFinite(value) ? [{ is: 'number', value: value as number }] : [];
}

const NUMBERS: ReadonlyMap<string, number> = new Map([
  ...['two', 'three', 'four', 'five', 'six', 'seven', 'eight', 'nine', 'ten', 'eleven', 'twelve'].map((name, i) => [name, i + 2] as const), ['fifteen', 15], ['twenty', 20], ['fifty', 50], ['hundred', 100],
]);

/** `top ten`: a number in words, unless the word means something else. */
function numbered(word: Word, { stems }: Lexicon): Word {
  const value = word.kind === 'word' && !stems.has(word.stem) ? NUMBERS.get(word.text) : undefined;
  return value === undefined ? word : { text: String(value), stem: String(value), kind: 'number', value };
}

function corrected(word: Word, { spellings, stems }: Lexicon, corrections: Map<string, string>): Word {
  const { text, stem, kind } = word;
  if (kind !== 'word' || stems.has(stem) || corrections.has(text)) return kind === 'word' && corrections.has(text) ? asWord(corrections.get(text) as string) : word;
  const near = nearest(text, [...spellings].filter((known) => isSlip(text, known)));
  if (near === undefined) return word;
  corrections.set(text, near);
  return asWord(near);
}

/** Whether who meant `known` may have written `text`: fingers slip, but a short word that begins otherwise is another (`love`, `dove`). */
function isSlip(text: string, known: string): boolean {
  return text[0] === known[0] || text[1] === known[0] || text.length !== known.length || text.length >= SURE_LENGTH;
}

function asWord(text: string): Word {
  return { text, stem: stemOf(text), kind: 'word' };
}
