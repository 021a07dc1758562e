import { type AgentStep, DEFINITION_LIMITS } from '../../contract/definition.js';
import { type Fault, StepcastError } from '../../contract/errors.js';
import { isObject, type JsonObject, type JsonValue, memberPath } from '../../contract/json.js';
import { isTemplate, refuseStep } from './step.faults.js';

/** The input of an agent that takes an object. @throws StepcastError `invalid_input` */
export function objectInput(agent: string, input: JsonValue): JsonObject {
  if (!isObject(input)) {
    throw new StepcastError('invalid_input', `agent "${agent}" takes an object as its input, but was given ${input === null ? 'nothing' : JSON.stringify(input).slice(0, 100)}`);
  }
  return input;
}

/** A whole number within bounds. @throws StepcastError `invalid_input` */
export function wholeNumber(agent: string, input: JsonObject, key: string, fallback: number | undefined, max: number = DEFINITION_LIMITS.durationMs): number {
  const value = input[key] ?? fallback;
  if (isWhole(value, max)) return value;
  throw new StepcastError('invalid_input', `agent "${agent}" takes ${key} as a whole number from 0 to ${max}, but was given ${JSON.stringify(value) ?? 'nothing'}`);
}

/**
 * Refuses a step whose input could never be taken, before anything runs. What templates fill, and what comes from the
 * step before, is not known yet.
 *
 * @param faultsOf Of an input that is an object; paths from the input.
 * @throws StepcastError `invalid_definition`
 */
export function checkInput(agent: string, { name, input }: Readonly<AgentStep>, faultsOf: (input: JsonObject) => Fault[]): void {
  if (input === undefined || typeof input === 'function' || isTemplate(input)) return;
  refuseStep(agent, name, isObject(input) ? faultsOf(input) : [{ path: '', message: 'must be an object' }]);
}

/** Of a member that takes a whole number; without a `fallback` it has to be there. */
export function numberFaults(input: JsonObject, key: string, fallback: number | undefined, max: number = DEFINITION_LIMITS.durationMs): Fault[] {
  const value = input[key] ?? fallback;
  if (isWhole(value, max) || isTemplate(value)) return [];
  return [{ path: memberPath('', key), message: value === undefined ? 'is missing' : `must be a whole number from 0 to ${max}` }];
}

function isWhole(value: JsonValue | undefined, max: number): value is number {
  return typeof value === 'number' && Number.isInteger(value) && value >= 0 && value <= max;
}
