/** A text of so many characters at the most: what is longer ends in `…`, and not within a character. */
export function cut(text: string, most: number): string {
  return text.length > most ? `${text.slice(0, most - 1).toWellFormed()}…` : text;
}
