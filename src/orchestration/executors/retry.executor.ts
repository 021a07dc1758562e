import { catchError, concat, defer, EMPTY, filter, Observable, of, throwError } from 'rxjs';
import { type Backoff, DEFINITION_LIMITS, type RetryStep, withDefaults } from '../../contract/definition.js';
import { type EventDraft } from '../../contract/events.js';
import { type CancelScope, type Halt } from '../run/cancellation.js';
import { StepFailure } from '../run/failure.js';
import { type StepScope } from '../run/step.scope.js';
import { type RunStep, type StepExecutor } from './step.executor.js';

const DEFAULT_BACKOFF: Required<Backoff> = { delayMs: 1000, factor: 2, maxDelayMs: 60_000, jitter: true };

/**
 * Again, with exponential backoff: RxJS's retry, with events. While attempts are left, the failure of the step below is
 * told as `step_retrying`, which voids all that the failed attempt put out (P11); the last failure is told as it is, and
 * so is one that says of itself that it is not `retryable`. Who asks to be left alone for a time is, for at least so long.
 */
export class RetryExecutor implements StepExecutor<RetryStep> {
  execute(scope: StepScope<RetryStep>, run: RunStep): Observable<EventDraft> {
    const { recall, clock } = scope.run;
    const child = scope.child(scope.step.step, {}, scope.previous, scope.cancel);
    const before = recall.retriesOf(child.id);
    if (!before) return attemptFrom(1, scope, run);
    // A crash came in the middle of the retries: it uses up no attempt, and of a delay only the rest is waited.
    const next = defer(() => attemptFrom(before.attempt + 1, scope, run));
    if (recall.peek(child.id)?.status !== 'retrying') return next;
    child.attempt = recall.attemptsOf(child.id);
    recall.discard(child.id);
    return concat(backOff(before.delayMs - clock.since(before.since), child), next);
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
      if (!(error instanceof StepFailure) || attempt >= maxAttempts || error.info.retryable === false) return concat(failed ? of(failed) : EMPTY, throwError(() => error));
      const asked = Math.min(error.info.retryAfterMs ?? 0, DEFINITION_LIMITS.durationMs);
      const delayMs = Math.max(asked, delayOf(attempt, withDefaults(DEFAULT_BACKOFF, backoff), scope.run.clock.random()));
      const past = scope.run.recall.attemptsOf(child.id);
      scope.run.recall.discard(child.id);
      scope.run.recall.makeAnew({ id: child.id, type: step.type });
      child.attempt = past;
      const retrying: EventDraft = {
        type: 'step_retrying',
        step: { ...child.info('retrying'), ...(failed?.step?.durationMs === undefined ? {} : { durationMs: failed.step.durationMs }) },
        data: { attempt, maxAttempts, delayMs, error: error.info },
        message: `Attempt ${attempt} of ${maxAttempts} of ${step.name} failed, the next comes in ${delayMs} ms`,
        about: failed?.about,
      };
      return concat(of(retrying), backOff(delayMs, child), defer(() => attemptFrom(attempt + 1, scope, run)));
    }),
  );
}

/** Milliseconds to wait after attempt number `attempt`; with jitter drawn by `random`, 0 ≤ random < 1 ("full jitter"). */
export function delayOf(attempt: number, { delayMs, factor, maxDelayMs, jitter }: Required<Backoff>, random: number): number {
  const delay = Math.min(maxDelayMs, delayMs * factor ** (attempt - 1));
  return Math.round(jitter ? delay * random : delay);
}

/** Waits between two attempts. A halt that comes before the next one ends the step, which nothing else would tell of. */
function backOff(ms: number, child: StepScope): Observable<EventDraft> {
  return wait(ms, child.cancel).pipe(
    catchError((error: unknown) => {
      const halt = error as Halt;
      const cancelled: EventDraft = { type: 'step_cancelled', step: child.info('cancelled'), data: { reason: halt.code }, message: `Cancelled ${child.step.name} before its next attempt` };
      return concat(of(cancelled), throwError(() => halt));
    }),
  );
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
