/** Pairs of quotation marks and brackets, told apart from apostrophes by what stands around them. */

const PAIRS: readonly (readonly [RegExp, RegExp])[] = [
  [/[([]/g, /[)\]]/g],
  [/“/g, /”/g],
  [/(?<![^\s([–—-])"/g, /"(?![^\s)\].,;:!?–—-])/g],
  [/(?<![^\s([–—-])['‘](?=\S)/g, /(?<=[^\s–—-])['’](?![^\s)\].,;:!?–—-])/g],
];

/** Whether a sentence opens a quotation or a bracket that it does not close, or the other way round. */
export function isTorn(sentence: string): boolean {
  return PAIRS.some(([opening, closing]) => {
    const opened = sentence.match(opening)?.length ?? 0;
    const closed = sentence.match(closing)?.length ?? 0;
    // Within a sentence a closing mark too many may be a possessive: "the birds' nests".
    return opened > closed || (opened < closed && /["'’”)\]]$/.test(sentence));
  });
}
