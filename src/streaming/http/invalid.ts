import { type ErrorCode, StepcastError } from '../../contract/errors.js';

/** One fault of what a request has sent. @param path Where it is, as a JSON pointer; the message of the error begins with it. */
export function invalid(path: string, message: string, code: ErrorCode = 'invalid_request'): StepcastError {
  return new StepcastError(code, `${path.slice(1)} ${message}`, { faults: [{ path, message }] });
}
