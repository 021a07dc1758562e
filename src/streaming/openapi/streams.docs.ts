/** Documentation of the event streams. */
import { applyDecorators } from '@nestjs/common';
import { ApiOperation, ApiResponse } from '@nestjs/swagger';
import { ApiExecutionId, ApiProblems, ApiSse, ApiStreamEnded, ApiStreamUser, AUTHENTICATED, FOR_OWNERS, LIMIT_HEADERS } from './route.decorators.js';
import { type ProblemCode } from './problem.schemas.js';
import { ApiList, ApiProtocol, ApiStreamForm, ApiStreamStart } from './stream.parameters.js';

const TAGS = { tags: ['streams'] };
/** Of `protocol=text`. */
export const TEXT_CONFLICT = { conflict: 'there is no whole text: step persist/say has failed' };
const STREAM_PROBLEMS = ['invalid_cursor', 'too_many_streams', 'capacity_exceeded', 'shutting_down'] as const satisfies ProblemCode[];

export const ApiStreamExecution = () =>
  applyDecorators(
    ApiOperation({
      ...TAGS, operationId: 'streamExecution', summary: 'Stream an execution',
      description: 'All events from where the reader asks: the past first, then live, without a seam. The response ends after the terminal event (`workflow_completed`, `workflow_failed`, `workflow_cancelled`). '
        + 'A reader that goes away changes nothing for the execution; one that does not read is dropped and can resume without loss.',
    }),
    ApiStreamUser(), ApiExecutionId(), ApiStreamForm(), ApiStreamStart('seq'), ApiProtocol(),
    ApiSse('The events.', { text: true }), ApiStreamEnded(),
    ApiProblems([...FOR_OWNERS, ...STREAM_PROBLEMS, 'conflict'], TEXT_CONFLICT),
  );

export const ApiStreamExecutions = () =>
  applyDecorators(
    ApiOperation({
      ...TAGS, operationId: 'streamExecutions', summary: 'Stream several executions',
      description: 'Several executions over one connection; each event names its own in `executionId`. Within one execution the order is that of its log, between them it is as they come. '
        + 'With `executions` the response ends after the last terminal event; without, it carries all executions of the user, those to come as well, and does not end by itself.',
    }),
    ApiStreamUser(),
    ApiList('executions', 'Ids of the executions; left out, all of the user.', { type: 'string' }, 100),
    ApiStreamForm(), ApiStreamStart('several'),
    ApiSse('The events.'), ApiStreamEnded(),
    ApiProblems([...FOR_OWNERS, ...STREAM_PROBLEMS]),
  );

export const ApiOpenSocket = () =>
  applyDecorators(
    ApiOperation({
      ...TAGS, operationId: 'openSocket', summary: 'Open a WebSocket',
      description: 'Streams, cancels and answers over one WebSocket (RFC 6455), in JSON messages of text: `subscribe` to executions, each from a cursor, or to all of the user, `unsubscribe`, `cancel`, `input`, `ping`. '
        + 'Events come as on the streams, each as `{"type":"event","event":{…}}`; docs/protocol.md has all messages. A socket counts as one open stream, and each request over it as a request.',
    }),
    ApiStreamUser(),
    ApiResponse({ status: 101, description: 'The WebSocket is open.', headers: LIMIT_HEADERS }),
    ApiProblems([...AUTHENTICATED, 'invalid_request', 'upgrade_required', 'too_many_streams', 'capacity_exceeded', 'shutting_down'], {
      invalid_request: 'Sec-WebSocket-Key must be 16 bytes in base64', forbidden: 'pages of this origin may not open WebSockets here; add it to STEPCAST_CORS_ORIGINS',
    }),
  );
