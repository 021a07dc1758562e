import { type EventDraft } from '../../contract/events.js';

/** Where the log says that the execution stood in its trace before. */
export interface TraceMark {
  traceId: string;
  /** The span of the execution, where one was recorded. */
  spanId?: string;
}

/** The trace that an execution belongs to, as its steps see it. */
export interface ExecutionTrace {
  /** What the events tell of it. */
  readonly mark: TraceMark;
  /** What agents hand on to those they call. */
  traceparentOf(stepId: string): string;
  /** Runs `work`, and all that follows from it, with the span of the step as the active one. */
  within(stepId: string, work: () => void): void;
  /** Takes notice of what is about to be recorded. */
  onEvent(event: EventDraft): void;
  /** The process lets go of the execution. */
  suspend(): void;
}
