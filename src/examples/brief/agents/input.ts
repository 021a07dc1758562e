/**
 * Guards of inputs that come from other steps. Agents can be named in any workflow, also in one that a user sends, so
 * that what they are given is not always what `brief` gives them.
 */
import { StepcastError } from '../../../contract/errors.js';

/** How many sentences a summary has. */
export const SUMMARY_LENGTH = { default: 5, most: 20 };

/** The members of an input that is an object; each may be missing. @throws StepcastError `invalid_input` */
export function membersOf<Input extends object>(input: Input): { [Key in keyof Input]?: unknown } {
  if (typeof input === 'object' && input !== null && !Array.isArray(input)) return input;
  throw new StepcastError('invalid_input', 'the input must be an object');
}

/** @throws StepcastError `invalid_input` unless `value` is a list whose items are all `what`. */
export function listOf<T>(value: unknown, name: string, is: (item: unknown) => item is T, what: string): T[] {
  if (Array.isArray(value) && value.every(is)) return value;
  throw new StepcastError('invalid_input', `${name} must be a list of ${what}`);
}

/** @throws StepcastError `invalid_input` unless `value` is a whole number within bounds. */
export function wholeNumber(value: unknown, name: string, least: number, most: number): number {
  if (typeof value === 'number' && Number.isInteger(value) && value >= least && value <= most) return value;
  throw new StepcastError('invalid_input', `${name} must be a whole number from ${least} to ${most}`);
}
