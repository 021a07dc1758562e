/**
 * The plan: which parts of a text are analysed as one. Headings part it first, as its author did; what lies between
 * two headings, or a text without any, is cut where paragraphs end into parts of about equal length, so that each is
 * a matter of milliseconds to analyse and all weigh about the same.
 */
import { type Section } from '../brief.types.js';
import { oneLine, paragraphsOf, type Span } from './paragraphs.js';

/** Length of a section that is aimed at, in UTF-16 units; about 700 words. */
const SECTION_LENGTH = 4000;
/** Longer paragraphs are cut at the end of a sentence. */
const LONGEST_PARAGRAPH = 6000;
/** With more headings than this they are not chapters, and are read as text. */
const MOST_HEADINGS = 100;
const HEADING_LENGTH = 160;
const HEADING_LINES = 3;
/** "Book I", "Chapter I", "In which …": more in a row are a list, and are read as text. */
const HEADINGS_IN_A_ROW = 3;

/** "Chapter IV", with or without a title behind it: division, number, rest. */
const NUMBERED = /^(chapter|book|part|section|lecture|letter|volume|act|scene|canto|appendix)\s+([ivxlcdm]+|\d+|[a-e]|one|two|three|four|five|six|seven|eight|nine|ten)\b(.*)$/i;
/** A title starts with a capital; "Letter I wrote" is none. */
const TITLE = /^(?:[.:)]|\s*[-–—])?\s*(?:["'‘“]?[\p{Lu}\d].*[^.!?]|)$/u;
const NAMED = /^(?:introduction|preface|prologue|epilogue|foreword|afterword|conclusion|abstract|summary|contents)[.:]?$/i;
const MARKDOWN = /^#{1,6}\s+/;
const SENTENCE_END = /[.!?]["'”’)\]]*\s/g;

/** Whether a paragraph is a heading: Markdown's, "Chapter IV …", "Introduction", or a few words in capitals. */
export function isHeading(paragraph: string): boolean {
  if (paragraph.length > HEADING_LENGTH || paragraph.split('\n').length > HEADING_LINES) return false;
  const line = oneLine(paragraph);
  if (line === line.toUpperCase() && /\p{Lu}{3}/u.test(line)) return true;
  if (MARKDOWN.test(line) || NAMED.test(line)) return true;
  const rest = NUMBERED.exec(line)?.[3];
  return rest !== undefined && TITLE.test(rest);
}

/** The sections of a text, in its order. A text of white space has none. */
export function planSections(text: string): Section[] {
  const paragraphs = paragraphsOf(text);
  let groups = groupByHeading(text, paragraphs);
  if (groups.length > MOST_HEADINGS) groups = [{ title: '', paragraphs }];
  const sections: Section[] = [];
  for (const group of groups) {
    const parts = cutEvenly(group.paragraphs.flatMap((paragraph) => cutLong(text, paragraph)));
    parts.forEach((part, i) => sections.push({ index: sections.length, title: titleOf(group, groups, i, parts.length), ...part }));
  }
  return sections;
}

interface Group {
  title: string;
  paragraphs: Span[];
}

function groupByHeading(text: string, paragraphs: readonly Span[]): Group[] {
  const groups: Group[] = [];
  let headings: Span[] = [];
  let group: Group | undefined;
  const begin = (): Group => {
    const listed = headings.length > HEADINGS_IN_A_ROW;
    const begun = { title: listed ? '' : titleFrom(text, headings), paragraphs: listed ? headings : [] };
    headings = [];
    groups.push(begun);
    return begun;
  };
  for (const paragraph of paragraphs) {
    if (isHeading(text.slice(paragraph.start, paragraph.end))) {
      headings.push(paragraph);
      group = undefined;
    } else {
      group ??= begin();
      group.paragraphs.push(paragraph);
    }
  }
  // Headings with nothing under them are all there is to read there.
  if (headings.length > 0) groups.push({ title: '', paragraphs: headings });
  return groups;
}

function titleFrom(text: string, headings: readonly Span[]): string {
  const lines = headings.map(({ start, end }) => oneLine(text.slice(start, end)).replace(MARKDOWN, ''));
  return lines.join(' – ').slice(0, HEADING_LENGTH);
}

function titleOf(group: Group, groups: readonly Group[], part: number, parts: number): string {
  const place = `${part + 1} of ${parts}`;
  const alone = groups.length === 1;
  if (group.title === '' && alone) return parts > 1 ? `Part ${place}` : 'Whole text';
  const name = group.title || (group === groups[0] ? 'Opening' : 'Untitled');
  return parts > 1 ? `${name} (${place})` : name;
}

/** Cuts a paragraph that is too long at ends of sentences, or else between words, or else anywhere. */
function cutLong(text: string, { start, end }: Span): Span[] {
  const pieces: Span[] = [];
  let from = start;
  while (end - from > LONGEST_PARAGRAPH) {
    const cut = from + cutPoint(text.slice(from, from + SECTION_LENGTH));
    pieces.push({ start: from, end: cut });
    from = cut;
  }
  pieces.push({ start: from, end });
  return pieces.flatMap((piece) => trimmed(text, piece));
}

/** Where to cut a window: in its second half, if it can be. */
function cutPoint(window: string): number {
  let best = 0;
  for (const match of window.matchAll(SENTENCE_END)) best = match.index + match[0].length;
  if (best >= window.length / 2) return best;
  const space = Math.max(window.lastIndexOf(' '), window.lastIndexOf('\n'));
  if (space >= window.length / 2) return space + 1;
  const last = window.charCodeAt(window.length - 1);
  // A pair of surrogates is one character and stays together.
  return last >= 0xd800 && last <= 0xdbff ? window.length - 1 : window.length;
}

function trimmed(text: string, { start, end }: Span): Span[] {
  const source = text.slice(start, end);
  const length = source.trim().length;
  const from = start + (source.length - source.trimStart().length);
  return length === 0 ? [] : [{ start: from, end: from + length }];
}

/** Puts neighbours together to parts of about equal length: each border is the one nearest to its ideal place. */
function cutEvenly(pieces: readonly Span[]): Span[] {
  const first = pieces[0];
  const last = pieces.at(-1);
  if (!first || !last) return [];
  const length = last.end - first.start;
  const wanted = Math.max(1, Math.round(length / SECTION_LENGTH));
  const parts: Span[] = [];
  let start = first.start;
  pieces.forEach((piece, i) => {
    const next = pieces[i + 1];
    const ideal = first.start + ((parts.length + 1) * length) / wanted;
    if (next && parts.length < wanted - 1 && Math.abs(piece.end - ideal) <= Math.abs(next.end - ideal)) {
      parts.push({ start, end: piece.end });
      start = next.start;
    }
  });
  parts.push({ start, end: last.end });
  return parts;
}
