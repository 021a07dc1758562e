import { Observable, type Observer, type Subscriber } from 'rxjs';
import { type SequentialStep, type Step } from '../../contract/definition.js';
import { type EventDraft } from '../../contract/events.js';
import { type JsonValue } from '../../contract/json.js';
import { type StepScope } from '../run/step.scope.js';
import { type RunStep, type StepExecutor } from './step.executor.js';

/** One after another. The output is the last step's. */
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
export function inOrder(steps: readonly Step[], first: JsonValue, scopeOf: ScopeOf, run: RunStep, done: (output: JsonValue) => void): Observable<EventDraft> {
  return new Observable((subscriber) => new InOrder(steps, first, scopeOf, run, done, subscriber).goOn());
}

type ScopeOf = (step: Step, index: number, previous: JsonValue) => StepScope;

/** RxJS's concat as one observer: this order is in every execution, and operators would hold ten times as much while a step waits. */
class InOrder implements Observer<EventDraft> {
  private index = 0;
  private scope: StepScope | undefined;
  private isRunning = false;
  private isStarting = false;

  constructor(
    private readonly steps: readonly Step[],
    private readonly first: JsonValue,
    private readonly scopeOf: ScopeOf,
    private readonly run: RunStep,
    private readonly done: (output: JsonValue) => void,
    private readonly subscriber: Subscriber<EventDraft>,
  ) {}

  /** A loop, and not a step within a step: those that the log knows the end of complete at once. */
  goOn(): void {
    if (this.isStarting) return;
    const { steps, subscriber } = this;
    this.isStarting = true;
    while (!this.isRunning && !subscriber.closed) {
      const step = steps[this.index];
      const previous = this.scope ? this.scope.output : this.first;
      if (step) {
        this.isRunning = true;
        this.scope = this.scopeOf(step, this.index++, previous);
        subscriber.add(this.run(this.scope).subscribe(this));
      } else {
        this.done(previous);
        subscriber.complete();
      }
    }
    this.isStarting = false;
  }

  next(event: EventDraft): void {
    this.subscriber.next(event);
  }

  complete(): void {
    this.isRunning = false;
    this.goOn();
  }

  error(error: unknown): void {
    this.subscriber.error(error);
  }
}
