/**
 * The closed list of error codes. A request that is refused answers with one of them as `code` in its problem
 * document (RFC 9457); a step or a workflow that fails carries one in its event. The number is the HTTP status of
 * a code that a request can be refused with; codes that only events carry have none.
 */
export const ERROR_CODES = {
  // requests
  invalid_request: 400,
  invalid_json: 400,
  invalid_input: 400,
  invalid_definition: 400,
  invalid_cursor: 400,
  unauthenticated: 401,
  forbidden: 403,
  not_found: 404,
  method_not_allowed: 405,
  not_acceptable: 406,
  conflict: 409,
  already_finished: 409,
  model_not_configured: 400,
  not_waiting: 409,
  idempotency_conflict: 409,
  gone: 410,
  payload_too_large: 413,
  unsupported_media_type: 415,
  upgrade_required: 426,
  rate_limited: 429,
  too_many_streams: 429,
  too_many_executions: 429,
  internal: 500,
  authentication_unavailable: 503,
  capacity_exceeded: 503,
  journal_unavailable: 503,
  shutting_down: 503,
  // steps and workflows
  agent_failed: undefined,
  agent_not_found: undefined,
  auth: undefined,
  overloaded: undefined,
  context_length: undefined,
  content_filter: undefined,
  model_failed: undefined,
  output_invalid: undefined,
  tool_not_found: undefined,
  tool_failed: undefined,
  address_refused: undefined,
  http_failed: undefined,
  expression_failed: undefined,
  output_not_json: undefined,
  output_too_large: undefined,
  too_many_events: undefined,
  step_timeout: undefined,
  workflow_timeout: undefined,
  workflow_not_found: undefined,
  workflow_changed: undefined,
  resume_limit: undefined,
} as const satisfies Record<string, number | undefined>;

export type ErrorCode = keyof typeof ERROR_CODES;

/** One fault of an input: where (a JSON Pointer, RFC 6901) and what. */
export interface Fault {
  path: string;
  message: string;
}

/** How an error stands in events and in the status. */
export interface ErrorInfo {
  code: ErrorCode;
  message: string;
  /** The step that failed first, where one did. */
  stepId?: string;
  /** `false`: the same would fail again, and a `retry` step does not try. Absent where nobody can tell. */
  retryable?: boolean;
  /** Milliseconds that whoever failed asks to be left alone for; a `retry` step waits at least so long. */
  retryAfterMs?: number;
  /** The `code` property of the error an agent threw, where it had one. */
  cause?: string;
}

/** Every error that Stepcast raises on purpose. The message names the remedy. */
export class StepcastError extends Error {
  readonly status: number;

  constructor(
    readonly code: ErrorCode,
    message: string,
    readonly options: { faults?: Fault[]; retryAfterSeconds?: number; retryable?: boolean; cause?: unknown } = {},
  ) {
    super(message, { cause: options.cause });
    this.name = 'StepcastError';
    this.status = ERROR_CODES[code] ?? 500;
  }

  get faults(): Fault[] | undefined {
    return this.options.faults;
  }
}
