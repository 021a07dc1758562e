/**
 * The events of an execution: CONTRACT section 4 as a discriminated union over `type`. An execution is its numbered
 * log of these; every reader (browser, terminal, status page, recovery) sees the same ones in the same order.
 */
import { type StepType } from './definition.js';
import { type ErrorInfo } from './errors.js';
import { type JsonValue } from './json.js';
import { type WorkflowPlan } from './plan.js';

export type StepStatus = 'pending' | 'running' | 'waiting' | 'retrying' | 'completed' | 'failed' | 'cancelled' | 'skipped';

/** Where in the workflow an event belongs. */
export interface StepInfo {
  /** Path of names: `gather/a`, `refine[2]/critic` (iterations count from 1). */
  id: string;
  name: string;
  type: StepType;
  /** Place among its siblings, from 0, and how many there are. */
  index: number;
  total: number;
  /** The same within a `parallel`; only its branches have them. */
  parallelIndex?: number;
  parallelTotal?: number;
  /** Counts the starts of this step, from 1, over retries and crashes. */
  attempt: number;
  /** The iteration of the nearest `iteration` around it, from 1; 0 outside of any. */
  iteration: number;
  status: StepStatus;
  /** Milliseconds since this attempt started; on events that end one. */
  durationMs?: number;
}

/** Tokens and money a step has used, summed in the status. */
export interface Usage {
  inputTokens?: number;
  /** Those of the input that the provider had in its cache. */
  cachedInputTokens?: number;
  outputTokens?: number;
  /** Those of the output that the model has spent on reasoning. */
  reasoningTokens?: number;
  totalTokens?: number;
  costUsd?: number;
}

export type OutputKind = 'text' | 'reasoning' | 'tool_input' | 'data';
export const LOG_LEVELS = ['debug', 'info', 'warn', 'error'] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

/** Types of event, and what the `data` of each holds. */
export interface EventData {
  /** `traceId` and `spanId`: the trace it is part of (W3C Trace Context), and its span in that, where it is recorded. */
  workflow_started: { input: JsonValue; plan?: WorkflowPlan; traceId?: string; spanId?: string };
  workflow_resumed: { reason: string; fromSeq: number; traceId?: string; spanId?: string };
  workflow_completed: { result: JsonValue };
  workflow_failed: { error: ErrorInfo };
  workflow_cancelled: { reason: string };
  step_started: { input?: JsonValue };
  step_completed: { output: JsonValue; usage?: Usage };
  step_failed: { error: ErrorInfo };
  step_cancelled: { reason: string };
  step_skipped: { reason: string };
  /** `progress` is 0..1 within the step. */
  step_progress: { progress: number; state?: string; metadata?: JsonValue };
  /** `offset` counts UTF-16 units of this kind before this piece, in this attempt; of `data`, pieces. `callId`, of `tool_input`: the call that it is the input of. */
  step_output: ({ kind: Exclude<OutputKind, 'data'>; delta: string } | { kind: 'data'; delta: JsonValue }) & { offset: number; callId?: string };
  /** All `step_output` of the attempt before is void, in every step below the one named. */
  step_retrying: { attempt: number; maxAttempts: number; delayMs: number; error: ErrorInfo };
  tool_call: { callId: string; tool: string; input: JsonValue };
  tool_result: { callId: string; output?: JsonValue; error?: ErrorInfo; durationMs: number };
  iteration_started: { iteration: number; maxIterations: number };
  iteration_completed: { iteration: number; maxIterations: number };
  input_required: { prompt?: string; schema?: JsonValue };
  input_received: { value: JsonValue };
  checkpoint_saved: { completedSteps: string[] };
  message: { level: LogLevel; code?: string; text: string };
}

export type EventType = keyof EventData;
export type WorkflowEventType = Extract<EventType, `workflow_${string}` | 'checkpoint_saved'>;
export type StepEventType = Exclude<EventType, WorkflowEventType | 'message'>;

interface Envelope<T extends EventType> {
  /** From 1, without gap or double, over the whole life of the execution (P1). */
  seq: number;
  type: T;
  executionId: string;
  workflow: string;
  sessionId?: string;
  /** ISO 8601, UTC, milliseconds. */
  timestamp: string;
  /** 0..1 over the whole workflow; never falls; 1 exactly on `workflow_completed` (P7). */
  progress: number;
  /** A line for people. */
  message?: string;
  data: EventData[T];
}

type EventOf<T extends EventType> = T extends StepEventType
  ? Envelope<T> & { step: StepInfo }
  : T extends 'message'
    ? Envelope<T> & { step?: StepInfo }
    : Envelope<T> & { step?: undefined };

/** One event of an execution. */
export type ExecutionEvent = { [T in EventType]: EventOf<T> }[EventType];

/**
 * An event before the recorder gives it its number, time and progress. `about` stays in this process: the agent of a step that
 * ends, the tool of a result.
 */
export type EventDraft = {
  [T in EventType]: { type: T; data: EventData[T]; message?: string; about?: string | undefined } & (T extends StepEventType
    ? { step: StepInfo }
    : { step?: StepInfo });
}[EventType];

export const TERMINAL_TYPES: ReadonlySet<EventType> = new Set(['workflow_completed', 'workflow_failed', 'workflow_cancelled']);

const EVERY_TYPE: Record<EventType, true> = {
  workflow_started: true, workflow_resumed: true, workflow_completed: true, workflow_failed: true, workflow_cancelled: true,
  step_started: true, step_completed: true, step_failed: true, step_cancelled: true, step_skipped: true,
  step_progress: true, step_output: true, step_retrying: true, tool_call: true, tool_result: true,
  iteration_started: true, iteration_completed: true, input_required: true, input_received: true,
  checkpoint_saved: true, message: true,
};
export const EVENT_TYPES = /* @__PURE__ */ Object.keys(EVERY_TYPE) as EventType[];

export function isEventType(name: string): name is EventType {
  return Object.hasOwn(EVERY_TYPE, name);
}

/** Whether `id` is the step `ancestor` or lies below it: `r/s` and `r[2]/s` lie below `r`. */
export function isWithin(id: string, ancestor: string): boolean {
  if (!id.startsWith(ancestor)) return false;
  const next = id.charCodeAt(ancestor.length);
  return Number.isNaN(next) || next === 47 /* / */ || next === 91 /* [ */;
}

/** The id of the step around one, the rounds of a loop left out: `refine` of `refine[2]/critic`. '' where there is none. */
export function parentIdOf(id: string): string {
  return id.slice(0, Math.max(0, id.lastIndexOf('/'))).replace(/\[\d+\]$/, '');
}
