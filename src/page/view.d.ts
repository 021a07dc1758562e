/** Types of view.js, for tests; the browser gets the JavaScript as it stands. */
import { type StepType } from '../contract/definition.js';
import { type ErrorInfo } from '../contract/errors.js';
import { type ExecutionEvent, type StepStatus } from '../contract/events.js';
import { type JsonValue } from '../contract/json.js';
import { type ExecutionStatus } from '../contract/state.js';

export interface StepView {
  id: string;
  name: string;
  type: StepType;
  attempt: number;
  iteration: number;
  status: StepStatus;
  text: string;
  reasoning: string;
  output?: JsonValue | undefined;
  error?: ErrorInfo | undefined;
  prompt?: string | undefined;
  schema?: JsonValue | undefined;
  /** As the step last told it, 0..1, and in words. */
  progress?: number | undefined;
  note?: string | undefined;
  retryInMs?: number | undefined;
  startedAt?: string | undefined;
  finishedAt?: string | undefined;
  durationMs?: number | undefined;
  /** Rounds of a loop that are no longer kept: 1 to this one. */
  roundsForgotten?: number | undefined;
}

export interface View {
  id: string;
  workflow: string;
  status: ExecutionStatus;
  progress: number;
  lastSeq: number;
  /** By id, in the order they were first heard of. */
  steps: Map<string, StepView>;
  activeSteps: string[];
  startedAt: string | null;
  finishedAt: string | null;
  result: JsonValue;
  error: ErrorInfo | null;
  /** Why it was cancelled. */
  reason: string | null;
}

export declare const ROUNDS_KEPT: number;
export declare function newView(id: string, workflow?: string): View;
export declare function applyEvent(view: View, event: ExecutionEvent): void;
export declare function isWithin(id: string, ancestor: string): boolean;
export declare function placeOf(id: string): { parent: string | undefined; round: number | undefined };
