/** Words of a question: told apart, in one form, and their spelling put right. */

export interface Word {
  /** In small letters, as it was written. */
  text: string;
  /** In the form that the lexicon knows: without the ending of a plural. */
  stem: string;
  kind: 'word' | 'number' | 'date' | 'decade' | 'mark';
  /** Of numbers, and of decades their first year. */
  value?: number;
}

const TOKEN = /(?<date>\d{4}-\d{2}(?:-\d{2})?(?!\d))|(?<decade>\b(?:\d{2})?\d0s\b)|(?<number>(?:\$\s?)?(?<digits>\d[\d,]*(?:\.\d+)?)\s?(?<factor>k|m|thousand|million)?\b)|(?<word>[\p{L}\p{N}][\p{L}\p{N}.]*)|(?<mark>[$%<>≥≤=]+)/gu;
const FACTORS: Readonly<Record<string, number>> = { k: 1000, thousand: 1000, m: 1_000_000, million: 1_000_000 };
/** Two digits of a year from here on are of the century before. */
const LAST_SHORT_DECADE = 20;

/** Endings of words that are no plurals, though they look like it. */
const SINGULAR = /(?:ss|us|is)$/;

/** The words of a text. Hyphens and slashes part words, apostrophes do not. */
export function wordsOf(text: string): Word[] {
  const clean = text.toLowerCase().replace(/['’`´](?=s\b)s/g, '').replace(/['’`´]/g, '');
  const words: Word[] = [];
  for (const { groups = {} } of clean.matchAll(TOKEN)) {
    const { date, number, digits = '', factor, decade, word, mark } = groups;
    if (date !== undefined) {
      words.push({ text: date, stem: date, kind: 'date' });
    } else if (decade !== undefined) {
      const first = Number(decade.slice(0, -1));
      // Without its ending it may be a part of another name: `DC-10s`.
      words.push({ text: decade, stem: decade.slice(0, -1), kind: 'decade', value: first >= 100 ? first : first + (first > LAST_SHORT_DECADE ? 1900 : 2000) });
    } else if (number !== undefined) {
      const plain = digits.replaceAll(',', '');
      const written = `${plain}${factor ?? ''}`;
      if (number.startsWith('$')) words.push(wordOf('$', 'mark'));
      words.push({ text: written, stem: written, kind: 'number', value: Number(plain) * (factor === undefined ? 1 : (FACTORS[factor] as number)) });
    } else if (word !== undefined) {
      words.push(wordOf(word.replace(/\.+$/, '').replace(/^(?:\p{L}\.)+\p{L}$/u, (letters) => letters.replaceAll('.', '')), 'word'));
    } else if (mark !== undefined) {
      words.push(wordOf(mark, 'mark'));
    }
  }
  return words;
}

function wordOf(text: string, kind: Word['kind']): Word {
  return { text, stem: kind === 'word' ? stemOf(text) : text, kind };
}

/** Roughly the singular; the same for the words of questions and for those of the lexicon. */
export function stemOf(word: string): string {
  if (word.length > 4 && word.endsWith('ies') && word !== 'species') return `${word.slice(0, -3)}y`;
  if (word.length > 4 && /(?:sh|ch|x|ss)es$/.test(word)) return word.slice(0, -2);
  return word.length > 3 && word.endsWith('s') && !SINGULAR.test(word) && word !== 'species' ? word.slice(0, -1) : word;
}

/** The stems of a phrase with single spaces between: how the lexicon is asked. */
export function phraseOf(text: string): string {
  return wordsOf(text).map(({ stem }) => stem).join(' ');
}

/** How many letters may be wrong in a word of that length: none of few, two of many. */
export function tolerance({ length }: string): number {
  return length < 4 ? 0 : length < 8 ? 1 : 2;
}

/** The known word nearest to `word`, within `most` letters; the first of those that are equally near. */
export function nearest(word: string, known: Iterable<string>, most = tolerance(word)): string | undefined {
  let best: string | undefined;
  let bound = most;
  for (const candidate of known) {
    if (Math.abs(candidate.length - word.length) > bound) continue;
    const found = distance(word, candidate);
    if (found < bound || (found === bound && best === undefined)) {
      best = candidate;
      bound = found;
    }
  }
  return best;
}

/** Letters to add, drop, replace or swap with their neighbour (optimal string alignment). */
export function distance(a: string, b: string): number {
  let before: number[] = [];
  let above = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const same = a[i - 1] === b[j - 1] ? 0 : 1;
      let least = Math.min((above[j] as number) + 1, (row[j - 1] as number) + 1, (above[j - 1] as number) + same);
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) least = Math.min(least, (before[j - 2] as number) + 1);
      row.push(least);
    }
    before = above;
    above = row;
  }
  return above[b.length] as number;
}
