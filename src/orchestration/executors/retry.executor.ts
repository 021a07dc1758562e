import { catchError, concat, defer, EMPTY, filter, Observable, of, throwError } from 'rxjs';
import { type Backoff, type RetryStep } from '../../contract/definition.js';
import { type EventDraft } from '../../contract/events.js';
import { type CancelScope } from '../run/cancellation.js';
import { StepFailure } from '../run/failure.js';
import { type StepScope } from '../run/step.scope.js';
import { type RunStep, type StepExecutor } from './step.executor.js';

const DEFAULT_BACKOFF: Required<Backoff> = { delayMs: 1000, factor: 2, maxDelayMs: 60_000, jitter: true };

/**
 * Again, with exponential backoff: RxJS's retry, with events. While attempts are left, the failure of the step below is
 * told as `step_retrying`, which voids all that the failed attempt put out (P11); the last failure is told as it is.
 */
export class RetryExecutor implements StepExecutor<RetryStep> {
  execute(scope: StepScope<RetryStep>, run: RunStep): Observable<EventDraft> {
    const { recall, clock } = scope.run;
    const id = `${scope.id}/${scope.step.step.name}`;
    const before = recall.retriesOf(id);
    if (!before) return attemptFrom(1, scope, run);
    // A crash came in the middle of the retries: it uses up no attempt, and of a delay only the rest is waited.
    const inDelay = recall.peek(id)?.status === 'retrying';
    const left = inDelay ? Math.min(before.delayMs, before.since + before.delayMs - clock.now()) : 0;
    if (inDelay) recall.discard(id);
    return concat(wait(left, scope.cancel), defer(() => attemptFrom(before.attempt + 1, scope, run)));
  }
}

/** Attempt number `attempt` and, as long as they fail, those after it. */
function attemptFrom(attempt: number, scope: StepScope<RetryStep>, run: RunStep): Observable<EventDraft> {
  const { maxAttempts, backoff, step } = scope.step;
  const child = scope.child(step, {}, scope.previous, scope.cancel);
  let failed: EventDraft | undefined;

  const events = run(child).pipe(
    filter((event) => {
      if (event.type !== 'step_failed' || event.step.id !== child.id) return true;
      failed = event;
      return false;
    }),
  );
  const completed = defer(() => {
    scope.output = child.output;
    return EMPTY;
  });
  return concat(events, completed).pipe(
    catchError((error: unknown) => {
      if (!(error instanceof StepFailure) || attempt >= maxAttempts) return concat(failed ? of(failed) : EMPTY, throwError(() => error));
      const delayMs = delayOf(attempt, { ...DEFAULT_BACKOFF, ...backoff }, scope.run.clock.random());
      const past = scope.run.recall.attemptsOf(child.id);
      scope.run.recall.discard(child.id);
      child.attempt = past;
      const retrying: EventDraft = {
        type: 'step_retrying',
        step: { ...child.info('retrying'), ...(failed?.step?.durationMs === undefined ? {} : { durationMs: failed.step.durationMs }) },
        data: { attempt, maxAttempts, delayMs, error: error.info },
        message: `Attempt ${attempt} of ${maxAttempts} of ${step.name} failed, the next comes in ${delayMs} ms`,
      };
      return concat(of(retrying), wait(delayMs, scope.cancel), defer(() => attemptFrom(attempt + 1, scope, run)));
    }),
  );
}

/** Milliseconds to wait after attempt number `attempt`; with jitter drawn by `random`, 0 ≤ random < 1 ("full jitter"). */
export function delayOf(attempt: number, { delayMs, factor, maxDelayMs, jitter }: Required<Backoff>, random: number): number {
  const delay = Math.min(maxDelayMs, delayMs * factor ** (attempt - 1));
  return Math.round(jitter ? delay * random : delay);
}

/** Completes after `ms`, or errors with the halt that comes before. */
function wait(ms: number, cancel: CancelScope): Observable<never> {
  return new Observable((subscriber) => {
    const timer = setTimeout(() => subscriber.complete(), Math.max(0, ms));
    const stop = cancel.onHalt((halt) => subscriber.error(halt));
    return () => {
      clearTimeout(timer);
      stop();
    };
  });
}
