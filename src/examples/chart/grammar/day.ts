/** The word `day`: a unit of time, and next to another time of day one of these. */
import { type PhraseCursor } from './phrase.cursor.js';

/** Either of the two. */
export const DAY = /^(?:days?|daytime|daylight)$/;
/** Names its column by itself. */
export const NAMED_DAY = 'time of day day';

const JOINTS = ['joint', 'versus', 'to'] as const;
const BETWEEN = [...JOINTS, 'by', 'filler'] as const;

/** Whether it stands here, and is a time of day, as in `by day and night`. */
export function isTimeOfDay(cursor: PhraseCursor): boolean {
  if (!DAY.test(cursor.textAt(cursor.i))) return false;
  return [-1, 1].some((step) => {
    let at = cursor.i + step;
    let isJoined = false;
    while (BETWEEN.some((kind) => cursor.at(at, kind))) {
      isJoined ||= JOINTS.some((kind) => cursor.at(at, kind));
      at += step;
    }
    return (isJoined || (at === cursor.i + step && cursor.textAt(at) !== NAMED_DAY)) && cursor.valuesAt(at).some(({ column }) => column === 'time_of_day');
  });
}
