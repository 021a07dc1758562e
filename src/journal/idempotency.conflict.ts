import { StepcastError } from '../contract/errors.js';

/** What is answered for a start whose key stands for another request. */
export function idempotencyConflict(): StepcastError {
  return new StepcastError('idempotency_conflict', 'this Idempotency-Key was used with another request; use a new key for a new request');
}
