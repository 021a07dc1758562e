import { concat, defer, EMPTY, type Observable } from 'rxjs';
import { type SequentialStep, type Step } from '../../contract/definition.js';
import { type EventDraft } from '../../contract/events.js';
import { type JsonValue } from '../../contract/json.js';
import { type StepScope } from '../run/step.scope.js';
import { type RunStep, type StepExecutor } from './step.executor.js';

/** One after another: RxJS's concat. The output is the last step's. */
export class SequentialExecutor implements StepExecutor<SequentialStep> {
  execute(scope: StepScope<SequentialStep>, run: RunStep): Observable<EventDraft> {
    return inOrder(
      scope.step.steps, scope.previous,
      (step, index, previous) => scope.child(step, { index, total: scope.step.steps.length }, previous, scope.cancel),
      run, (output) => (scope.output = output),
    );
  }
}

/** Runs steps in order, each given the output of the one before; shared with the workflow's own steps. */
export function inOrder(
  steps: readonly Step[],
  first: JsonValue,
  scopeOf: (step: Step, index: number, previous: JsonValue) => StepScope,
  run: RunStep,
  done: (output: JsonValue) => void,
): Observable<EventDraft> {
  let previous = first;
  const runs = steps.map((step, index) =>
    defer(() => {
      const scope = scopeOf(step, index, previous);
      const keep = defer(() => {
        previous = scope.output;
        return EMPTY;
      });
      return concat(run(scope), keep);
    }),
  );
  return concat(...runs, defer(() => {
    done(previous);
    return EMPTY;
  }));
}
