/** Documentation of the routes that speak the protocols of others. */
import { applyDecorators } from '@nestjs/common';
import { ApiOperation, ApiParam, ApiResponse, type ApiResponseOptions } from '@nestjs/swagger';
import { AI_SDK_VERSIONS } from '../protocols/protocol.request.js';
import { EXECUTION_ID } from './examples.js';
import { type ProblemCode } from './problem.schemas.js';
import { ApiIdempotencyKey, ApiJsonBody, ApiNothing, ApiOptional, ApiProblems, ApiTraceparent, ApiUser, FOR_USERS, LIMIT_HEADERS, WITH_BODY } from './route.decorators.js';
import { ref, type Schema } from './schema.builder.js';

const TAGS = { tags: ['protocols'] };

const ApiName = () => ApiParam({ name: 'name', description: 'Name of the workflow.', schema: { type: 'string', examples: ['greeting'] } });

export const ApiVersion = () =>
  ApiOptional('version', 'The major version of the AI SDK of the client: 7 can take text back that a retry has voided. What 6 is sent, both understand.', {
    type: 'string', enum: AI_SDK_VERSIONS.map(String), default: String(AI_SDK_VERSIONS[0]),
  });

/** 200 with frames of a protocol. */
const ApiFrames = (name: 'UiMessageFrame' | 'AgUiFrame', description: string, values: readonly object[]) => {
  const frames = values.map((value) => ({ data: JSON.stringify(value) }));
  return ApiResponse({
    status: 200, description, headers: LIMIT_HEADERS,
    content: {
      'text/event-stream': {
        schema: { type: 'array', items: ref(name) } satisfies Schema, itemSchema: ref(name),
        examples: { stream: { summary: 'The beginning of a stream', dataValue: frames, serializedValue: frames.map(({ data }) => `data: ${data}\n\n`).join('') } },
      },
    },
  } as ApiResponseOptions);
};

const ApiUiMessages = () => ApiFrames('UiMessageFrame', 'A UI message stream, version 1: one message, whose id is that of the execution.', [
  { type: 'start', messageId: EXECUTION_ID, messageMetadata: { executionId: EXECUTION_ID, workflow: 'greeting' } },
  { type: 'start-step' },
  { type: 'text-start', id: `${EXECUTION_ID}/say#1/text-1`, providerMetadata: { stepcast: { step: 'say', attempt: 1 } } },
  { type: 'text-delta', id: `${EXECUTION_ID}/say#1/text-1`, delta: 'Hello' },
]);

const RUN_PROBLEMS = [
  ...FOR_USERS, ...WITH_BODY, 'invalid_definition', 'invalid_input', 'model_not_configured', 'idempotency_conflict', 'too_many_executions', 'too_many_streams', 'capacity_exceeded', 'shutting_down',
  'not_found', 'gone',
] as const satisfies ProblemCode[];

export const ApiChat = () =>
  applyDecorators(
    ApiOperation({
      ...TAGS, operationId: 'chat', summary: 'Run a workflow as a chat of the AI SDK',
      description: 'The `api` of a `DefaultChatTransport`. A message of the user starts the workflow, an answer with approvals or outputs of tools in it answers what the workflow has asked. A client that leaves ends nothing.',
    }),
    ApiUser(), ApiName(), ApiVersion(), ApiIdempotencyKey(), ApiTraceparent(),
    ApiJsonBody('ChatBody', { 'A message of the user': { id: 'chat-42', trigger: 'submit-message', messages: [{ id: 'm1', role: 'user', parts: [{ type: 'text', text: 'Ada' }] }] } }),
    ApiUiMessages(),
    ApiProblems(RUN_PROBLEMS),
  );

export const ApiResumeChat = () =>
  applyDecorators(
    ApiOperation({
      ...TAGS, operationId: 'resumeChat', summary: 'Go on with the stream of a chat',
      description: 'What a `DefaultChatTransport` asks for when it reconnects: the message of the latest execution of this chat, where that has not ended or has within the last minute, else of the latest that has not ended, from its beginning.',
    }),
    ApiUser(), ApiName(), ApiParam({ name: 'id', description: 'Id of the chat.', schema: { type: 'string', examples: ['chat-42'] } }), ApiVersion(),
    ApiUiMessages(), ApiNothing('Nothing of this chat is left running.'),
    ApiProblems([...FOR_USERS, 'invalid_request', 'too_many_streams', 'capacity_exceeded', 'shutting_down']),
  );

export const ApiRunAgent = () =>
  applyDecorators(
    ApiOperation({
      ...TAGS, operationId: 'runAgent', summary: 'Run a workflow as an agent of AG-UI',
      description: 'The `url` of an `HttpAgent`. The same thread and run, sent again, join the execution where it is; `resume` answers what it has asked, or cancels it. A client that leaves ends nothing.',
    }),
    ApiUser(), ApiName(), ApiTraceparent(),
    ApiJsonBody('RunAgentBody', { 'A message of the user': { threadId: 'thread-42', runId: 'run-1', state: {}, messages: [{ id: 'm1', role: 'user', content: 'Ada' }], tools: [], context: [], forwardedProps: {} } }),
    ApiFrames('AgUiFrame', 'Events of AG-UI 1.0, to the end of the execution or to where it asks something.', [
      { type: 'RUN_STARTED', threadId: 'thread-42', runId: 'run-1', protocolVersion: '1.0' },
      { type: 'STEP_STARTED', stepName: 'say' },
    ]),
    ApiProblems(RUN_PROBLEMS),
  );
