/** The definition that one writes, as it was left: kept for the tab, over a run of it, going back and a reload. */

const STORED = 'stepcast.own';

export function ownText(): string | undefined {
  return sessionStorage.getItem(STORED) ?? undefined;
}

/** @param text Empty: there is none, and one begins with the sample again. */
export function keepOwnText(text: string): void {
  try {
    if (text.trim() !== '') return sessionStorage.setItem(STORED, text);
  } catch {
    // No room for it. One of before would be taken for it.
  }
  forgetOwnText();
}

export function forgetOwnText(): void {
  sessionStorage.removeItem(STORED);
}
