/**
 * The life of a step, the same for every kind:
 *
 *   step_started → what its executor gives → step_completed | step_failed | step_cancelled
 *
 * The Observable of a step that did not complete emits its last event and then errors (StepFailure or Halt), so that
 * what orders the steps (concatMap, mergeMap, …) sees it. A step that the log already knows the end of emits nothing.
 *
 * Every step of every execution goes through here, so a life is one observer and not a chain of operators: a chain makes
 * some thirty objects, which a step that waits for hours would hold.
 */
import { Observable, type Observer, type Subscriber } from 'rxjs';
import { isComposite, type Step, type StepType } from '../../contract/definition.js';
import { type EventDraft } from '../../contract/events.js';
import { isShort } from '../../contract/json.js';
import { type StepState } from '../../contract/state.js';
import { CancelScope, Halt } from '../run/cancellation.js';
import { StepFailure } from '../run/failure.js';
import { endLeftBehind } from '../run/left-behind.js';
import { type StepScope } from '../run/step.scope.js';
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
  new Observable((subscriber) => {
    const { recall } = scope.run;
    const past = recall.peek(scope.id);
    if (past?.status === 'completed') {
      scope.output = past.output ?? null;
      subscriber.complete();
    } else if (past?.status === 'failed') {
      subscriber.error(new StepFailure(past.error ?? { code: 'agent_failed', message: 'the step failed', stepId: scope.id }));
    } else if (scope.cancel.halt) {
      subscriber.error(scope.cancel.halt);
    } else {
      recall.take(scope.id);
      const life = new StepLife(scope, past, subscriber);
      subscriber.add(life);
      life.begin();
    }
  });

class StepLife implements Observer<EventDraft> {
  /** In ticks; before the process began, where a composite goes on. */
  private readonly startedAt: number;
  /** Whether a composite goes on that a crash cut short: it is not started anew (P11); leaves are, as a new attempt (P12). */
  private readonly goesOn: boolean;
  private readonly around: CancelScope;
  /** Of a leaf, whose signal is its own, and of what can time out by itself. */
  private readonly own: CancelScope | undefined;
  private timer: NodeJS.Timeout | undefined;

  constructor(private readonly scope: StepScope, past: StepState | undefined, private readonly subscriber: Subscriber<EventDraft>) {
    const { run, step } = scope;
    this.around = scope.cancel;
    if (step.timeoutMs !== undefined || !isComposite(step.type)) this.own = scope.cancel = new CancelScope(this.around);
    this.goesOn = past?.status === 'running' && isComposite(step.type);
    scope.attempt = this.goesOn && past ? past.attempt : run.recall.nextAttempt(scope.id);
    this.startedAt = run.clock.ticks() - (this.goesOn && past?.startedAt ? run.clock.since(Date.parse(past.startedAt)) : 0);
  }

  begin(): void {
    const { scope, subscriber } = this;
    const executor = EXECUTORS[scope.step.type] as StepExecutor;
    this.startTimeout();
    let fault: { error: unknown } | undefined;
    const data: { input?: StepScope['input'] } = {};
    try {
      const input = executor.resolveInput?.(scope);
      if (input !== undefined && isShort(input, MAX_TOLD_INPUT)) data.input = input;
    } catch (error) {
      fault = { error };
    }
    if (!this.goesOn) subscriber.next({ type: 'step_started', step: scope.info('running'), data, message: `Started ${scope.step.name}` });
    if (fault) this.error(fault.error);
    else if (!subscriber.closed) subscriber.add(executor.execute(scope, runStep).subscribe(this));
  }

  next(event: EventDraft): void {
    this.subscriber.next(event);
  }

  complete(): void {
    const { scope, subscriber } = this;
    const { run, step, output, usage } = scope;
    this.unsubscribe();
    run.recall.results[step.name] = output;
    const data = usage ? { output, usage } : { output };
    subscriber.next({ type: 'step_completed', step: scope.info('completed', this.lasted), data, message: endMessage('Completed', scope), about: agentOf(scope.step) });
    subscriber.complete();
  }

  error(thrown: unknown): void {
    const { scope, subscriber } = this;
    this.unsubscribe();
    const error = this.causeOf(thrown);
    for (const left of endLeftBehind(scope.run, scope.id, thrown instanceof Halt ? thrown.code : 'sibling_failed')) subscriber.next(left);
    subscriber.next(endEvent(error, scope, this.lasted));
    subscriber.error(error);
  }

  /** The step has ended, or is let go of. */
  unsubscribe(): void {
    clearTimeout(this.timer);
    this.own?.close();
    this.scope.cancel = this.around;
  }

  private get lasted(): number {
    return Math.round(this.scope.run.clock.ticks() - this.startedAt);
  }

  private startTimeout(): void {
    const { scope, own } = this;
    const { timeoutMs } = scope.step;
    if (timeoutMs === undefined) return;
    const end = () => own?.cancel('step_timeout', `step ${scope.id} did not end within its timeoutMs of ${timeoutMs}`);
    const left = timeoutMs - this.lasted;
    // Over since before the crash, or during it: nothing below starts for the moment that a timer takes.
    if (left > 0) this.timer = setTimeout(end, left);
    else end();
  }

  /** A halt that began at this very step is its own time-out and so its failure; one from further up stays a halt. */
  private causeOf(thrown: unknown): Halt | StepFailure {
    if (!(thrown instanceof Halt)) return StepFailure.of(thrown, this.scope.id);
    if (thrown.origin !== this.own || thrown.code !== 'step_timeout') return thrown;
    return new StepFailure({ code: 'step_timeout', message: thrown.message, stepId: this.scope.id });
  }
}

function endEvent(error: Halt | StepFailure, scope: StepScope, durationMs: number): EventDraft {
  return error instanceof Halt
    ? { type: 'step_cancelled', step: scope.info('cancelled', durationMs), data: { reason: error.code }, message: endMessage('Cancelled', scope), about: agentOf(scope.step) }
    : { type: 'step_failed', step: scope.info('failed', durationMs), data: { error: error.info }, message: endMessage('Failed', scope), about: agentOf(scope.step) };
}

function agentOf(step: Step): string | undefined {
  if (step.type !== 'agent') return undefined;
  return typeof step.agent === 'string' ? step.agent : 'function';
}

function endMessage(what: string, { step, place }: StepScope): string {
  return `${what} ${step.name}, step ${place.index + 1} of ${place.total}`;
}
