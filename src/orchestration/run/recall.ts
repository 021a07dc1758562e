/**
 * What the log says of an execution that goes on after a crash. Steps ask it before they run: completed ones are read
 * and not run (P12), failed ones fail again without being tried, composites go on where they were.
 */
import { isComposite } from '../../contract/definition.js';
import { type ExecutionEvent, isWithin, parentIdOf, type StepInfo } from '../../contract/events.js';
import { applyEvent, type ExecutionState, initialState, type StepState } from '../../contract/state.js';
import { type JsonValue } from '../../contract/json.js';
import { stepsBelow } from '../../contract/steps.below.js';
import { type TraceMark } from '../tracing/execution.trace.js';

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

/** What the log leaves to be asked for, beside the state that it folds to. */
class Memory {
  readonly retries = new Map<string, PendingRetry>();
  readonly rounds = new Map<string, Rounds>();
  /** Answers of people to steps that have not completed since. */
  readonly answers = new Map<string, JsonValue>();
  /** What the latest event of each step says of it. */
  readonly infos = new Map<string, StepInfo>();
  readonly taken = new Set<string>();

  /** Lets go of the way that the step had come; what is kept are the ways of the steps that run. */
  forget(id: string): void {
    for (const map of [this.retries, this.rounds, this.answers]) map.delete(id);
  }

  forgetBelow(id: string): void {
    for (const map of [this.retries, this.rounds, this.answers]) {
      for (const known of map.keys()) if (known !== id && isWithin(known, id)) map.delete(known);
    }
  }
}

/** The state of an execution that has not begun, shared by all that are new. */
const NOTHING: ExecutionState = Object.freeze(initialState({ id: '', workflow: '', createdAt: '' }));

/** A record that has no member but its own, as of Object.create(null), in a third of the room. */
const Bare = function Bare() {} as unknown as new <Value>() => Record<string, Value>;
Bare.prototype = Object.create(null) as object;

export class Recall {
  /** Starts of each step so far. */
  private readonly attempts = new Bare<number>();
  /** Latest output by step name. */
  readonly results: Record<string, JsonValue> = new Bare();
  /** Absent in an execution that is new, as almost all are. */
  private memory: Memory | undefined;

  /** A cancel had begun to end steps when the crash came. */
  cancelling = false;
  /** Where the execution stood in its trace when it was last started. */
  trace: TraceMark | undefined;
  /** Composites of which an attempt failed, and that are tried again. */
  private anew: Set<string> | undefined;
  /** The log had no more room, and steps had begun to end for it. */
  isFull = false;

  /** @param state What the log folds to; brought on by `apply`. Absent: the execution is new. */
  constructor(readonly state: ExecutionState = NOTHING) {}

  /** Takes the next event of the log in. */
  apply(event: ExecutionEvent): void {
    applyEvent(this.state, event);
    if (event.type === 'workflow_started' || event.type === 'workflow_resumed') this.trace = markOf(event.data);
    const { step } = event;
    if (!step) return;
    const memory = (this.memory ??= new Memory());
    memory.infos.set(step.id, step);
    switch (event.type) {
      case 'step_started':
        this.attempts[step.id] = step.attempt;
        memory.rounds.delete(step.id);
        memory.forgetBelow(step.id);
        break;
      case 'step_completed':
        this.results[step.name] = event.data.output;
        // It is not run again, so nothing of its way is asked for.
        memory.forget(step.id);
        break;
      case 'step_cancelled':
        if (event.data.reason === 'cancelled') this.cancelling = true;
        if (event.data.reason === 'too_many_events') this.isFull = true;
        break;
      case 'input_required':
        memory.answers.delete(step.id);
        break;
      case 'input_received':
        memory.answers.set(step.id, event.data.value);
        break;
      case 'step_retrying': {
        memory.answers.delete(step.id);
        memory.rounds.delete(step.id);
        memory.forgetBelow(step.id);
        const { attempt, delayMs } = event.data;
        memory.retries.set(step.id, { attempt, delayMs, since: Date.parse(event.timestamp) });
        this.makeAnew(step);
        break;
      }
      case 'iteration_started':
        memory.rounds.set(step.id, { started: event.data.iteration, completed: event.data.iteration - 1 });
        break;
      case 'iteration_completed':
        memory.rounds.set(step.id, { started: event.data.iteration, completed: event.data.iteration });
        break;
      default:
        break;
    }
  }

  /** What the log says of a step, the first time it is asked; later runs of the step (in a retry) are new. */
  take(id: string): StepState | undefined {
    const past = this.peek(id);
    if (past) this.memory?.taken.add(id);
    return past;
  }

  peek(id: string): StepState | undefined {
    if (!this.memory || this.memory.taken.has(id)) return undefined;
    // Own members only: a step may be called `constructor`.
    return Object.hasOwn(this.state.steps, id) ? this.state.steps[id] : undefined;
  }

  /** Counts a start of the step; answers its number. */
  nextAttempt(id: string): number {
    return (this.attempts[id] = this.attemptsOf(id) + 1);
  }

  attemptsOf(id: string): number {
    return this.attempts[id] ?? 0;
  }

  /** The retries a step has had in the current run of its `retry`. */
  retriesOf(id: string): PendingRetry | undefined {
    return this.memory?.retries.get(id);
  }

  roundsOf(id: string): Rounds | undefined {
    return this.memory?.rounds.get(id);
  }

  /** The answer that a step was given before the crash. */
  answerOf(id: string): JsonValue | undefined {
    return this.memory?.answers.get(id);
  }

  infoOf(id: string): StepInfo | undefined {
    return this.memory?.infos.get(id);
  }

  /** An attempt of the step failed: what is within is made anew, that which had completed too. */
  makeAnew({ id, type }: Pick<StepInfo, 'id' | 'type'>): void {
    if (isComposite(type)) (this.anew ??= new Set()).add(id);
  }

  /** Whether the step may have completed before, in an attempt of something around it that failed. */
  isMadeAnew(id: string): boolean {
    for (let around = parentIdOf(id); around !== ''; around = parentIdOf(around)) if (this.anew?.has(around)) return true;
    return false;
  }

  /** A step is run anew: what the log says of it and of all below is void. */
  discard(id: string): void {
    const { memory } = this;
    if (!memory) return;
    for (const known of [id, ...stepsBelow(this.state.steps, id)]) memory.taken.add(known);
    memory.forget(id);
    memory.forgetBelow(id);
  }
}

function markOf({ traceId, spanId }: { traceId?: string; spanId?: string }): TraceMark | undefined {
  return traceId === undefined ? undefined : { traceId, ...(spanId === undefined ? {} : { spanId }) };
}
