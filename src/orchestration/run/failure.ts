import { ERROR_CODES, type ErrorCode, type ErrorInfo, StepcastError } from '../../contract/errors.js';

const MAX_MESSAGE = 2000;

/** A step has failed; carries what the events tell of it. */
export class StepFailure extends Error {
  constructor(readonly info: ErrorInfo) {
    super(info.message);
    this.name = 'StepFailure';
  }

  /** Whatever was thrown in a step, as its failure. The step that failed first stays named. */
  static of(thrown: unknown, stepId: string): StepFailure {
    if (thrown instanceof StepFailure) return thrown;
    const { code } = (thrown ?? {}) as { code?: unknown };
    const own = typeof code === 'string' && thrown instanceof StepcastError ? thrown.code : undefined;
    const message = thrown instanceof Error ? thrown.message : String(thrown);
    const info: ErrorInfo = { code: own ?? 'agent_failed', message: message.slice(0, MAX_MESSAGE) || 'the agent failed without a message', stepId };
    if (!own && (typeof code === 'string' || typeof code === 'number')) info.cause = String(code).slice(0, 100);
    return new StepFailure(info);
  }
}

/** Narrows a stored code back to the closed list. */
export function isErrorCode(code: string): code is ErrorCode {
  return Object.hasOwn(ERROR_CODES, code);
}
