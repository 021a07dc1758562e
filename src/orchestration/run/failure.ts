import { type ErrorInfo, StepcastError } from '../../contract/errors.js';
import { redact } from '../../redaction/redact.js';

const MAX_MESSAGE = 2000;
const MAX_CAUSE = 100;
const NO_MESSAGE = 'the agent failed without a message';

/** A step has failed; carries what the events tell of it. */
export class StepFailure extends Error {
  constructor(readonly info: ErrorInfo) {
    super(info.message);
    this.name = 'StepFailure';
  }

  /** Whatever was thrown in a step, as its failure. The step that failed first stays named. Never throws: agents throw anything. */
  static of(thrown: unknown, stepId: string): StepFailure {
    try {
      if (thrown instanceof StepFailure) return thrown;
      const message = told(messageOf(thrown), MAX_MESSAGE) || NO_MESSAGE;
      if (thrown instanceof StepcastError) {
        const { retryable, retryAfterSeconds } = thrown.options;
        return new StepFailure({
          code: thrown.code, message, stepId,
          ...(retryable === undefined ? {} : { retryable }),
          ...(retryAfterSeconds === undefined ? {} : { retryAfterMs: Math.round(retryAfterSeconds * 1000) }),
        });
      }
      const { code, retryable } = (thrown ?? {}) as { code?: unknown; retryable?: unknown };
      const cause = typeof code === 'string' || typeof code === 'number' ? { cause: told(String(code), MAX_CAUSE) } : {};
      return new StepFailure({ code: 'agent_failed', message, stepId, ...cause, ...(typeof retryable === 'boolean' ? { retryable } : {}) });
    } catch {
      // Its own getters throw.
      return new StepFailure({ code: 'agent_failed', message: NO_MESSAGE, stepId });
    }
  }
}

/** Without secrets, such as the key in the address that a client library has failed to reach. Cut before too: a message may be a whole page. */
function told(text: string, length: number): string {
  return redact(text.slice(0, length * 4)).slice(0, length);
}

function messageOf(thrown: unknown): string {
  const { message } = (thrown ?? {}) as { message?: unknown };
  const told = message === undefined ? thrown : message;
  return typeof told === 'object' && told !== null ? JSON.stringify(told) : String(told);
}
