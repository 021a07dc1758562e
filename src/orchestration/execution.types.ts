/** What the programmatic face of the engine takes and gives. */
import { type Observable } from 'rxjs';
import { type Step, type WorkflowDefinition } from '../contract/definition.js';
import { type ExecutionEvent } from '../contract/events.js';
import { type JsonValue } from '../contract/json.js';
import { type ExecutionRecord } from '../journal/journal.types.js';

/** A workflow by name, as a definition or as steps, or a function that builds one for this run. */
export type WorkflowSource = string | WorkflowDefinition | Step | (() => WorkflowDefinition | Step | Promise<WorkflowDefinition | Step>);

export interface StartOptions {
  /** Whose execution it is; default `local`. */
  user?: string;
  sessionId?: string;
  /** The same key with the same workflow and input gives the same execution. */
  idempotencyKey?: string;
  /** What the same key has to come with again, in the place of the input: where the key says enough of it. */
  idempotencyBody?: JsonValue;
  /**
   * The trace that the execution is to be part of (W3C `traceparent`), where no span of OpenTelemetry is active. One that is not
   * valid is passed by.
   */
  traceparent?: string;
}

export interface Started {
  record: ExecutionRecord;
  /** False where an earlier start with the same idempotency key is answered. */
  created: boolean;
}

/** An execution as its starter holds it. */
export interface ExecutionHandle<T = JsonValue> {
  readonly id: string;
  /** All its events from the first, past and live; completes after the terminal one. Each subscription is a reader of its own. */
  readonly events$: Observable<ExecutionEvent>;
  /** Resolves with the result; rejects with a StepcastError where the execution failed or was cancelled. */
  result(): Promise<T>;
  cancel(reason?: string): Promise<void>;
}
