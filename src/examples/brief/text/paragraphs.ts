/**
 * Paragraphs: what white space, and it alone, says about a text. Every function here is linear in the length of the
 * text: it is given whatever people paste.
 */

/** A stretch of a text, in UTF-16 units: `text.slice(start, end)`. */
export interface Span {
  start: number;
  end: number;
}

const LINE_BREAK = /\r\n|[\n\r\u2028\u2029]/g;
/** Hard-wrapped lines are at most about this long; where lines are longer on average, each is a paragraph. */
const WRAPPED_LINE = 120;

/** How many line ends there are, "\\r\\n" being one. */
export function lineBreaks(space: string): number {
  return space.match(LINE_BREAK)?.length ?? 0;
}

/**
 * How many line ends part two paragraphs: 2 (an empty line) as a rule; 1 in a text without empty lines whose lines are
 * too long to be hard-wrapped.
 */
export function paragraphBreak(text: string): 1 | 2 {
  let lines = 1;
  for (const [space] of text.trim().matchAll(/\s+/g)) {
    const breaks = lineBreaks(space);
    if (breaks >= 2) return 2;
    lines += breaks;
  }
  return text.length / lines > WRAPPED_LINE ? 1 : 2;
}

/** The paragraphs, without the white space between them. */
export function paragraphsOf(text: string): Span[] {
  const needed = paragraphBreak(text);
  const spans: Span[] = [];
  let start = 0;
  for (const match of text.matchAll(/\s+/g)) {
    const end = match.index + match[0].length;
    if (match.index > start && lineBreaks(match[0]) < needed && end < text.length) continue;
    if (match.index > start) spans.push({ start, end: match.index });
    start = end;
  }
  if (start < text.length) spans.push({ start, end: text.length });
  return spans;
}

/** The text with one space between words, an empty line between paragraphs and no other white space. */
export function normaliseSpace(text: string, needed: 1 | 2): string {
  return text.replace(/\s+/g, (space) => (lineBreaks(space) >= needed ? '\n\n' : ' '));
}

/** The text on one line. */
export function oneLine(text: string): string {
  return text.replace(/\s+/g, ' ').trim();
}
