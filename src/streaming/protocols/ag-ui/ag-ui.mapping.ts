/**
 * From the log to the events of AG-UI 1.0. A run is what one connection is told of an execution: it begins with
 * `RUN_STARTED` wherever the execution stands, and ends with it, at a question, or with an error; a client takes a line that
 * just ends for a success. Steps go by their ids, of which each is open once; progress and the steps' states are shared state.
 *
 * Text that turns out void is taken back by `MESSAGES_SNAPSHOT`, which replaces the conversation that the client has.
 */
import { type ExecutionEvent } from '../../../contract/events.js';
import { isObject, type JsonObject } from '../../../contract/json.js';
import { type ExecutionState } from '../../../contract/state.js';
import { beginNarration, narrate } from '../narration/narration.js';
import { type AskPart, type Move, type Narration } from '../narration/narration.types.js';
import { AG_UI_VERSION, type AgUiEvent, type AgUiRun, type Interrupt, type PatchOperation } from './ag-ui.events.js';
import { callEvents, closeEvents, openEvents, resultEvent, snapshotOf } from './ag-ui.messages.js';
import { patchOf, stateSnapshot, stepPatch, tokenUsage } from './ag-ui.state.js';

export interface AgUiState {
  narration: Narration;
  run: AgUiRun;
  /** Ids of the steps that have begun and not ended. */
  open: Set<string>;
  /** Ids of reasoning that is void. */
  dropped: Set<string>;
  status: string;
  progress: number;
}

export function beginAgUi(execution: ExecutionState, run: AgUiRun): AgUiState {
  const { status, progress } = execution;
  return { narration: beginNarration(execution), run, open: new Set(), dropped: new Set(), status, progress };
}

/** How a run begins. @param late Something has been told before: the client is brought to where that led. */
export function openRun(state: AgUiState, late: boolean): AgUiEvent[] {
  const { narration, run, open, dropped } = state;
  const { execution, parts } = narration;
  const events: AgUiEvent[] = [{ type: 'RUN_STARTED', threadId: run.threadId, runId: run.runId, protocolVersion: AG_UI_VERSION }];
  if (late) events.push({ type: 'MESSAGES_SNAPSHOT', messages: snapshotOf(narration, run.messages, dropped) });
  events.push({ type: 'STATE_SNAPSHOT', snapshot: stateSnapshot(execution, run.state) });
  if (execution.finishedAt !== null) return [...events, endOf(state)];
  for (const stepName of open) events.push({ type: 'STEP_STARTED', stepName });
  // Their beginning stands in the snapshot: what comes is appended to it.
  for (const part of parts) if (part.open && (part.kind === 'text' || part.kind === 'reasoning')) events.push(...openEvents(part));
  return events;
}

/** Brings `state`, which the caller owns, on by one event, and answers what it comes to. */
export function mapAgUi(state: AgUiState, event: ExecutionEvent): AgUiEvent[] {
  const { execution } = state.narration;
  const events: AgUiEvent[] = [];
  const patch: PatchOperation[] = [];
  const moves = narrate(state.narration, event);
  for (const move of moves) mapMove(state, move, events, patch);
  if (execution.status !== state.status) patch.push(patchOf('status', (state.status = execution.status)));
  if (execution.progress !== state.progress) patch.push(patchOf('progress', (state.progress = execution.progress)));
  if (event.type === 'step_completed' && event.data.usage) patch.push(patchOf('usage', { ...execution.usage }));
  if (patch.length > 0) events.push({ type: 'STATE_DELTA', delta: patch });
  if (execution.finishedAt !== null) events.push(...closeSteps(state), endOf(state));
  return events;
}

function mapMove(state: AgUiState, move: Move, events: AgUiEvent[], patch: PatchOperation[]): void {
  switch (move.move) {
    case 'step': {
      const { id } = move.step;
      if (move.how === 'started') {
        state.open.add(id);
        events.push({ type: 'STEP_STARTED', stepName: id });
      } else if (move.how !== 'changed' && state.open.delete(id)) events.push({ type: 'STEP_FINISHED', stepName: id });
      patch.push(stepPatch(move.step));
      break;
    }
    case 'open':
      events.push(...openEvents(move.part));
      break;
    case 'delta':
      events.push({ type: move.part.kind === 'text' ? 'TEXT_MESSAGE_CONTENT' : 'REASONING_MESSAGE_CONTENT', messageId: move.part.id, delta: move.delta });
      break;
    case 'close':
      events.push(...closeEvents(move.part));
      break;
    case 'call':
      events.push(...callEvents(move.part));
      break;
    case 'result':
      events.push(resultEvent(move.part));
      break;
    case 'void':
      for (const { kind, id } of move.parts) if (kind === 'reasoning') state.dropped.add(id);
      if (move.parts.some(({ kind }) => kind !== 'ask')) events.push({ type: 'MESSAGES_SNAPSHOT', messages: snapshotOf(state.narration, state.run.messages, state.dropped) });
      break;
    case 'progress':
      patch.push(stepPatch(move.step));
      if (move.state !== undefined) events.push({ type: 'CUSTOM', name: 'stepcast.progress', value: { step: move.step.id, progress: move.step.progress, state: move.state } });
      break;
    case 'data':
      events.push({ type: 'CUSTOM', name: 'stepcast.data', value: { step: move.step, data: move.data } });
      break;
    case 'log':
      events.push({ type: 'CUSTOM', name: 'stepcast.log', value: { ...(move.step === undefined ? {} : { step: move.step }), ...(move.line as unknown as JsonObject) } });
      break;
    default:
      break;
  }
}

function closeSteps({ open }: AgUiState): AgUiEvent[] {
  const events = [...open].reverse().map((stepName): AgUiEvent => ({ type: 'STEP_FINISHED', stepName }));
  open.clear();
  return events;
}

/** The last event of an execution that has ended. */
function endOf({ narration: { execution }, run: { threadId, runId } }: AgUiState): AgUiEvent {
  const { status, error, result } = execution;
  const usage = tokenUsage(execution);
  switch (status) {
    case 'failed':
      return { type: 'RUN_ERROR', message: error?.message ?? 'the execution has failed', code: error?.code ?? 'internal', ...usage };
    case 'cancelled':
      return { type: 'RUN_FINISHED', threadId, runId, outcome: { type: 'cancelled' }, ...usage };
    default:
      return { type: 'RUN_FINISHED', threadId, runId, outcome: { type: 'success' }, ...(result === null ? {} : { result }), ...usage };
  }
}

/** Where the execution waits for a person, and nothing else goes on: the run ends, and another one brings the answers. */
export function interruptRun(state: AgUiState): AgUiEvent[] {
  const { narration, run: { threadId, runId } } = state;
  const interrupts = [...narration.asks.values()].map((part) => interruptOf(narration.execution.id, part));
  return [...closeSteps(state), { type: 'RUN_FINISHED', threadId, runId, outcome: { type: 'interrupt', interrupts }, ...tokenUsage(narration.execution) }];
}

function interruptOf(executionId: string, { id, step, prompt, schema }: AskPart): Interrupt {
  return {
    id, reason: 'input_required', ...(prompt === undefined ? {} : { message: prompt }), ...(isObject(schema) ? { responseSchema: schema } : {}),
    metadata: { stepcast: { executionId, step } },
  };
}
