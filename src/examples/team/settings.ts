/** What the first step of a workflow of personas does: read the input, and settle which model all of them speak with. */
import { StepcastError } from '../../contract/errors.js';
import { isObject, type JsonObject, type JsonValue } from '../../contract/json.js';

/** @throws StepcastError `invalid_input` unless it is an object. */
export function objectOf(input: JsonValue, name: string): JsonObject {
  if (isObject(input)) return input;
  throw new StepcastError('invalid_input', `${name} must be an object`);
}

/** @throws StepcastError `invalid_input` unless it is a text with something in it. */
export function textOf(value: JsonValue | undefined, name: string): string {
  if (typeof value === 'string' && value.trim() !== '') return value;
  throw new StepcastError('invalid_input', `${name} must be a text`);
}

/** @throws StepcastError `invalid_input` unless it is a whole number within bounds. */
export function wholeOf(value: JsonValue | undefined, name: string, least: number, most: number): number {
  if (typeof value === 'number' && Number.isInteger(value) && value >= least && value <= most) return value;
  throw new StepcastError('invalid_input', `${name} must be a whole number from ${least} to ${most}`);
}

/** @throws StepcastError `invalid_input` unless it is a list. */
export function listOf(value: JsonValue | undefined, name: string): JsonValue[] {
  if (Array.isArray(value)) return value;
  throw new StepcastError('invalid_input', `${name} must be a list`);
}

/** The model that an input names, or none for the service's own. */
export function modelOf(input: JsonValue): string | undefined {
  const model = isObject(input) ? input['model'] : undefined;
  return typeof model === 'string' ? model : undefined;
}
