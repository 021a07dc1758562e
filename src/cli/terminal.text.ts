/** Text of others on a terminal: models and users write it, and a terminal obeys what it is sent. */
import { stripVTControlCharacters } from 'node:util';

/** Control characters but for tab and line feed, and what turns the direction of text around. */
const UNSAFE = /(?![\n\t])[\p{Cc}\p{Bidi_Control}\ufeff]/gu;

/** The text without what could move the cursor, colour, ring, retitle, or make it read otherwise than it is. */
export function safeText(text: string): string {
  return stripVTControlCharacters(text.replaceAll('\r\n', '\n')).replace(UNSAFE, '').replaceAll('\t', '    ');
}

/** The same on one line. */
export function safeLine(text: string): string {
  return safeText(text).replace(/\s+/g, ' ').trim();
}

/** A value as a line of JSON, whose control characters are all escaped: JSON itself lets some stand that terminals obey. */
export function jsonLine(value: unknown): string {
  return `${JSON.stringify(value).replace(/[\u007f-\u009f]/g, (control) => `\\u00${control.charCodeAt(0).toString(16)}`)}\n`;
}

/** A value as a person reads it: a text as it is, anything else as JSON. */
export function valueText(value: unknown, indent?: number): string {
  return typeof value === 'string' ? value : JSON.stringify(value, null, indent);
}
