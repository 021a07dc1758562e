import { concat, defer, EMPTY, mergeMap, type Observable, of } from 'rxjs';
import { type ConditionalStep, type Step } from '../../contract/definition.js';
import { type EventDraft } from '../../contract/events.js';
import { evaluateCondition } from '../definition/expression.js';
import { type StepScope } from '../run/step.scope.js';
import { untilHalt } from './until-halt.js';
import { type RunStep, type StepExecutor } from './step.executor.js';

/**
 * One of two branches, chosen when the step is reached: RxJS's defer. The branch not taken is told as `step_skipped`.
 * Once chosen it stays so over crashes, whatever the condition would say now.
 */
export class ConditionalExecutor implements StepExecutor<ConditionalStep> {
  execute(scope: StepScope<ConditionalStep>, run: RunStep): Observable<EventDraft> {
    const chosen = this.chosenBefore(scope);
    const choice = chosen === undefined ? untilHalt(() => this.decide(scope), scope.cancel) : of(chosen);
    return choice.pipe(mergeMap((taken) => this.follow(scope, taken, chosen !== undefined, run)));
  }

  private follow(scope: StepScope<ConditionalStep>, taken: boolean, known: boolean, run: RunStep): Observable<EventDraft> {
    const { step } = scope;
    const other = taken ? step.else : step.then;
    const skipped: Observable<EventDraft> = other && !known
      ? of({ type: 'step_skipped', step: branchOf(scope, other).info('skipped'), data: { reason: taken ? 'the condition holds' : 'the condition does not hold' }, message: `Skipped ${other.name}` })
      : EMPTY;
    const branch = taken ? step.then : step.else;
    if (!branch) return skipped;
    const child = branchOf(scope, branch);
    return concat(skipped, run(child), defer(() => {
      scope.output = child.output;
      return EMPTY;
    }));
  }

  private async decide(scope: StepScope<ConditionalStep>): Promise<boolean> {
    // A loop of conditions that choose nothing has no other place where others get a turn.
    await scope.run.pace.beforeWork();
    const { when } = scope.step;
    return typeof when === 'string' ? evaluateCondition(when, scope.context) : when(scope.context);
  }

  private chosenBefore(scope: StepScope<ConditionalStep>): boolean | undefined {
    const { recall } = scope.run;
    const then = recall.peek(`${scope.id}/${scope.step.then.name}`)?.status;
    if (then !== undefined && then !== 'pending') return then !== 'skipped';
    const other = scope.step.else && recall.peek(`${scope.id}/${scope.step.else.name}`)?.status;
    if (other !== undefined && other !== 'pending') return other === 'skipped';
    return undefined;
  }
}

function branchOf(scope: StepScope<ConditionalStep>, branch: Step): StepScope {
  const total = scope.step.else ? 2 : 1;
  return scope.child(branch, { index: branch === scope.step.then ? 0 : 1, total }, scope.previous, scope.cancel);
}
