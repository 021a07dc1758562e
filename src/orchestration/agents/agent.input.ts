import { DEFINITION_LIMITS } from '../../contract/definition.js';
import { StepcastError } from '../../contract/errors.js';
import { type JsonObject, type JsonValue } from '../../contract/json.js';

/** The input of an agent that takes an object. @throws StepcastError `invalid_input` */
export function objectInput(agent: string, input: JsonValue): JsonObject {
  if (input === null || typeof input !== 'object' || Array.isArray(input)) {
    throw new StepcastError('invalid_input', `agent "${agent}" takes an object as its input, but was given ${input === null ? 'nothing' : JSON.stringify(input).slice(0, 100)}`);
  }
  return input;
}

/** A whole number within bounds. @throws StepcastError `invalid_input` */
export function wholeNumber(agent: string, input: JsonObject, key: string, fallback: number | undefined, max: number = DEFINITION_LIMITS.durationMs): number {
  const value = input[key] ?? fallback;
  if (typeof value === 'number' && Number.isInteger(value) && value >= 0 && value <= max) return value;
  throw new StepcastError('invalid_input', `agent "${agent}" takes ${key} as a whole number from 0 to ${max}, but was given ${JSON.stringify(value) ?? 'nothing'}`);
}
