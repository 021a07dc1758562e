/**
 * How much one execution may put out. What runs in it may be a loop that a stranger has written, or a model that does
 * not stop; and all that it puts out is kept: in memory while it runs, on disk for as long as the retention lasts.
 */
import { StepcastError } from '../../contract/errors.js';
import { isShort, type JsonValue } from '../../contract/json.js';
import { type ExecutionState } from '../../contract/state.js';
import { type OrchestrationOptions } from '../orchestration.options.js';

export interface RunLimits {
  /** Bytes of JSON of an output, of an input and of each thing that is told; characters of all the text of an attempt. */
  outputBytes: number;
  /** Events of an execution, its last one among them. */
  events: number;
  /** Characters of JSON of all its events. */
  logLength: number;
}

/** What an event has on average, at the most: many times what events of text have. */
const MEAN_EVENT_LENGTH = 1024;
/** However few events are allowed, so many of the largest outputs are. */
const MIN_OUTPUTS = 16;

export function limitsOf({ maxOutputBytes, maxEventsPerExecution }: Pick<OrchestrationOptions, 'maxOutputBytes' | 'maxEventsPerExecution'>): RunLimits {
  return {
    outputBytes: maxOutputBytes, events: maxEventsPerExecution,
    logLength: Math.max(maxEventsPerExecution * MEAN_EVENT_LENGTH, MIN_OUTPUTS * maxOutputBytes),
  };
}

/** What the ends of the steps that run may still add: the text that waits and the end of each, and the end of all. */
const ENDS_OF_A_STEP = 2;
const LAST_EVENTS = 8;

/** Whether there is no room left but for the ends of what runs. */
export function isFull({ lastSeq, activeSteps }: Pick<ExecutionState, 'lastSeq' | 'activeSteps'>, logLength: number, limits: RunLimits): boolean {
  return lastSeq + ENDS_OF_A_STEP * activeSteps.length + LAST_EVENTS >= limits.events || logLength > limits.logLength;
}

/**
 * Why an execution is failed with `too_many_events`.
 * @param logLength Characters of JSON of the events so far.
 * @param stepId The step of the last one, where it has one.
 */
export function tooManyEvents(logLength: number, { events, logLength: most }: RunLimits, stepId: string | undefined): string {
  const what = logLength > most ? `more than ${most} characters of events` : `all of the ${events} events that are allowed, but for those that are kept for its end`;
  const last = stepId === undefined ? '' : `; the last is of step ${stepId}`;
  return `the execution has told ${what}${last}; tell less, split the workflow, or raise maxEventsPerExecution (STEPCAST_MAX_EVENTS_PER_EXECUTION)`;
}

/** Exact, and mostly by a look at the lengths of texts alone: a character is 1 to 6 bytes of JSON. */
export function fitsIn(value: JsonValue, bytes: number): boolean {
  if (isShort(value, bytes / 6)) return true;
  // A number of one digit counts as five characters, as six with the comma of a list: what has thrice as many as there
  // are bytes, and the two more of a digit that stands alone, is too large.
  return isShort(value, bytes * 3 + 2) && Buffer.byteLength(JSON.stringify(value)) <= bytes;
}

/** @throws StepcastError `output_too_large`; `what` begins its message. */
export function assertFits(value: JsonValue, what: string, { outputBytes }: RunLimits): void {
  if (!fitsIn(value, outputBytes)) throw tooLarge(what, outputBytes);
}

export function tooLarge(what: string, bytes: number): StepcastError {
  return new StepcastError('output_too_large', `${what} has more than ${bytes} bytes of JSON; keep it elsewhere and give on where, or raise maxOutputBytes (STEPCAST_MAX_OUTPUT_BYTES)`);
}
