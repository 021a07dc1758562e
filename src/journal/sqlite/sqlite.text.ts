/**
 * SQLite keeps text as UTF-8, which has no half surrogates: two users that differ in one would become the same. And
 * not every version of the driver carries a NUL. Strings with either are kept as their JSON text behind a mark; all
 * others, as good as always, are kept as they are.
 */
const MARK = '\u0001';

/** What is stored and compared for `value`; no two values have the same. */
export function toText(value: string): string {
  return value.isWellFormed() && !value.includes('\0') && !value.startsWith(MARK) ? value : MARK + JSON.stringify(value);
}

export function fromText(text: string): string {
  return text.startsWith(MARK) ? (JSON.parse(text.slice(1)) as string) : text;
}
