/**
 * The life of a step, the same for every kind:
 *
 *   step_started → what its executor gives → step_completed | step_failed | step_cancelled
 *
 * The Observable of a step that did not complete emits its last event and then errors (StepFailure or Halt), so that
 * what orders the steps (concat, mergeMap, …) sees it. A step that the log already knows the end of emits nothing.
 */
import { catchError, concat, defer, EMPTY, finalize, from, type Observable, of, throwError } from 'rxjs';
import { isComposite, type Step, type StepType } from '../../contract/definition.js';
import { type EventDraft } from '../../contract/events.js';
import { isShort } from '../../contract/json.js';
import { type StepState } from '../../contract/state.js';
import { CancelScope, Halt } from '../run/cancellation.js';
import { StepFailure } from '../run/failure.js';
import { endLeftBehind } from '../run/left-behind.js';
import { StepScope } from '../run/step.scope.js';
import { AgentExecutor } from './agent.executor.js';
import { ConditionalExecutor } from './conditional.executor.js';
import { InputExecutor } from './input.executor.js';
import { IterationExecutor } from './iteration.executor.js';
import { ParallelExecutor } from './parallel.executor.js';
import { RetryExecutor } from './retry.executor.js';
import { SequentialExecutor } from './sequential.executor.js';
import { type RunStep, type StepExecutor } from './step.executor.js';

/** Characters of JSON up to which `step_started` tells the input: a text that goes to many steps would fill the log. */
const MAX_TOLD_INPUT = 16 * 1024;

const EXECUTORS = {
  agent: new AgentExecutor(),
  sequential: new SequentialExecutor(),
  parallel: new ParallelExecutor(),
  conditional: new ConditionalExecutor(),
  retry: new RetryExecutor(),
  iteration: new IterationExecutor(),
  input: new InputExecutor(),
} satisfies { [T in StepType]: StepExecutor<Extract<Step, { type: T }>> };

export const runStep: RunStep = (scope) =>
  defer(() => {
    const { recall } = scope.run;
    const past = recall.peek(scope.id);
    switch (past?.status) {
      case 'completed':
        scope.output = past.output ?? null;
        return EMPTY;
      case 'failed':
        return throwError(() => new StepFailure(past.error ?? { code: 'agent_failed', message: 'the step failed', stepId: scope.id }));
      default:
        if (scope.cancel.halt) return throwError(() => scope.cancel.halt);
        recall.take(scope.id);
        return live(scope, past);
    }
  });

function live(outer: StepScope, past: StepState | undefined): Observable<EventDraft> {
  const { run, step } = outer;
  const executor = EXECUTORS[step.type] as StepExecutor;
  const cancel = new CancelScope(outer.cancel);
  const scope = new StepScope(run, step, outer.id, outer.place, outer.previous, cancel);
  // Composites that a crash cut short are not started anew (P11); leaves are, as a new attempt (P12).
  const goesOn = past?.status === 'running' && isComposite(step.type);
  scope.attempt = goesOn ? past.attempt : run.recall.nextAttempt(scope.id);
  const startedAt = goesOn && past.startedAt ? Date.parse(past.startedAt) : run.clock.now();
  const timeout = startTimeout(scope, startedAt);

  const started = (): Observable<EventDraft> => {
    let fault: unknown;
    const data: { input?: StepScope['input'] } = {};
    try {
      const input = executor.resolveInput?.(scope);
      if (input !== undefined && isShort(input, MAX_TOLD_INPUT)) data.input = input;
    } catch (error) {
      fault = error;
    }
    const event: EventDraft = { type: 'step_started', step: scope.info('running'), data, message: `Started ${step.name}` };
    return concat(goesOn ? EMPTY : of(event), fault === undefined ? EMPTY : throwError(() => fault));
  };
  const completed = (): Observable<EventDraft> => {
    outer.output = scope.output;
    run.recall.results[step.name] = scope.output;
    const data = scope.usage ? { output: scope.output, usage: scope.usage } : { output: scope.output };
    return of({ type: 'step_completed', step: scope.info('completed', run.clock.since(startedAt)), data, message: endMessage('Completed', scope) });
  };
  const ended = (thrown: unknown): Observable<EventDraft> => {
    const error = causeOf(thrown, scope);
    const left = endLeftBehind(run, scope.id, thrown instanceof Halt ? thrown.code : 'sibling_failed');
    return concat(from(left), of(endEvent(error, scope, run.clock.since(startedAt))), throwError(() => error));
  };

  return concat(defer(started), defer(() => executor.execute(scope, runStep)), defer(completed)).pipe(
    catchError(ended),
    finalize(() => {
      clearTimeout(timeout);
      cancel.close();
    }),
  );
}

function startTimeout(scope: StepScope, startedAt: number): NodeJS.Timeout | undefined {
  const { timeoutMs } = scope.step;
  if (timeoutMs === undefined) return undefined;
  const end = () => scope.cancel.cancel('step_timeout', `step ${scope.id} did not end within its timeoutMs of ${timeoutMs}`);
  const left = timeoutMs - scope.run.clock.since(startedAt);
  if (left > 0) return setTimeout(end, left);
  // Over since before the crash, or during it: nothing below starts for the moment that a timer takes.
  end();
  return undefined;
}

/** A halt that began at this very step is its own time-out and so its failure; one from further up stays a halt. */
function causeOf(thrown: unknown, scope: StepScope): Halt | StepFailure {
  if (!(thrown instanceof Halt)) return StepFailure.of(thrown, scope.id);
  if (thrown.origin !== scope.cancel || thrown.code !== 'step_timeout') return thrown;
  return new StepFailure({ code: 'step_timeout', message: thrown.message, stepId: scope.id });
}

function endEvent(error: Halt | StepFailure, scope: StepScope, durationMs: number): EventDraft {
  return error instanceof Halt
    ? { type: 'step_cancelled', step: scope.info('cancelled', durationMs), data: { reason: error.code }, message: endMessage('Cancelled', scope) }
    : { type: 'step_failed', step: scope.info('failed', durationMs), data: { error: error.info }, message: endMessage('Failed', scope) };
}

function endMessage(what: string, { step, place }: StepScope): string {
  return `${what} ${step.name}, step ${place.index + 1} of ${place.total}`;
}
