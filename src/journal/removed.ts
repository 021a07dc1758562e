import { StepcastError } from '../contract/errors.js';

/** What is answered for an execution that retention has taken, as long as that is remembered. */
export function removed(id: string): StepcastError {
  return new StepcastError('gone', `execution ${id} has been removed: finished executions are kept for a limited time`);
}

/** Whether that is what an error says. */
export function isRemoved(error: unknown): boolean {
  return error instanceof StepcastError && error.code === 'gone';
}
