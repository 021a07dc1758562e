import { concat, defer, EMPTY, filter, mergeMap, type Observable, of, repeat } from 'rxjs';
import { type IterationStep } from '../../contract/definition.js';
import { type EventDraft } from '../../contract/events.js';
import { type JsonValue } from '../../contract/json.js';
import { evaluateCondition } from '../definition/expression.js';
import { type StepScope } from '../run/step.scope.js';
import { untilHalt } from './until-halt.js';
import { type RunStep, type StepExecutor } from './step.executor.js';

/**
 * A loop: RxJS's repeat. Each round runs the step below under an id of its own (`refine[2]/critic`), given the output of
 * the round before; the loop ends when `until` holds or `maxIterations` have run.
 */
export class IterationExecutor implements StepExecutor<IterationStep> {
  execute(scope: StepScope<IterationStep>, run: RunStep): Observable<EventDraft> {
    const { maxIterations, step } = scope.step;
    const past = scope.run.recall.roundsOf(scope.id);
    let iteration = past?.completed ?? 0;
    // Of a round that has begun it was decided before the crash that it is due; what has run in it since must not be asked.
    const isDue = past === undefined || past.started > past.completed;
    let output: JsonValue = iteration > 0 ? outputOf(iteration, scope) : scope.previous;

    const round = defer(() => {
      iteration++;
      const child = scope.child(step, { iteration }, output, scope.cancel, `${scope.id}[${iteration}]`);
      const data = { iteration, maxIterations };
      const started: Observable<EventDraft> = iteration === past?.started
        ? EMPTY
        : of({ type: 'iteration_started', step: scope.info('running'), data, message: `Started iteration ${iteration} of ${step.name}` });
      const completed = defer(() => {
        output = child.output;
        return of<EventDraft>({ type: 'iteration_completed', step: scope.info('running'), data, message: `Completed iteration ${iteration} of ${step.name}` });
      });
      return concat(started, run(child), completed);
    });
    /** Emits once where another round is due. */
    const another = () => untilHalt(() => isDone(scope, iteration), scope.cancel).pipe(filter((done) => !done));
    const rounds = round.pipe(repeat({ delay: another }));

    return concat(
      isDue ? rounds : another().pipe(mergeMap(() => rounds)),
      defer(() => {
        scope.output = output;
        return EMPTY;
      }),
    );
  }
}

async function isDone(scope: StepScope<IterationStep>, iteration: number): Promise<boolean> {
  const { maxIterations, until } = scope.step;
  await scope.run.pace.beforeWork();
  if (iteration >= maxIterations) return true;
  if (until === undefined) return false;
  return typeof until === 'string' ? evaluateCondition(until, scope.context) : until(scope.context);
}

/** What a round before the crash has put out. */
function outputOf(iteration: number, scope: StepScope<IterationStep>): JsonValue {
  return scope.run.recall.state.steps[`${scope.id}[${iteration}]/${scope.step.step.name}`]?.output ?? null;
}
