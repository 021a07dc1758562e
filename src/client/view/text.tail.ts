/** Characters of a text that are shown: the end of it, which is where it grows. A page that draws a million of them each frame stands still. */
export const TEXT_SHOWN = 20_000;
/** The same on the card of a branch, where the text is a sign that it goes on. */
export const CARD_TEXT_SHOWN = 240;

/** The end of a text, and how many characters before it are left out. */
export function tailOf(text: string, length = TEXT_SHOWN): { text: string; left: number } {
  let left = Math.max(0, text.length - length);
  // Not in the middle of a character that has two units.
  if (left > 0 && text.charCodeAt(left) >= 0xdc00 && text.charCodeAt(left) < 0xe000) left--;
  return { text: left > 0 ? text.slice(left) : text, left };
}
