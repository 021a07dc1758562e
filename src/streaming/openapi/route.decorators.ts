/** The parts that the documentation of a route is made of. */
import { applyDecorators } from '@nestjs/common';
import { ApiBody, ApiHeader, ApiParam, ApiQuery, ApiResponse, type ApiResponseOptions, ApiSecurity } from '@nestjs/swagger';
import { ERROR_CODES } from '../../contract/errors.js';
import { EXECUTION_ID, FRAMES, ONE_FRAME, STREAM_TEXT } from './examples.js';
import { type ProblemCode, problemExample, PROBLEMS } from './problem.schemas.js';
import { ref, type Schema } from './schema.builder.js';

const header = (name: string) => ({ [name]: { $ref: `#/components/headers/${name}` } });
export const LIMIT_HEADERS = { ...header('RateLimit'), ...header('RateLimit-Policy') };
const HEADERS_BY_STATUS: Record<number, object> = {
  401: header('WWW-Authenticate'),
  426: header('Upgrade'),
  429: { ...header('Retry-After'), ...LIMIT_HEADERS },
  503: header('Retry-After'),
};

/** Any user, by key or token. */
export const ApiUser = () => applyDecorators(ApiSecurity('apiKey'), ApiSecurity('bearer'));

/** Any user, by key, token or ticket. */
export const ApiStreamUser = () =>
  applyDecorators(
    ApiUser(), ApiSecurity('ticket'),
    ApiQuery({ name: 'ticket', required: false, description: 'Stands for the user where no header says who it is. Good once.', schema: { type: 'string' } }),
  );

/** A body of the component `name`; each example under its summary. */
export const ApiJsonBody = (name: string, examples: Record<string, object>, { required = true } = {}) =>
  ApiBody({ schema: ref(name), required, examples: examplesOf(examples) });

/** An answer of the component `name`. */
export const ApiJson = (status: number, description: string, name: string, example: object) =>
  ApiResponse({ status, description, headers: LIMIT_HEADERS, content: { 'application/json': { schema: ref(name), examples: examplesOf({ [description]: example }) } } });

/** An answer without a body. */
export const ApiNothing = (description: string) => ApiResponse({ status: 204, description, headers: LIMIT_HEADERS });

/** 200 with an event stream. As of OpenAPI 3.2, `schema` is the stream as a whole and `itemSchema` each frame in it. */
export const ApiSse = (description: string, { text = false } = {}) =>
  ApiResponse({
    status: 200,
    description: `${description} One of them:\n\n\`\`\`\n${ONE_FRAME}\n\`\`\``,
    headers: LIMIT_HEADERS,
    content: {
      'text/event-stream': {
        schema: { type: 'array', items: ref('StreamFrame') } satisfies Schema,
        itemSchema: ref('StreamFrame'),
        examples: { stream: { summary: 'The beginning of a stream', dataValue: FRAMES, serializedValue: STREAM_TEXT } },
      },
      ...(text ? { 'text/plain': { schema: { type: 'string', description: 'With `protocol=text`: the text, and nothing but that.' }, examples: { text: { summary: 'The text of a step', value: 'Hello Ada' } } } } : {}),
    },
  } as ApiResponseOptions);

/** 204 in place of a stream. */
export const ApiStreamEnded = () => ApiNothing('The execution has ended and the reader has seen all of it: nothing is left to be sent, and an EventSource stops reconnecting.');

/**
 * The ways in which a route refuses: one response for each status, with its codes and an example of each.
 * @param details `detail` of the example, where the route's own says more.
 */
export function ApiProblems(codes: readonly ProblemCode[], details: Partial<Record<ProblemCode, string>> = {}): MethodDecorator {
  const byStatus = Map.groupBy(new Set(codes), (code) => ERROR_CODES[code]);
  return applyDecorators(...[...byStatus].map(([status, group]) =>
    ApiResponse({
      status,
      description: group.map((code) => `\`${code}\`: ${PROBLEMS[code].when}`).join('\n\n'),
      ...(HEADERS_BY_STATUS[status] ? { headers: HEADERS_BY_STATUS[status] } : {}),
      content: {
        'application/problem+json': {
          schema: { allOf: [ref('Problem'), { type: 'object', properties: { code: { enum: group } } }] },
          examples: Object.fromEntries(group.map((code) => [code, { summary: PROBLEMS[code].when, value: problemExample(code, details[code]) }])),
        },
      },
    } as ApiResponseOptions)));
}

/** What every route that needs a user may answer, the journal aside. */
export const AUTHENTICATED = ['unauthenticated', 'forbidden', 'rate_limited', 'internal', 'authentication_unavailable'] as const satisfies ProblemCode[];
/** What every route for users may answer. */
export const FOR_USERS = [...AUTHENTICATED, 'journal_unavailable'] as const satisfies ProblemCode[];
/** What every route of one execution may answer. */
export const FOR_OWNERS = [...FOR_USERS, 'invalid_request', 'not_found', 'gone'] as const satisfies ProblemCode[];
/** What every `POST` may answer: a body that comes is read, whether the route has a use for it or not. */
export const WITH_POST = ['invalid_json', 'payload_too_large', 'unsupported_media_type'] as const satisfies ProblemCode[];
/** What every route that takes a body may answer. */
export const WITH_BODY = [...WITH_POST, 'invalid_request'] as const satisfies ProblemCode[];

export const ApiExecutionId = () => ApiParam({ name: 'id', description: 'Id of the execution.', schema: { type: 'string', examples: [EXECUTION_ID] } });

export const ApiIdempotencyKey = () =>
  ApiHeader({
    name: 'Idempotency-Key', required: false, schema: { type: 'string', pattern: '^[!-~]{1,255}$' },
    description: 'The same key with the same request gives the same execution, for as long as it is kept; with another request it is a 409. Makes a start safe to repeat.',
  });

export const ApiTraceparent = () =>
  ApiHeader({
    name: 'traceparent', required: false, schema: { type: 'string', examples: ['00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01'] },
    description: 'The trace that the execution is to be part of (W3C Trace Context). One that is not valid is passed by, and a new trace begins.',
  });

/** A query parameter that may be left out. */
export const ApiOptional = (name: string, description: string, schema: Schema, more: { style?: 'form'; explode?: boolean } = {}) =>
  ApiQuery({ name, required: false, description, schema, ...more });

function examplesOf(examples: Record<string, object>): Record<string, { summary: string; value: object }> {
  return Object.fromEntries(Object.entries(examples).map(([summary, value], i) => [`example${i + 1}`, { summary, value }]));
}
