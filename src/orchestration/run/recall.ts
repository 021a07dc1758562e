/**
 * What the log says of an execution that goes on after a crash. Steps ask it before they run: completed ones are read
 * and not run (P12), failed ones fail again without being tried, composites go on where they were.
 */
import { type ExecutionEvent, isWithin, type StepInfo } from '../../contract/events.js';
import { applyEvent, type ExecutionState, type StepState } from '../../contract/state.js';
import { type JsonValue } from '../../contract/json.js';

export interface PendingRetry {
  /** The attempt that failed last, counted within its `retry`. */
  attempt: number;
  delayMs: number;
  /** When the wait began, milliseconds since the epoch. */
  since: number;
}

export interface Rounds {
  started: number;
  completed: number;
}

export class Recall {
  /** Starts of each step so far. */
  private readonly attempts = new Map<string, number>();
  /** Latest output by step name. */
  readonly results: Record<string, JsonValue> = Object.create(null) as Record<string, JsonValue>;
  private readonly retries = new Map<string, PendingRetry>();
  private readonly rounds = new Map<string, Rounds>();
  /** Answers of people to steps that have not completed since. */
  private readonly answers = new Map<string, JsonValue>();
  /** What the latest event of each step says of it. */
  private readonly infos = new Map<string, StepInfo>();
  private readonly taken = new Set<string>();

  /** A cancel had begun to end steps when the crash came. */
  cancelling = false;

  constructor(readonly state: ExecutionState) {}

  /** Takes the next event of the log in. */
  apply(event: ExecutionEvent): void {
    applyEvent(this.state, event);
    const { step } = event;
    if (!step) return;
    this.infos.set(step.id, step);
    switch (event.type) {
      case 'step_started':
        this.attempts.set(step.id, step.attempt);
        this.rounds.delete(step.id);
        this.forgetBelow(step.id);
        break;
      case 'step_completed':
        this.results[step.name] = event.data.output;
        // It is not run again, so nothing of its way is asked for: what is kept are the ways of the steps that run.
        for (const map of [this.retries, this.rounds, this.answers]) map.delete(step.id);
        break;
      case 'step_cancelled':
        if (event.data.reason === 'cancelled') this.cancelling = true;
        break;
      case 'input_required':
        this.answers.delete(step.id);
        break;
      case 'input_received':
        this.answers.set(step.id, event.data.value);
        break;
      case 'step_retrying': {
        this.answers.delete(step.id);
        this.rounds.delete(step.id);
        this.forgetBelow(step.id);
        const { attempt, delayMs } = event.data;
        this.retries.set(step.id, { attempt, delayMs, since: Date.parse(event.timestamp) });
        break;
      }
      case 'iteration_started':
        this.rounds.set(step.id, { started: event.data.iteration, completed: event.data.iteration - 1 });
        break;
      case 'iteration_completed':
        this.rounds.set(step.id, { started: event.data.iteration, completed: event.data.iteration });
        break;
      default:
        break;
    }
  }

  /** What the log says of a step, the first time it is asked; later runs of the step (in a retry) are new. */
  take(id: string): StepState | undefined {
    const past = this.peek(id);
    if (past) this.taken.add(id);
    return past;
  }

  peek(id: string): StepState | undefined {
    // Own members only: a step may be called `constructor`.
    return !this.taken.has(id) && Object.hasOwn(this.state.steps, id) ? this.state.steps[id] : undefined;
  }

  /** Counts a start of the step; answers its number. */
  nextAttempt(id: string): number {
    const attempt = (this.attempts.get(id) ?? 0) + 1;
    this.attempts.set(id, attempt);
    return attempt;
  }

  attemptsOf(id: string): number {
    return this.attempts.get(id) ?? 0;
  }

  /** The retries a step has had in the current run of its `retry`. */
  retriesOf(id: string): PendingRetry | undefined {
    return this.retries.get(id);
  }

  roundsOf(id: string): Rounds | undefined {
    return this.rounds.get(id);
  }

  /** The answer that a step was given before the crash. */
  answerOf(id: string): JsonValue | undefined {
    return this.answers.get(id);
  }

  infoOf(id: string): StepInfo | undefined {
    return this.infos.get(id);
  }

  /** A step is run anew: what the log says of it and of all below is void. */
  discard(id: string): void {
    for (const known of Object.keys(this.state.steps)) if (isWithin(known, id)) this.taken.add(known);
    this.retries.delete(id);
    this.rounds.delete(id);
    this.answers.delete(id);
    this.forgetBelow(id);
  }

  private forgetBelow(id: string): void {
    for (const map of [this.retries, this.rounds, this.answers]) {
      for (const known of map.keys()) if (known !== id && isWithin(known, id)) map.delete(known);
    }
  }
}
