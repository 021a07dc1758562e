/** What stands at the axes of a chart: which span is shown, and marks that tell something. */

/** Seconds that are shown at least, so that the first points do not fill the width. */
const MIN_SPAN = 120;
const TIME = new Intl.DateTimeFormat(undefined, { hour: '2-digit', minute: '2-digit', second: '2-digit', hourCycle: 'h23' });

/**
 * Of the times that there are, not of what a plot makes of them: a single one is a whole day to it.
 * @param times Seconds since the epoch, in order.
 */
export function timeRange(times: ArrayLike<number>): [number, number] {
  const [first, last] = [times[0], times[times.length - 1]];
  return first === undefined || last === undefined ? [0, 1] : [Math.min(first, last - MIN_SPAN), last];
}

/** Labels for marks; none where nothing has a time yet. */
export function timeLabels(marks: readonly number[], times: ArrayLike<number>): string[] {
  return marks.map((at) => (times.length === 0 ? '' : TIME.format(at * 1000)));
}

/** From zero; of what is next to nothing, so far that the marks still differ. @param least The highest value that is shown at least. */
export function valueRange(max: number | null, least: number): [number, number] {
  return [0, Math.max(max !== null && Number.isFinite(max) ? max * 1.15 : 0, least)];
}

/** Labels for marks; one that says the same as the one below it is left out, and all but the zero where no value is known. */
export function valueLabels(marks: readonly number[], unit: (value: number) => string, isKnown: boolean): string[] {
  const labels = marks.map(unit);
  return labels.map((label, i) => (label === labels[i - 1] || (!isKnown && marks[i] !== 0) ? '' : label));
}
