/** Examples of the document: one execution of one small workflow, seen through all routes. */
import { type WorkflowDefinition } from '../../contract/definition.js';
import { type EventType, type ExecutionEvent, type StepInfo } from '../../contract/events.js';
import { type ExecutionState, fold, initialState } from '../../contract/state.js';
import { frameOf } from '../sse/frames.js';
import { RecordedEvent } from '../../journal/event-batch.js';

export const EXECUTION_ID = '6f1e2c57-7d0b-4c1a-9a53-0f6f2f1f4f0e';

export const DEFINITION = {
  name: 'greeting',
  description: 'Says hello, and asks whether that will do',
  inputSchema: { type: 'object', required: ['name'], properties: { name: { type: 'string' } } },
  steps: [
    { type: 'retry', name: 'persist', maxAttempts: 3, backoff: { delayMs: 200 }, step: { type: 'agent', name: 'say', agent: 'tokens', input: { text: 'Hello {{input.name}}' } } },
    { type: 'input', name: 'approve', prompt: 'Send "{{steps.say.output}}"?', schema: { type: 'boolean' } },
  ],
} satisfies WorkflowDefinition;

export const INPUT = { name: 'Ada' };

const at = (ms: number) => new Date(Date.UTC(2026, 10, 20, 8) + ms).toISOString();
const CREATED_AT = at(0);

const say = (status: StepInfo['status'], durationMs?: number): StepInfo =>
  ({ id: 'persist/say', name: 'say', type: 'agent', index: 0, total: 1, attempt: 1, iteration: 0, status, ...(durationMs === undefined ? {} : { durationMs }) });
const persist = (status: StepInfo['status'], durationMs?: number): StepInfo =>
  ({ ...say(status, durationMs), id: 'persist', name: 'persist', type: 'retry', total: 2 });
const approve = (status: StepInfo['status']): StepInfo => ({ ...say(status), id: 'approve', name: 'approve', type: 'input', index: 1, total: 2 });

const event = <T extends EventType>(seq: number, type: T, ms: number, progress: number, message?: string) =>
  ({ seq, type, executionId: EXECUTION_ID, workflow: DEFINITION.name, timestamp: at(ms), progress, ...(message === undefined ? {} : { message }) });

export const EVENTS: ExecutionEvent[] = [
  { ...event(1, 'workflow_started', 3, 0, 'Started greeting'), data: { input: INPUT } },
  { ...event(2, 'step_started', 3, 0, 'Started persist'), step: persist('running'), data: {} },
  { ...event(3, 'step_started', 3, 0, 'Started say'), step: say('running'), data: { input: { text: 'Hello Ada' } } },
  { ...event(4, 'step_output', 21, 0), step: say('running'), data: { delta: 'Hello', kind: 'text', offset: 0 } },
  { ...event(5, 'step_output', 41, 0), step: say('running'), data: { delta: ' Ada', kind: 'text', offset: 5 } },
  { ...event(6, 'step_completed', 42, 0.5, 'Completed say, step 1 of 1'), step: say('completed', 39), data: { output: 'Hello Ada' } },
  { ...event(7, 'step_completed', 42, 0.5, 'Completed persist, step 1 of 2'), step: persist('completed', 39), data: { output: 'Hello Ada' } },
  { ...event(8, 'step_started', 43, 0.5, 'Started approve'), step: approve('running'), data: {} },
  { ...event(9, 'input_required', 43, 0.5, 'Send "Hello Ada"?'), step: approve('waiting'), data: { prompt: 'Send "Hello Ada"?', schema: { type: 'boolean' } } },
];

const FIRST_EVENTS = EVENTS.slice(0, 5);
const frameText = (sent: ExecutionEvent) => frameOf(new RecordedEvent(sent.seq, sent.type, JSON.stringify(sent)), sent.seq, true);

/** The frames of a stream, as a parser gives them and as they are sent. */
export const FRAMES = FIRST_EVENTS.map((sent) => ({ event: sent.type, id: String(sent.seq), data: JSON.stringify(sent) }));
export const STREAM_TEXT = FIRST_EVENTS.map(frameText).join('');
export const ONE_FRAME = FIRST_EVENTS.slice(-1).map(frameText).join('').trimEnd();

export const STATE: ExecutionState = fold(initialState({ id: EXECUTION_ID, workflow: DEFINITION.name, createdAt: CREATED_AT }), EVENTS);

const { id, workflow, sessionId, status, queuePosition, progress, error, createdAt, startedAt, finishedAt, lastSeq } = STATE;
export const EXECUTION_LIST = {
  executions: [{ id, workflow, sessionId, status, queuePosition, progress, error, createdAt, startedAt, finishedAt, lastSeq }],
  nextCursor: null,
};

export const EXECUTION_DEFINITION = { workflow: DEFINITION, origin: 'given' };

export const EVENTS_PAGE = { events: EVENTS.slice(0, 3), lastSeq, terminal: false };

const STATUS_URL = `/api/v1/executions/${EXECUTION_ID}`;
export const started = (asStatus: ExecutionState['status']) =>
  ({ id: EXECUTION_ID, status: asStatus, streamUrl: `${STATUS_URL}/stream`, statusUrl: STATUS_URL, eventsUrl: `${STATUS_URL}/events` });

const TICKET = 'tkt_9vWqk0rT3mXb5cJ8dLfHnPzQyUa1sEeGi2oR7tKxVwM';
export const ticket = (path: string) => ({ ticket: TICKET, expiresAt: at(60_000), streamUrl: `/api/v1${path}?ticket=${TICKET}` });
export const EXECUTION_STREAM = `/executions/${EXECUTION_ID}/stream`;

const SUMMARY = { name: DEFINITION.name, description: DEFINITION.description, inputSchema: DEFINITION.inputSchema, origin: 'stored', createdAt: CREATED_AT };
export const WORKFLOW_LIST = { workflows: [SUMMARY] };
export const WORKFLOW_DETAIL = { ...SUMMARY, steps: DEFINITION.steps };
