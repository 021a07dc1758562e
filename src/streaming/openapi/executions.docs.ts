/** Documentation of the routes of executions. */
import { applyDecorators } from '@nestjs/common';
import { ApiOperation } from '@nestjs/swagger';
import { EXECUTION_STATUSES } from '../../contract/state.js';
import { DEFINITION, EVENTS_PAGE, EXECUTION_DEFINITION, EXECUTION_LIST, EXECUTION_STREAM, INPUT, started, STATE, ticket } from './examples.js';
import { ApiExecutionId, ApiJson, ApiJsonBody, ApiOptional, ApiProblems, ApiUser, AUTHENTICATED, FOR_OWNERS, FOR_USERS, WITH_BODY, WITH_POST } from './route.decorators.js';
import { TEXT_CONFLICT } from './streams.docs.js';
import { ApiStart, START_PROBLEMS } from './workflows.docs.js';

const TAGS = { tags: ['executions'] };
const STREAM_TAGS = { tags: ['streams'] };

export const ApiRunDefinition = () =>
  applyDecorators(
    ApiOperation({
      ...TAGS, operationId: 'runDefinition', summary: 'Run a definition',
      description: 'Runs the workflow that is given in the body, without storing it. With `Accept: text/event-stream` the answer is its event stream, and the parameters of streams hold.',
    }),
    ApiStart(), ApiJsonBody('RunBody', { 'A retry, then a person': { workflow: DEFINITION, input: INPUT } }),
    ApiProblems(START_PROBLEMS, TEXT_CONFLICT),
  );

export const ApiListExecutions = () =>
  applyDecorators(
    ApiOperation({ ...TAGS, operationId: 'listExecutions', summary: 'List executions', description: "One's own, newest first; admins see those of all users." }),
    ApiUser(),
    ApiOptional('status', 'Only those that stand so.', { type: 'string', enum: [...EXECUTION_STATUSES] }),
    ApiOptional('workflow', 'Only those of the workflow of this name.', { type: 'string', maxLength: 200 }),
    ApiOptional('sessionId', 'Only those of this session.', { type: 'string', maxLength: 200 }),
    ApiOptional('limit', 'How many at most.', { type: 'integer', minimum: 1, maximum: 200, default: 50 }),
    ApiOptional('cursor', 'The `nextCursor` of the page before.', { type: 'string' }),
    ApiJson(200, 'A page', 'ExecutionList', EXECUTION_LIST),
    ApiProblems([...FOR_USERS, 'invalid_request', 'invalid_cursor'], { invalid_cursor: 'cursor must be a nextCursor that a list has answered' }),
  );

export const ApiGetExecution = () =>
  applyDecorators(
    ApiOperation({ ...TAGS, operationId: 'getExecution', summary: 'Get an execution', description: 'As it stands: the fold of its events up to `lastSeq`. A stream that resumes after `lastSeq` goes on from exactly here.' }),
    ApiUser(), ApiExecutionId(),
    ApiJson(200, 'The execution', 'ExecutionState', STATE),
    ApiProblems(FOR_OWNERS),
  );

export const ApiGetDefinition = () =>
  applyDecorators(
    ApiOperation({
      ...TAGS, operationId: 'getDefinition', summary: 'Get the definition that an execution runs',
      description: 'As it was given or stored at the start, whatever has become of it since. One of the code is not kept: where that has changed, it is 404 `not_found`, and the detail says so.',
    }),
    ApiUser(), ApiExecutionId(),
    ApiJson(200, 'The definition', 'ExecutionDefinition', EXECUTION_DEFINITION),
    ApiProblems(FOR_OWNERS),
  );

export const ApiListEvents = () =>
  applyDecorators(
    ApiOperation({ ...TAGS, operationId: 'listEvents', summary: 'Get events as JSON', description: 'The same events as the stream sends, for polling and replay: ask again with the last seq as `after` until `terminal`.' }),
    ApiUser(), ApiExecutionId(),
    ApiOptional('after', 'Only events after this seq.', { type: 'integer', minimum: 0, default: 0 }),
    ApiOptional('limit', 'How many at most.', { type: 'integer', minimum: 1, maximum: 1000, default: 100 }),
    ApiJson(200, 'A page', 'EventsPage', EVENTS_PAGE),
    ApiProblems([...FOR_OWNERS, 'invalid_cursor']),
  );

export const ApiCancelExecution = () =>
  applyDecorators(
    ApiOperation({
      ...TAGS, operationId: 'cancelExecution', summary: 'Cancel an execution',
      description: 'When it answers, running agents have seen their signal abort, nothing new starts, and `workflow_cancelled` is the last event. One that is cancelled already answers alike.',
    }),
    ApiUser(), ApiExecutionId(), ApiJsonBody('CancelBody', { 'With a reason': { reason: 'asked for by the customer' } }, { required: false }),
    ApiJson(202, 'It is cancelled', 'Started', started('cancelled')),
    ApiProblems([...FOR_OWNERS, ...WITH_BODY, 'already_finished', 'shutting_down']),
  );

export const ApiSendInput = () =>
  applyDecorators(
    ApiOperation({ ...TAGS, operationId: 'sendInput', summary: 'Answer a step that waits for a person', description: 'Answers once the answer is in the journal. A step can be answered once.' }),
    ApiUser(), ApiExecutionId(), ApiJsonBody('InputBody', { 'To the step that waits': { stepId: 'approve', value: true } }),
    ApiJson(202, 'It goes on', 'Started', started('running')),
    ApiProblems([...FOR_OWNERS, ...WITH_BODY, 'invalid_input', 'not_waiting', 'shutting_down']),
  );

const TICKETS = 'For a browser, whose EventSource cannot send headers. A ticket is good for one connection within 60 s: ask for a new one for each.';

export const ApiCreateTicket = () =>
  applyDecorators(
    ApiOperation({ ...STREAM_TAGS, operationId: 'createTicket', summary: 'Get a ticket for the stream of an execution', description: TICKETS }),
    ApiUser(), ApiExecutionId(),
    ApiJson(201, 'The ticket', 'Ticket', ticket(EXECUTION_STREAM)),
    ApiProblems([...FOR_OWNERS, ...WITH_POST]),
  );

export const ApiCreateStreamTicket = () =>
  applyDecorators(
    ApiOperation({ ...STREAM_TAGS, operationId: 'createStreamTicket', summary: 'Get a ticket for the stream of several executions', description: TICKETS }),
    ApiUser(),
    ApiJson(201, 'The ticket', 'Ticket', ticket('/stream')),
    ApiProblems([...AUTHENTICATED, ...WITH_BODY]),
  );
