import { catchError, concat, defer, EMPTY, from, mergeMap, type Observable, throwError } from 'rxjs';
import { type ParallelStep } from '../../contract/definition.js';
import { type EventDraft } from '../../contract/events.js';
import { type JsonObject } from '../../contract/json.js';
import { CancelScope, Halt } from '../run/cancellation.js';
import { StepFailure } from '../run/failure.js';
import { assertFits } from '../run/limits.js';
import { type StepScope } from '../run/step.scope.js';
import { type RunStep, type StepExecutor } from './step.executor.js';

/**
 * Side by side: RxJS's mergeMap, bounded by `concurrency`. Events of all branches come as they are made (P6). With
 * `onError: fail` the first failure cancels the siblings, which still tell their end before the step itself fails: after a crash too (left-behind.ts).
 */
export class ParallelExecutor implements StepExecutor<ParallelStep> {
  execute(scope: StepScope<ParallelStep>, run: RunStep): Observable<EventDraft> {
    const { step, cancel } = scope;
    const total = step.steps.length;
    const siblings = new CancelScope(cancel);
    const branches = step.steps.map((child, i) => scope.child(child, { index: i, total, parallelIndex: i, parallelTotal: total }, scope.previous, siblings));
    let failure = step.onError === 'continue' ? undefined : failedBefore(branches);
    if (failure) return throwError(() => failure);

    const failed = new Set<StepScope>();
    const onFailure = (error: unknown, branch: StepScope): Observable<never> => {
      failed.add(branch);
      if (error instanceof StepFailure && step.onError !== 'continue' && !failure) {
        failure = error;
        siblings.cancel('sibling_failed', `${error.info.stepId ?? branch.id} failed`);
      } else if (!(error instanceof StepFailure) && !(error instanceof Halt)) {
        return throwError(() => error);
      }
      return EMPTY;
    };
    const outcome = defer(() => {
      siblings.close();
      const reason = cancel.halt ?? failure;
      if (reason) return throwError(() => reason);
      const output: JsonObject = {};
      for (const branch of branches) if (!failed.has(branch)) output[branch.step.name] = branch.output;
      // Each of them fits, and yet all of them together may not.
      assertFits(output, 'the output of all branches together', scope.run.limits);
      scope.output = output;
      return EMPTY;
    });
    const all = from(branches).pipe(mergeMap((branch) => run(branch).pipe(catchError((error) => onFailure(error, branch))), step.concurrency ?? Infinity));
    return concat(all, outcome);
  }
}

/** A crash came between a branch's failure and the end of its siblings. */
function failedBefore(branches: readonly StepScope[]): StepFailure | undefined {
  for (const branch of branches) {
    const past = branch.run.recall.peek(branch.id);
    if (past?.status === 'failed' && past.error) return new StepFailure(past.error);
  }
  return undefined;
}
