/** The events of an execution, one schema for each type, and the frames in which a stream carries them. */
import { type StepType } from '../../contract/definition.js';
import { ERROR_CODES, type ErrorInfo } from '../../contract/errors.js';
import {
  EVENT_TYPES, type EventData, type EventType, type ExecutionEvent, type LogLevel, type OutputKind, type StepEventType, type StepInfo, type StepStatus, type Usage,
} from '../../contract/events.js';
import { type PlannedStage, type WorkflowPlan } from '../../contract/plan.js';
import { array, closed, count, fraction, oneOfNames, optional, ref, type Schema, text, time } from './schema.builder.js';

const JSON_VALUE = ref('JsonValue');
const ERROR = ref('ErrorInfo');
const reason = (description: string) => closed<{ reason: string }>(description, { reason: text('Why.') });
const iteration = (description: string) =>
  closed<EventData['iteration_started']>(description, { iteration: count('From 1.', { minimum: 1 }), maxIterations: count('At most.', { minimum: 1 }) });

/** Of an execution that is traced. */
const TRACE = {
  traceId: optional(text('The trace it is part of (W3C Trace Context).', { pattern: '^[0-9a-f]{32}$' })),
  spanId: optional(text('Its span in that, where one is recorded.', { pattern: '^[0-9a-f]{16}$' })),
};

interface EventDoc<T extends EventType> {
  /** When it is sent. */
  when: string;
  data: Schema;
  /** Whether the event tells of a step. */
  step: T extends StepEventType ? 'always' : T extends 'message' ? 'where it is from one' : 'never';
}

const EVENTS: { [T in EventType]: EventDoc<T> } = {
  workflow_started: {
    when: 'The first event of an execution.', step: 'never',
    data: closed<EventData['workflow_started']>('The input, and what the workflow is about to do, where it tells that.', { input: JSON_VALUE, plan: optional(ref('WorkflowPlan')), ...TRACE }),
  },
  workflow_resumed: {
    when: 'The execution goes on after a crash or a restart. Voids all `step_output` of steps that have not completed.', step: 'never',
    data: closed<EventData['workflow_resumed']>('From where.', { reason: text('Why it had to be resumed.'), fromSeq: count('The last seq before.'), ...TRACE }),
  },
  workflow_completed: {
    when: 'The last event: all steps have completed.', step: 'never',
    data: closed<EventData['workflow_completed']>('The result.', { result: ref('JsonValue', 'The output of the last step.') }),
  },
  workflow_failed: { when: 'The last event: a step has failed, or the workflow could not go on.', step: 'never', data: closed<EventData['workflow_failed']>('The failure.', { error: ERROR }) },
  workflow_cancelled: { when: 'The last event: the execution was cancelled.', step: 'never', data: reason('As it was given with the cancellation.') },
  step_started: {
    when: 'A step starts; anew for each attempt.', step: 'always',
    data: closed<EventData['step_started']>('The input.', { input: optional(ref('JsonValue', 'Of an agent that is given one, with its templates filled in; a long one is left out.')) }),
  },
  step_completed: { when: 'A step has completed; it will not run again.', step: 'always', data: closed<EventData['step_completed']>('The output.', { output: JSON_VALUE, usage: optional(ref('Usage')) }) },
  step_failed: { when: 'A step has failed for good.', step: 'always', data: closed<EventData['step_failed']>('The failure.', { error: ERROR }) },
  step_cancelled: { when: 'A step was cut short by a cancellation, a time-out, the failure of a branch beside it, or the end of a process after which the execution could not go on.', step: 'always', data: reason('What cut it short.') },
  step_skipped: { when: 'The branch of a conditional that is not taken.', step: 'always', data: reason('Why it is not taken.') },
  step_progress: {
    when: 'An agent tells how far it is.', step: 'always',
    data: closed<EventData['step_progress']>('Progress within the step.', {
      progress: fraction('Within the step.'), state: optional(text('What it is doing.')), metadata: optional(ref('JsonValue', 'Whatever the agent adds.')),
    }),
  },
  step_output: {
    when: 'A piece of output, as it is made.', step: 'always',
    data: closed<EventData['step_output']>('The piece.', {
      delta: ref('JsonValue', 'The piece: a string, or, of kind `data`, any JSON.'),
      kind: oneOfNames<OutputKind>('What the piece belongs to.', { text: true, reasoning: true, tool_input: true, data: true }),
      offset: count('UTF-16 units (of `data`: pieces) of this kind before this one, in this attempt.'),
      callId: optional(text('Of `tool_input`: the call that it is the input of, as `tool_call` will name it.')),
    }),
  },
  step_retrying: {
    when: 'An attempt has failed and another follows. Voids all `step_output` of the step and of those within it.', step: 'always',
    data: closed<EventData['step_retrying']>('The attempt that failed.', {
      attempt: count('The attempt that failed, from 1.', { minimum: 1 }), maxAttempts: count('Attempts in all.', { minimum: 1 }),
      delayMs: count('Milliseconds until the next attempt.'), error: ERROR,
    }),
  },
  tool_call: { when: 'An agent calls a tool.', step: 'always', data: closed<EventData['tool_call']>('The call.', { callId: text('Pairs the call with its result.'), tool: text('Name of the tool.'), input: JSON_VALUE }) },
  tool_result: {
    when: 'A tool has answered or failed.', step: 'always',
    data: closed<EventData['tool_result']>('The result.', { callId: text('Of the call.'), output: optional(JSON_VALUE), error: optional(ERROR), durationMs: { type: 'number', minimum: 0, description: 'Milliseconds.' } }),
  },
  iteration_started: { when: 'A round of an iteration starts.', step: 'always', data: iteration('The round.') },
  iteration_completed: { when: 'A round of an iteration has completed.', step: 'always', data: iteration('The round.') },
  input_required: {
    when: 'A step waits for a person; `POST /executions/{id}/input` answers it.', step: 'always',
    data: closed<EventData['input_required']>('The question.', { prompt: optional(text('What the person is asked.')), schema: optional(ref('JsonSchema', 'What the answer must meet.')) }),
  },
  input_received: { when: 'A person has answered.', step: 'always', data: closed<EventData['input_received']>('The answer.', { value: JSON_VALUE }) },
  checkpoint_saved: {
    when: 'The service lets go of the execution; the next start of the service resumes it.', step: 'never',
    data: closed<EventData['checkpoint_saved']>('What will not run again.', { completedSteps: array(text('Id of a step.')) }),
  },
  message: {
    when: 'A log line of an agent.', step: 'where it is from one',
    data: closed<EventData['message']>('The line.', {
      level: oneOfNames<LogLevel>('How grave it is.', { debug: true, info: true, warn: true, error: true }), code: optional(text('Names the kind of line.')), text: text('The line.'),
    }),
  },
};

/** `step_started` → `StepStartedEvent`; `MessageEvent` would be the browser's own class. */
function eventSchemaName(type: EventType): string {
  if (type === 'message') return 'LogMessageEvent';
  return `${type.split('_').map((word) => word.charAt(0).toUpperCase() + word.slice(1)).join('')}Event`;
}

type EnvelopeFields = Omit<ExecutionEvent, 'step'>;

function eventSchema(type: EventType): Schema {
  const { when, data, step } = EVENTS[type];
  const envelope = {
    seq: count('From 1, without gap or double, over the whole life of the execution.', { minimum: 1 }),
    type: { const: type },
    executionId: text('The execution.', { format: 'uuid' }),
    workflow: text('Name of its workflow.'),
    sessionId: optional(text('As given at the start, where one was.')),
    timestamp: time('When it was recorded: ISO 8601, UTC, milliseconds. Never before the event before.'),
    progress: fraction('Over the whole workflow; never falls, and is 1 exactly on `workflow_completed`.'),
    message: optional(text('A line for people.')),
    data,
  };
  if (step === 'never') return closed<EnvelopeFields>(when, envelope);
  if (step === 'always') return closed<EnvelopeFields & { step: StepInfo }>(when, { ...envelope, step: ref('StepInfo') });
  return closed<EnvelopeFields & { step?: StepInfo }>(when, { ...envelope, step: optional(ref('StepInfo')) });
}

export const EVENT_SCHEMAS: Record<string, Schema> = {
  ExecutionEvent: {
    type: 'object',
    description: 'One event of an execution. `type` says which, and so what `data` holds.',
    oneOf: EVENT_TYPES.map((type) => ref(eventSchemaName(type))),
    discriminator: { propertyName: 'type', mapping: Object.fromEntries(EVENT_TYPES.map((type) => [type, ref(eventSchemaName(type))['$ref'] as string])) },
  },
  ...Object.fromEntries(EVENT_TYPES.map((type) => [eventSchemaName(type), eventSchema(type)])),
  HeartbeatEvent: closed<{ type: 'heartbeat' }>('Breaks a silence, where the stream was asked for `heartbeat=event`. No part of the log; its frame repeats the last id.', { type: { const: 'heartbeat' } }),
  FarewellEvent: closed<{ type: 'message'; data: { level: 'warn'; code: 'unauthenticated' | 'authentication_unavailable'; text: string } }>(
    'The last frame of a stream whose reader may not go on: its key was revoked, its token has expired, or nobody can tell. No part of the log, and so without a `seq`; its frame repeats the last id.', {
      type: { const: 'message' },
      data: closed('Why.', {
        level: { const: 'warn' },
        code: { enum: ['unauthenticated', 'authentication_unavailable'], type: 'string', description: 'Where it is `authentication_unavailable`, the same credential may do again.' },
        text: text('Why, and what helps.'),
      }),
    }),
  StreamFrame: {
    type: 'object',
    description: 'One frame of a stream after it was parsed (WHATWG HTML, "Server-sent events"). Frames with `id` alone move the cursor past events that `types` hides; parsers dispatch nothing for them.',
    required: ['data'],
    properties: {
      event: { anyOf: [ref('EventType'), { const: 'heartbeat' }], description: 'The type of the event; absent with `named=false`.' },
      id: text('The cursor: what `Last-Event-ID` resumes with. Of one execution, the seq of the event; on `/stream`, opaque.'),
      data: {
        type: 'string', description: 'The event as one line of JSON.', contentMediaType: 'application/json',
        contentSchema: { anyOf: [ref('ExecutionEvent'), ref('HeartbeatEvent'), ref('FarewellEvent')] },
      },
    },
  },
  EventType: { type: 'string', description: 'Type of an event.', enum: EVENT_TYPES },
  StepType: oneOfNames<StepType>('Type of a step.', { agent: true, sequential: true, parallel: true, conditional: true, retry: true, iteration: true, input: true }),
  StepStatus: oneOfNames<StepStatus>('Where a step stands.', {
    pending: true, running: true, waiting: true, retrying: true, completed: true, failed: true, cancelled: true, skipped: true,
  }),
  StepInfo: closed<StepInfo>('Where in the workflow an event belongs.', {
    id: text('Path of names: `gather/a`, `refine[2]/critic` (iterations count from 1).'),
    name: text('Name of the step.'),
    type: ref('StepType'),
    index: count('Place among its siblings, from 0.'),
    total: count('How many siblings there are, itself included.', { minimum: 1 }),
    parallelIndex: optional(count('Place within a `parallel`, from 0; only its branches have it.')),
    parallelTotal: optional(count('Branches of that `parallel`.', { minimum: 1 })),
    attempt: count('Counts the starts of this step over retries and crashes, from 1; 0 before the first.'),
    iteration: count('Round of the nearest `iteration` around it, from 1; 0 outside of any.'),
    status: ref('StepStatus'),
    durationMs: optional({ type: 'number', minimum: 0, description: 'Milliseconds since this attempt started; on events that end one.' }),
  }),
  Usage: closed<Usage>('What language models have used.', {
    inputTokens: optional({ type: 'number' }),
    cachedInputTokens: optional({ type: 'number', description: 'Those of the input that the provider had in its cache.' }),
    outputTokens: optional({ type: 'number' }),
    reasoningTokens: optional({ type: 'number', description: 'Those of the output that the model has spent on reasoning.' }),
    totalTokens: optional({ type: 'number' }),
    costUsd: optional({ type: 'number', description: 'US dollars, where prices are configured.' }),
  }),
  WorkflowPlan: closed<WorkflowPlan>('What a workflow intends. Estimates are estimates.', {
    stages: array(ref('PlannedStage')),
    estimatedMs: optional({ type: 'number', minimum: 0, description: 'Milliseconds for all of it.' }),
    estimatedCostUsd: optional({ type: 'number', minimum: 0 }),
  }),
  PlannedStage: closed<PlannedStage>('One part of what a workflow is about to do.', {
    step: text('Name of the step that does it.'),
    stage: text('What is done in it.'),
    persona: optional(text('Who does it, where the workflow plays roles.')),
    estimatedMs: optional({ type: 'number', minimum: 0, description: 'Milliseconds.' }),
    estimatedCostUsd: optional({ type: 'number', minimum: 0 }),
  }),
  ErrorInfo: closed<ErrorInfo>('Why a step or a workflow has failed.', {
    code: ref('ErrorCode'),
    message: text('What is wrong, and what helps.'),
    stepId: optional(text('The step that failed first, where one did.')),
    retryable: optional({ type: 'boolean', description: '`false`: the same would fail again. Absent where nobody can tell.' }),
    retryAfterMs: optional({ type: 'number', minimum: 0, description: 'Milliseconds that whoever failed asks to be left alone for.' }),
    cause: optional(text('The `code` of the error that an agent threw, where it had one.')),
  }),
  ErrorCode: { type: 'string', description: 'The closed list of error codes.', enum: Object.keys(ERROR_CODES) },
  JsonValue: { description: 'Any JSON value.' },
};
