import { type Observable } from 'rxjs';
import { type Step } from '../../contract/definition.js';
import { type EventDraft } from '../../contract/events.js';
import { type JsonValue } from '../../contract/json.js';
import { type StepScope } from '../run/step.scope.js';

/** Runs any step: its life from `step_started` to its end, and what is within. */
export type RunStep = (scope: StepScope) => Observable<EventDraft>;

/**
 * One kind of step. `execute` gives the events within the step, sets `scope.output` before it completes, and errors with
 * a StepFailure, or with the Halt of its scope. `run` runs the steps below.
 */
export interface StepExecutor<S extends Step = Step> {
  execute(scope: StepScope<S>, run: RunStep): Observable<EventDraft>;
  /** What the step is given, where `step_started` shall tell it. */
  resolveInput?(scope: StepScope<S>): JsonValue | undefined;
}
