/** How agents refuse what they cannot run: before the start by the step, in a run by its input. */
import { type Fault, StepcastError } from '../../contract/errors.js';
import { type JsonValue } from '../../contract/json.js';

/** Whether a value of a step that has not started is filled later, so that nothing can be said of it yet. */
export function isTemplate(value: JsonValue | undefined): boolean {
  return typeof value === 'string' && value.includes('{{');
}

/** @throws StepcastError `invalid_definition` with the faults, paths from the step: what never could run. */
export function refuseStep(agent: string, step: string, faults: readonly Fault[]): void {
  if (!faults.length) return;
  const own = faults.map(({ path, message }) => ({ path: `/input${path}`, message }));
  throw new StepcastError('invalid_definition', `the step ${step} of agent "${agent}" cannot run: ${faultList(own)}`, { faults: own });
}

/** @throws StepcastError `invalid_input` with the faults, paths from the input. */
export function refuseInput(agent: string, faults: readonly Fault[]): void {
  if (!faults.length) return;
  throw new StepcastError('invalid_input', `agent "${agent}" cannot take its input: ${faultList(faults)}`, { faults: [...faults] });
}

/** Faults on one line. */
export function faultList(faults: readonly Fault[]): string {
  return faults.map(({ path, message }) => `${path || 'it'} ${message}`).join('; ');
}
