/** How requests are refused: the problem document, and each code of the closed list with when it is answered and an example. */
import { type ERROR_CODES, type ErrorCode, type Fault, StepcastError } from '../../contract/errors.js';
import { type Problem, problemOf } from '../http/problem.filter.js';
import { EXECUTION_ID } from './examples.js';
import { array, closed, optional, ref, type Schema, text } from './schema.builder.js';

/** Codes that a request can be refused with; the others are of events alone. */
export type ProblemCode = { [C in ErrorCode]: (typeof ERROR_CODES)[C] extends number ? C : never }[ErrorCode];

interface ProblemDoc {
  when: string;
  detail: string;
  faults?: Fault[];
}

export const PROBLEMS: Record<ProblemCode, ProblemDoc> = {
  invalid_request: {
    when: 'A parameter, a header or a field of the body is not what the route takes.',
    detail: 'the body is not what this route takes; see errors', faults: [{ path: '/colour', message: 'property colour should not exist' }],
  },
  invalid_json: { when: 'The body is no JSON.', detail: 'the body is no valid JSON: Unexpected end of JSON input' },
  invalid_input: {
    when: 'The input does not meet the schema of the workflow, or the answer that of the step.',
    detail: 'the input does not meet the input schema of research', faults: [{ path: '/input/topic', message: 'is required' }],
  },
  invalid_definition: {
    when: 'The workflow is not valid; every fault is told.',
    detail: 'the definition is not valid: /steps/0/agent names the agent "ecko", which is not registered here (did you mean echo?)',
    faults: [{ path: '/steps/0/agent', message: 'names the agent "ecko", which is not registered here (did you mean echo?)' }],
  },
  invalid_cursor: {
    when: 'The cursor is no whole number, negative, beyond the log, or none that was handed out.',
    detail: '99 is beyond the log, which ends at 12; resume with the last id you were sent', faults: [{ path: '/Last-Event-ID', message: 'must be at most 12' }],
  },
  unauthenticated: { when: 'No user, or a credential that is wrong, expired, used or for something else.', detail: 'this needs a user; send "X-API-Key: <key>" or "Authorization: Bearer <JWT>"' },
  forbidden: { when: 'The user may not do this.', detail: 'only admins may do this' },
  not_found: { when: 'It does not exist, or belongs to another user: the two answer alike.', detail: `there is no execution ${EXECUTION_ID}` },
  method_not_allowed: { when: 'The path has no such method.', detail: 'Cannot PUT /api/v1/executions' },
  not_acceptable: { when: 'No form of the answer is one that `Accept` takes.', detail: 'send "Accept: application/json"' },
  conflict: { when: 'What there is stands against it: the name is that of a workflow of the service itself, the user has stored as many as are kept for one, or a text is asked for that came to no end.', detail: '"brief" is a workflow of this service itself; choose another name' },
  already_finished: { when: 'The execution has completed or failed.', detail: `execution ${EXECUTION_ID} has completed already` },
  model_not_configured: { when: 'A step asks for a language model that the service has no key for; the detail names the variable.', detail: 'step "write" needs a language model: set OPENAI_API_KEY' },
  not_waiting: { when: 'No step waits for input, or not the one that is named.', detail: 'no step of this execution waits for input' },
  idempotency_conflict: { when: 'The `Idempotency-Key` was used with another request.', detail: 'this Idempotency-Key was used with another request; use a new key for a new request' },
  gone: { when: 'The execution finished long ago and was removed; a day later it answers 404.', detail: `execution ${EXECUTION_ID} has been removed: finished executions are kept for a limited time` },
  payload_too_large: { when: 'The body is larger than 1 MiB.', detail: 'the body is too large; at most 1 MiB is taken' },
  unsupported_media_type: { when: 'The body is not sent as JSON.', detail: 'send the body as JSON, with "Content-Type: application/json"' },
  upgrade_required: { when: 'The request is no handshake of a WebSocket, or one of a version that is not spoken.', detail: 'this is for WebSockets; open it with a client of theirs' },
  rate_limited: { when: 'The user (the address, where nobody is authenticated) has used its requests up.', detail: 'more than 300 requests in 60 s; try again in 12 s' },
  too_many_streams: {
    when: 'The user has too many open streams.',
    detail: '100 streams are open, and no more are allowed; close one, or follow several executions over one connection with GET /stream',
  },
  too_many_executions: { when: 'Too many executions of the user run or wait to run.', detail: '100 executions run and 1000 wait already; start more when some have finished' },
  internal: { when: 'Something that was not foreseen; the log of the service says what.', detail: 'something went wrong on the server; the log of the service says what' },
  authentication_unavailable: {
    when: 'The keys by which tokens are checked cannot be fetched at the moment.',
    detail: 'tokens cannot be checked at the moment: the keys of their issuer cannot be fetched; try again shortly',
  },
  capacity_exceeded: {
    when: 'The streams or executions of all users together are as many as the service takes.',
    detail: 'the service has as many streams open as it takes; try again in a moment, or ask for events as pages',
  },
  journal_unavailable: { when: 'The journal cannot be read or written at the moment.', detail: 'the journal is not available at the moment; try again shortly (/health/ready says why)' },
  shutting_down: { when: 'The service is shutting down.', detail: 'the service is shutting down; try again in a moment' },
};

export function problemExample(code: ProblemCode, detail = PROBLEMS[code].detail): Problem {
  const { faults } = PROBLEMS[code];
  return problemOf(new StepcastError(code, detail, faults ? { faults } : {}));
}

export const PROBLEM_SCHEMAS: Record<string, Schema> = {
  Problem: closed<Problem>('Why a request is refused (RFC 9457).', {
    type: { const: 'about:blank', description: '`code` says more.' },
    title: text('The status in words.'),
    status: { type: 'integer', minimum: 400, maximum: 599, description: 'As in the status line.' },
    code: ref('ProblemCode'),
    detail: text('What is wrong, and what helps.'),
    errors: optional(array(ref('Fault'), 'Every fault of the input, where that is what is wrong.')),
  }),
  Fault: closed<Fault>('One fault of an input.', {
    path: text('Where: a JSON Pointer (RFC 6901) into the body, or `/` and the name of a parameter or header.'),
    message: text('What.'),
  }),
  ProblemCode: { type: 'string', description: 'The closed list of codes that requests are refused with.', enum: Object.keys(PROBLEMS) },
};
