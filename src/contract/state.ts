/**
 * The fold from events to an execution's state. Server, client and recovery share it: the status page is the fold of
 * the log, a browser folds what it is sent, and after a crash the engine folds the journal to know where to go on.
 */
import { isComposite, type StepType } from './definition.js';
import { type ErrorInfo } from './errors.js';
import { type ExecutionEvent, type StepInfo, type StepStatus, type Usage } from './events.js';
import { type JsonValue } from './json.js';
import { noteStep, stepsBelow } from './steps.below.js';

export type ExecutionStatus = 'queued' | 'running' | 'waiting' | 'completed' | 'failed' | 'cancelled';
export const EXECUTION_STATUSES: readonly ExecutionStatus[] = ['queued', 'running', 'waiting', 'completed', 'failed', 'cancelled'];
export const FINISHED_STATUSES: ReadonlySet<ExecutionStatus> = new Set(['completed', 'failed', 'cancelled']);

export interface StepState {
  id: string;
  name: string;
  type: StepType;
  status: StepStatus;
  attempt: number;
  iteration: number;
  /** 0..1, as the step itself tells it. */
  progress: number;
  /** Text streamed in the attempt that counts; what a retry or a crash voided is gone (P11). */
  text: string;
  reasoning: string;
  output?: JsonValue;
  error?: ErrorInfo;
  /** What the step waits for. */
  prompt?: string;
  schema?: JsonValue;
  startedAt?: string;
  finishedAt?: string;
  durationMs?: number;
}

export interface ExecutionState {
  id: string;
  workflow: string;
  sessionId: string | null;
  status: ExecutionStatus;
  /** Its place among the user's own that wait to run, from 1 for the next; null where it does not wait. No event tells it, so the fold leaves it as it is. */
  queuePosition: number | null;
  progress: number;
  /** Ids of the steps that run or wait, in the order they started. */
  activeSteps: string[];
  steps: Record<string, StepState>;
  usage: Usage;
  result: JsonValue;
  error: ErrorInfo | null;
  createdAt: string;
  startedAt: string | null;
  finishedAt: string | null;
  lastSeq: number;
}

/** Of steps that are not among the active ones. */
const INACTIVE: ReadonlySet<StepStatus> = new Set(['pending', 'completed', 'failed', 'cancelled', 'skipped']);

/** Whether a reader that has seen everything up to `after` has seen the end: nothing is left that could be sent to it. */
export function hasSeenEnd({ status, lastSeq }: Pick<ExecutionState, 'status' | 'lastSeq'>, after: number): boolean {
  return FINISHED_STATUSES.has(status) && after >= lastSeq;
}

/** What is known of an execution before its first event. */
export interface ExecutionSeed {
  id: string;
  workflow: string;
  sessionId?: string | null;
  createdAt: string;
}

export function initialState(seed: ExecutionSeed): ExecutionState {
  return {
    id: seed.id, workflow: seed.workflow, sessionId: seed.sessionId ?? null, status: 'queued', queuePosition: null, progress: 0,
    activeSteps: [], steps: {}, usage: {}, result: null, error: null,
    createdAt: seed.createdAt, startedAt: null, finishedAt: null, lastSeq: 0,
  };
}

/** The state after `events`, which must follow those that `state` holds. `state` itself stays as it is. */
export function fold(state: ExecutionState, events: Iterable<ExecutionEvent>): ExecutionState {
  const steps: Record<string, StepState> = {};
  for (const [id, step] of Object.entries(state.steps)) steps[id] = { ...step };
  const draft: ExecutionState = { ...state, activeSteps: [...state.activeSteps], steps, usage: { ...state.usage } };
  for (const event of events) applyEvent(draft, event);
  return draft;
}

/** Brings `state`, which the caller owns, on by one event: the in-place form of `fold`, for a reader that keeps up live. */
export function applyEvent(state: ExecutionState, event: ExecutionEvent): void {
  state.lastSeq = event.seq;
  state.progress = event.progress;
  switch (event.type) {
    case 'workflow_started':
      state.status = 'running';
      state.startedAt = event.timestamp;
      break;
    case 'workflow_resumed':
      state.status = 'running';
      for (const id of state.activeSteps) voidOutput(state.steps[id] as StepState);
      break;
    case 'workflow_completed':
      state.result = event.data.result;
      finish(state, 'completed', event.timestamp);
      break;
    case 'workflow_failed':
      state.error = event.data.error;
      finish(state, 'failed', event.timestamp);
      break;
    case 'workflow_cancelled':
      finish(state, 'cancelled', event.timestamp);
      break;
    case 'checkpoint_saved':
      break;
    default:
      if (event.step) applyStepEvent(state, event, event.step);
  }
}

function applyStepEvent(state: ExecutionState, event: ExecutionEvent, info: StepInfo): void {
  // Own members only: a step may be called `constructor`. Each start begins with nothing of the one before.
  const known = Object.hasOwn(state.steps, info.id) ? state.steps[info.id] : undefined;
  const step = known && event.type !== 'step_started' ? known : (state.steps[info.id] = newStep(info));
  if (!known) noteStep(state.steps, info.id);
  step.attempt = info.attempt;
  step.iteration = info.iteration;
  switch (event.type) {
    case 'step_started':
      step.status = 'running';
      step.startedAt = event.timestamp;
      activate(state, info.id, known?.status);
      break;
    case 'step_completed':
      step.output = event.data.output;
      step.progress = 1;
      addUsage(state.usage, event.data.usage);
      end(state, step, 'completed', event);
      break;
    case 'step_failed':
      step.error = event.data.error;
      end(state, step, 'failed', event);
      break;
    case 'step_cancelled':
      end(state, step, 'cancelled', event);
      break;
    case 'step_skipped':
      end(state, step, 'skipped', event);
      break;
    case 'step_progress':
      step.progress = event.data.progress;
      break;
    case 'step_output':
      if (event.data.kind === 'text') step.text += event.data.delta;
      else if (event.data.kind === 'reasoning') step.reasoning += event.data.delta;
      break;
    case 'step_retrying':
      for (const id of stepsBelow(state.steps, info.id)) reset(state, state.steps[id] as StepState);
      voidOutput(step);
      step.status = 'retrying';
      step.error = event.data.error;
      break;
    case 'input_required':
      step.status = 'waiting';
      if (event.data.prompt !== undefined) step.prompt = event.data.prompt;
      if (event.data.schema !== undefined) step.schema = event.data.schema;
      break;
    case 'input_received':
      step.status = 'running';
      break;
    default:
      break;
  }
  state.status = statusOf(state);
}

/** An execution waits when every leaf that is active waits for a person, and nothing is about to be tried again. */
function statusOf(state: ExecutionState): ExecutionStatus {
  if (state.status !== 'running' && state.status !== 'waiting') return state.status;
  let waiting = false;
  for (const id of state.activeSteps) {
    const step = state.steps[id] as StepState;
    if (step.status === 'waiting') waiting = true;
    // One that is about to be tried again goes on by itself, even where nothing of it is active.
    else if (step.status === 'retrying' || !isComposite(step.type)) return 'running';
  }
  return waiting ? 'waiting' : 'running';
}

function newStep({ id, name, type, attempt, iteration }: Pick<StepInfo, 'id' | 'name' | 'type' | 'attempt' | 'iteration'>): StepState {
  return { id, name, type, status: 'pending', attempt, iteration, progress: 0, text: '', reasoning: '' };
}

/** @param before The status of the step until now: with one of an end it is not active, and need not be looked for among many. */
function activate(state: ExecutionState, id: string, before: StepStatus = 'pending'): void {
  if (!INACTIVE.has(before) && state.activeSteps.includes(id)) return;
  // The first makes a list of just one: a list that is pushed to takes room for many, in every execution that waits.
  if (state.activeSteps.length === 0) state.activeSteps = [id];
  else state.activeSteps.push(id);
}

function end(state: ExecutionState, step: StepState, status: StepStatus, event: ExecutionEvent): void {
  step.status = status;
  step.finishedAt = event.timestamp;
  if (event.step?.durationMs !== undefined) step.durationMs = event.step.durationMs;
  leave(state, step.id);
}

function leave(state: ExecutionState, id: string): void {
  const at = state.activeSteps.indexOf(id);
  if (at >= 0) state.activeSteps.splice(at, 1);
}

function voidOutput(step: StepState): void {
  step.text = '';
  step.reasoning = '';
  if (!isComposite(step.type)) step.progress = 0;
}

/** Back to before its start, but for the number of attempts it has had. */
function reset(state: ExecutionState, step: StepState): void {
  leave(state, step.id);
  state.steps[step.id] = newStep(step);
}

function finish(state: ExecutionState, status: ExecutionStatus, timestamp: string): void {
  state.status = status;
  state.finishedAt = timestamp;
  // Steps that had no chance to tell their end: the process that ran them died, and the execution could not go on.
  for (const id of state.activeSteps) (state.steps[id] as StepState).status = 'cancelled';
  state.activeSteps = [];
}

const EVERY_USAGE: Record<keyof Usage, true> = { inputTokens: true, cachedInputTokens: true, outputTokens: true, reasoningTokens: true, totalTokens: true, costUsd: true };
const USAGE_KEYS = Object.keys(EVERY_USAGE) as (keyof Usage)[];

/** Adds to `sum`; what is no number is left out, or it would spoil the sum for good. */
export function addUsage(sum: Usage, more: Usage | undefined): void {
  for (const key of USAGE_KEYS) {
    const value = more?.[key];
    if (Number.isFinite(value)) sum[key] = (sum[key] ?? 0) + (value as number);
  }
}
