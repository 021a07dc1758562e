/** Documentation of the routes of workflows. */
import { applyDecorators } from '@nestjs/common';
import { ApiHeader, ApiOperation, ApiParam } from '@nestjs/swagger';
import { DEFINITION, INPUT, started, WORKFLOW_DETAIL, WORKFLOW_LIST } from './examples.js';
import { type ProblemCode } from './problem.schemas.js';
import { ApiIdempotencyKey, ApiJson, ApiJsonBody, ApiNothing, ApiProblems, ApiSse, ApiStreamEnded, ApiTraceparent, ApiUser, FOR_USERS, WITH_BODY } from './route.decorators.js';
import { ApiProtocol, ApiStreamForm, ApiStreamStart } from './stream.parameters.js';
import { TEXT_CONFLICT } from './streams.docs.js';

const TAGS = { tags: ['workflows'] };
const ABSENT = { not_found: 'there is no workflow "greting"; GET /workflows lists those you can start' };

const ApiWorkflowName = () => ApiParam({ name: 'name', description: 'Name of the workflow.', schema: { type: 'string', examples: [DEFINITION.name] } });

export const ApiListWorkflows = () =>
  applyDecorators(
    ApiOperation({ ...TAGS, operationId: 'listWorkflows', summary: 'List workflows', description: 'All that the user can start: the workflows of the service, and the definitions that the user has stored.' }),
    ApiUser(),
    ApiJson(200, 'The workflows', 'WorkflowList', WORKFLOW_LIST),
    ApiProblems(FOR_USERS),
  );

export const ApiGetWorkflow = () =>
  applyDecorators(
    ApiOperation({ ...TAGS, operationId: 'getWorkflow', summary: 'Get a workflow', description: 'With its definition and the schema of its input.' }),
    ApiUser(), ApiWorkflowName(),
    ApiJson(200, 'The workflow', 'WorkflowDetail', WORKFLOW_DETAIL),
    ApiProblems([...FOR_USERS, 'invalid_request', 'not_found'], ABSENT),
  );

export const ApiStoreWorkflow = () =>
  applyDecorators(
    ApiOperation({
      ...TAGS, operationId: 'storeWorkflow', summary: 'Store a workflow',
      description: 'Keeps a definition under its name, for this user alone; one of the same name is replaced. Executions that run go on with the definition they were started with.',
    }),
    ApiUser(), ApiJsonBody('WorkflowDefinition', { 'A retry, then a person': DEFINITION }),
    ApiJson(201, 'The stored workflow', 'WorkflowDetail', WORKFLOW_DETAIL),
    ApiProblems([...FOR_USERS, ...WITH_BODY, 'invalid_definition', 'conflict']),
  );

export const ApiDeleteWorkflow = () =>
  applyDecorators(
    ApiOperation({ ...TAGS, operationId: 'deleteWorkflow', summary: 'Delete a stored workflow', description: 'Executions of it are kept, and go on where they run.' }),
    ApiUser(), ApiWorkflowName(),
    ApiNothing('It is deleted.'),
    ApiProblems([...FOR_USERS, 'invalid_request', 'not_found', 'conflict'], { ...ABSENT, conflict: '"brief" is a workflow of this service itself and cannot be deleted' }),
  );

/** What both starts take and answer beside their body. */
export const ApiStart = () =>
  applyDecorators(
    ApiUser(), ApiIdempotencyKey(), ApiTraceparent(),
    ApiHeader({ name: 'Accept', required: false, description: '`text/event-stream` streams the execution in the answer to this very request.', schema: { type: 'string', enum: ['application/json', 'text/event-stream'] } }),
    ApiStreamForm(), ApiStreamStart('repeat'), ApiProtocol(),
    ApiJson(202, 'Where to follow it', 'Started', started('queued')),
    ApiSse('With `Accept: text/event-stream`: the events of the execution, until its last one. Cut off, resume with `GET /executions/{id}/stream`.', { text: true }),
    ApiStreamEnded(),
  );

/** How both starts refuse. */
export const START_PROBLEMS = [
  ...FOR_USERS, ...WITH_BODY, 'invalid_definition', 'invalid_input', 'invalid_cursor', 'conflict', 'model_not_configured', 'idempotency_conflict', 'too_many_executions', 'too_many_streams', 'capacity_exceeded', 'shutting_down',
] as const satisfies ProblemCode[];

export const ApiStartWorkflow = () =>
  applyDecorators(
    ApiOperation({
      ...TAGS, operationId: 'startWorkflow', summary: 'Start a workflow',
      description: 'Answers once the execution is in the journal: from then on it runs to its end, whoever listens. With `Accept: text/event-stream` the answer is its event stream, and the parameters of streams hold.',
    }),
    ApiWorkflowName(), ApiStart(), ApiJsonBody('StartBody', { 'With input': { input: INPUT, sessionId: 'chat-42' } }, { required: false }),
    ApiProblems([...START_PROBLEMS, 'not_found'], { ...ABSENT, ...TEXT_CONFLICT }),
  );
