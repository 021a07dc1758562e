import { type ErrorCode, type Fault } from '../contract/errors.js';
import { type ExecutionState } from '../contract/state.js';

/** The service refused a request (RFC 9457), or could not be reached (`status` 0). */
export class RequestError extends Error {
  override readonly name = 'RequestError';

  constructor(
    message: string,
    readonly status: number,
    /** Of the closed list; undefined where something else than Stepcast has answered. */
    readonly code: ErrorCode | undefined,
    /** Each fault of an input, with its path. */
    readonly errors: readonly Fault[] = [],
    /** Milliseconds that the service asks to be left alone for. */
    readonly retryAfterMs = 0,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }

  /** Whether the same request can go well later: nothing was reached, or what was is busy. */
  get isTransient(): boolean {
    return [0, 408, 425, 429].includes(this.status) || this.status >= 500;
  }
}

/** The execution ended otherwise than by completing. */
export class ExecutionError extends Error {
  override readonly name = 'ExecutionError';

  constructor(readonly state: ExecutionState) {
    super(state.status === 'failed' ? (state.error?.message ?? 'the execution has failed') : `the execution was ${state.status}`);
  }

  /** Of the error it failed with. */
  get code(): ErrorCode | undefined {
    return this.state.error?.code;
  }
}
