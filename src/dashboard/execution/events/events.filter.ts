/**
 * The events of a log that fit what is looked for. A log grows: what has been looked at once is not looked at again while the
 * filter stays the same, so that a frame costs what is new in it.
 */
import { type EventType, type ExecutionEvent, isWithin } from '../../../contract/events.js';

export interface EventFilter {
  /** None: all. */
  types: ReadonlySet<EventType>;
  /** Id of a step; what lies below it fits too. Empty: all. */
  step: string;
  /** Somewhere in the event, in small letters. */
  text: string;
}

export class EventSieve {
  private readonly found: number[] = [];
  private seen = 0;

  constructor(private readonly events: readonly ExecutionEvent[], private readonly filter: EventFilter) {}

  /** Places in the log, in order, of those among the first `length` that fit. The list is the same object while it grows. */
  upTo(length: number): readonly number[] {
    for (; this.seen < Math.min(length, this.events.length); this.seen++) {
      if (fits(this.events[this.seen] as ExecutionEvent, this.filter)) this.found.push(this.seen);
    }
    if (length >= this.seen) return this.found;
    return this.found.slice(0, firstFrom(this.found, length));
  }
}

export function fits(event: ExecutionEvent, { types, step, text }: EventFilter): boolean {
  if (types.size > 0 && !types.has(event.type)) return false;
  if (step !== '' && !(event.step && isWithin(event.step.id, step))) return false;
  return text === '' || JSON.stringify(event).toLowerCase().includes(text);
}

/** One line that says what an event is about. */
export function summaryOf(event: ExecutionEvent): string {
  switch (event.type) {
    case 'step_output':
      return typeof event.data.delta === 'string' ? event.data.delta : JSON.stringify(event.data.delta);
    case 'message':
      return event.data.text;
    case 'tool_call':
      return `${event.data.tool} ${JSON.stringify(event.data.input)}`;
    default:
      return event.message ?? JSON.stringify(event.data);
  }
}

/** How many of the rising `places` are below `end`. */
function firstFrom(places: readonly number[], end: number): number {
  let [low, high] = [0, places.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((places[middle] as number) < end) low = middle + 1;
    else high = middle;
  }
  return low;
}
