import { type Phrase } from './lexer.js';
import { type Meaning } from './meanings.js';

/** Says what of a question is not understood. */
export class Misread extends Error {}

export type Of<Is extends Meaning['is']> = Extract<Meaning, { is: Is }>;

/** A place in a question, and what stands around it. */
export class PhraseCursor {
  i = 0;

  constructor(private readonly phrases: readonly Phrase[]) {}

  get isAtEnd(): boolean {
    return this.i >= this.phrases.length;
  }

  textAt(at: number): string {
    return this.phrases[at]?.text ?? '';
  }

  /** That meaning of the phrase at a place, where it has it. */
  at<Is extends Meaning['is']>(at: number, is: Is): Of<Is> | undefined {
    return this.phrases[at]?.meanings.find((meaning): meaning is Of<Is> => meaning.is === is);
  }

  valuesAt(at: number): Of<'values'>[] {
    return this.phrases[at]?.meanings.filter((meaning) => meaning.is === 'values') ?? [];
  }

  /** Goes over the phrase here if it has that meaning. */
  take<Is extends Meaning['is']>(is: Is): Of<Is> | undefined {
    const meaning = this.at(this.i, is);
    if (meaning) this.i++;
    return meaning;
  }

  /** The first place from `at` on that says something. */
  afterFiller(at = this.i): number {
    let end = at;
    while (this.at(end, 'filler')) end++;
    return end;
  }

  /** Whether all phrases between two places are of these kinds. */
  isAll(from: number, to: number, kinds: readonly Meaning['is'][]): boolean {
    return this.phrases.slice(from, to).every(({ meanings }) => meanings.some(({ is }) => kinds.includes(is)));
  }
}
