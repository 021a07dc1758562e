/** What the routes of executions answer. */
import { type EventsPage, type ExecutionList, type ExecutionSummary, type StartedExecution, type StreamTicket } from '../../contract/api.js';
import { type ExecutionState, type ExecutionStatus, type StepState } from '../../contract/state.js';
import { array, closed, count, fraction, nullable, oneOfNames, optional, ref, type Schema, text, time } from './schema.builder.js';

const PATH = { format: 'uri-reference' };

const COMMON = {
  id: text('Of the execution.', { format: 'uuid' }),
  workflow: text('Name of its workflow.'),
  sessionId: nullable(text('As given at the start.')),
  status: ref('ExecutionStatus'),
  queuePosition: nullable(count('Its place among the user\'s own that wait to run, 1 for the next; null where it does not wait.', { minimum: 1 })),
  progress: fraction('Over the whole workflow; never falls, and is 1 exactly where it completed.'),
  error: nullable(ref('ErrorInfo'), 'Why it failed.'),
  createdAt: time('When it was asked for.'),
  startedAt: nullable(time('When it started to run; null while it is queued.')),
  finishedAt: nullable(time('When it completed, failed or was cancelled.')),
  lastSeq: count('The seq of its last event so far.'),
};

export const EXECUTION_SCHEMAS: Record<string, Schema> = {
  ExecutionStatus: oneOfNames<ExecutionStatus>('Where the execution stands. The last three are final.', {
    queued: true, running: true, waiting: true, completed: true, failed: true, cancelled: true,
  }),
  ExecutionState: closed<ExecutionState>('An execution as it stands: the fold of its events up to `lastSeq`.', {
    ...COMMON,
    activeSteps: array(text('Id of a step.'), 'Steps that run or wait, in the order they started.'),
    steps: { type: 'object', description: 'All steps that have started or were skipped, by id.', additionalProperties: ref('StepState') },
    usage: ref('Usage', 'The sum over all steps.'),
    result: ref('JsonValue', 'The output of the last step; null until the execution has completed.'),
  }),
  StepState: closed<StepState>('A step as it stands.', {
    id: text('Path of names: `gather/a`, `refine[2]/critic`.'),
    name: text('Name of the step.'),
    type: ref('StepType'),
    status: ref('StepStatus'),
    attempt: count('Starts so far, over retries and crashes.'),
    iteration: count('Round of the nearest `iteration` around it, from 1; 0 outside of any.'),
    progress: fraction('As the step itself tells it.'),
    text: text('Text streamed in the attempt that counts; what a retry or a crash voided is gone.'),
    reasoning: text('The same of its reasoning.'),
    output: optional(ref('JsonValue', 'Once it has completed.')),
    error: optional(ref('ErrorInfo', 'Why it, or its last attempt, failed.')),
    prompt: optional(text('What the person is asked it waits for.')),
    schema: optional(ref('JsonSchema', 'What the answer must meet.')),
    startedAt: optional(time('Start of this attempt.')),
    finishedAt: optional(time('Its end.')),
    durationMs: optional({ type: 'number', minimum: 0, description: 'Milliseconds from start to end.' }),
  }),
  ExecutionSummary: closed<ExecutionSummary>('An execution in a list.', { ...COMMON, user: optional(text('Whose it is; only admins are told.')) }),
  ExecutionList: closed<ExecutionList>('A page of executions, newest first.', {
    executions: array(ref('ExecutionSummary')),
    nextCursor: nullable(text('What `cursor` continues the list with; null on its last page.')),
  }),
  Started: closed<StartedExecution>('An execution, and where to follow it.', {
    id: text('Of the execution.', { format: 'uuid' }),
    status: ref('ExecutionStatus'),
    streamUrl: text('Path of its event stream.', PATH),
    statusUrl: text('Path of its status.', PATH),
    eventsUrl: text('Path of its events as JSON.', PATH),
  }),
  EventsPage: closed<EventsPage>('Events as the stream would have sent them.', {
    events: array(ref('ExecutionEvent'), 'In order, the first one after `after`.'),
    lastSeq: count('The seq of the last event of the execution so far, whether it is on this page or not.'),
    terminal: { type: 'boolean', description: 'Whether the page reaches the terminal event: nothing will follow.' },
  }),
  Ticket: closed<StreamTicket>('Stands for the user on one stream, once.', {
    ticket: text('Good for one connection within 60 s.'),
    expiresAt: time('After which it is void.'),
    streamUrl: text('Path of the stream, with the ticket: what `new EventSource(…)` takes.', PATH),
  }),
};
