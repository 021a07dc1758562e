/** The steps of one log while it is being checked: what has become of each, and what may become of it next. */
import assert from 'node:assert/strict';
import { isDeepStrictEqual } from 'node:util';
import { isComposite, type WorkflowDefinition } from '../../../src/contract/definition.js';
import { type ErrorInfo } from '../../../src/contract/errors.js';
import { type EventData, isWithin, type OutputKind, type StepInfo, type StepStatus } from '../../../src/contract/events.js';
import { type JsonValue } from '../../../src/contract/json.js';
import { pathOf, type Place, placesOf } from './places.js';

export interface Life {
  id: string;
  place: Place;
  parentId: string | undefined;
  /** The round of the loop right above. */
  round: number | undefined;
  status: StepStatus;
  attempt: number;
  /** A crash came while it ran, and it has not been started again since. */
  interrupted: boolean;
  /** Attempts that its `retry` has seen fail since that began. */
  failures: number;
  /** Of a loop: rounds begun, and whether the last one goes on. */
  rounds: number;
  roundOpen: boolean;
  offsets: Record<OutputKind, number>;
  text: string;
  output: JsonValue | undefined;
  received: JsonValue | undefined;
  error: ErrorInfo | undefined;
}

const ACTIVE: ReadonlySet<StepStatus> = new Set(['running', 'waiting', 'retrying']);

export function isActive({ status }: Pick<Life, 'status'>): boolean {
  return ACTIVE.has(status);
}

export class Lives {
  readonly all = new Map<string, Life>();
  private readonly places: Map<string, Place>;

  constructor(definition: WorkflowDefinition) {
    this.places = placesOf(definition);
  }

  /** The life of the step that an event names; what the event says of its place must be so. */
  of(info: StepInfo): Life {
    const known = this.all.get(info.id);
    const life = known ?? this.born(info.id);
    const { step, index, total, branch } = life.place;
    const said = [info.name, info.type, info.index, info.total, info.parallelIndex, info.parallelTotal, info.iteration];
    const so = [step.name, step.type, index, total, branch ? index : undefined, branch ? total : undefined, pathOf(info.id).iteration];
    assert(isDeepStrictEqual(said, so), `${info.id} is said to be ${JSON.stringify(said)}, and is ${JSON.stringify(so)}`);
    if (!known) this.all.set(info.id, life);
    return life;
  }

  active(): Life[] {
    return [...this.all.values()].filter(isActive);
  }

  /** The steps right below one, in the round given. */
  below(parentId: string | undefined, round?: number): Life[] {
    return [...this.all.values()].filter((life) => life.parentId === parentId && life.round === round);
  }

  start(life: Life, attempt: number): void {
    const mayStart = life.status === 'pending' || life.status === 'retrying' || (isActive(life) && life.interrupted);
    assert(mayStart, `started while ${life.status}${life.interrupted ? ', interrupted' : ''}`);
    assert(attempt === life.attempt + 1, `attempt ${attempt} follows ${life.attempt}`);
    this.assertParentRuns(life);
    this.assertTurn(life);
    for (const below of this.within(life.id)) assert(below.status === 'pending', `started while ${below.id} below it is ${below.status}`);
    // An answer that a step was given before a crash is still its answer.
    Object.assign(life, blank(), { status: 'running', attempt, received: life.interrupted ? life.received : undefined });
  }

  skip(life: Life): void {
    assert(life.place.parent?.type === 'conditional' && life.status === 'pending', `skipped while ${life.status}`);
    this.assertParentRuns(life);
    life.status = 'skipped';
    const other = this.below(life.parentId, life.round).filter((sibling) => sibling !== life);
    assert(other.every(({ status }) => status === 'pending'), 'both branches were chosen');
  }

  end(life: Life, status: StepStatus): void {
    for (const below of this.within(life.id)) assert(!isActive(below), `ended while ${below.id} below it is ${below.status}`);
    if (status === 'failed' && life.place.parent?.type === 'retry') {
      const { maxAttempts } = life.place.parent;
      assert(life.error?.code !== undefined && life.failures === maxAttempts - 1, `failed for good after ${life.failures + 1} of ${maxAttempts} attempts`);
    }
    life.status = status;
    life.interrupted = false;
  }

  retry(life: Life, { attempt, maxAttempts, delayMs, error }: EventData['step_retrying']): void {
    const { parent } = life.place;
    assert(parent?.type === 'retry' && parent.maxAttempts === maxAttempts && attempt < maxAttempts, `retried as ${attempt} of ${maxAttempts}`);
    assert(attempt === life.failures + 1, `attempt ${attempt} failed after ${life.failures} failures`);
    this.checkCause(life, error);
    for (const below of this.within(life.id)) {
      assert(!isActive(below), `retried while ${below.id} below it is ${below.status}`);
      Object.assign(below, blank(), { failures: 0 });
    }
    const { delayMs: first = 1000, factor = 2, maxDelayMs = 60_000, jitter = true } = parent.backoff ?? {};
    const most = Math.min(maxDelayMs, first * factor ** (attempt - 1));
    assert(jitter ? delayMs >= 0 && delayMs <= Math.round(most) : delayMs === Math.round(most), `a delay of ${delayMs} where ${most} are due`);
    Object.assign(life, blank(), { status: 'retrying', failures: attempt });
  }

  startRound(life: Life, { iteration, maxIterations }: EventData['iteration_started']): void {
    const { step } = life.place;
    assert(step.type === 'iteration' && step.maxIterations === maxIterations && iteration <= maxIterations, `round ${iteration} of ${maxIterations}`);
    assert(!life.roundOpen && iteration === life.rounds + 1, `round ${iteration} begins after ${life.rounds}`);
    life.rounds = iteration;
    life.roundOpen = true;
  }

  endRound(life: Life, { iteration }: EventData['iteration_completed']): void {
    assert(life.roundOpen && iteration === life.rounds, `round ${iteration} ends in ${life.rounds}`);
    assert(this.below(life.id, iteration)[0]?.status === 'completed', `round ${iteration} ends before its step`);
    life.roundOpen = false;
  }

  /** A crash: leaves that ran have to be started again, what uncompleted steps put out is void. */
  interrupt(): void {
    for (const life of this.active()) {
      life.interrupted = !isComposite(life.place.step.type) && life.status !== 'retrying';
      Object.assign(life, { text: '', offsets: noOffsets() });
    }
  }

  assertParentRuns({ parentId, round }: Life): void {
    if (parentId === undefined) return;
    const parent = this.all.get(parentId);
    assert(parent?.status === 'running', `its parent ${parentId} is ${parent?.status}`);
    assert(round === undefined || (parent.roundOpen && parent.rounds === round), `it is of round ${round}, its loop in ${parent.rounds}`);
  }

  /** A step fails for itself, or for one right below that has failed. */
  checkCause(life: Life, error: ErrorInfo): void {
    if (error.stepId === life.id) return;
    const causes = this.below(life.id, life.roundOpen ? life.rounds : undefined).filter(({ status }) => status === 'failed');
    assert(causes.some((below) => isDeepStrictEqual(below.error, error)), `failed for ${JSON.stringify(error)}, which no step below it failed for`);
  }

  /** Whether it is the turn of a step, given its siblings. */
  private assertTurn(life: Life): void {
    const { parent, index } = life.place;
    const siblings = this.below(life.parentId, life.round).filter((sibling) => sibling !== life);
    switch (parent?.type) {
      case undefined:
      case 'sequential':
        assert(siblings.filter((sibling) => sibling.place.index < index && sibling.status === 'completed').length === index, 'started before those before it had completed');
        assert(siblings.every((sibling) => sibling.place.index < index || sibling.status === 'pending'), 'started after those after it');
        break;
      case 'parallel':
        assert(siblings.filter(isActive).length < (parent.concurrency ?? Infinity), `started beside ${siblings.filter(isActive).length}`);
        assert(parent.onError === 'continue' || siblings.every(({ status }) => status !== 'failed'), 'started after a sibling had failed');
        break;
      case 'conditional':
        assert(siblings.every(({ status }) => status === 'skipped') && (!parent.else || siblings.length === 1), 'started before the other branch was skipped');
        break;
      default:
        break;
    }
  }

  private within(id: string): Life[] {
    return [...this.all.values()].filter((life) => life.id !== id && isWithin(life.id, id));
  }

  private born(id: string): Life {
    const { name, parentId, round } = pathOf(id);
    const place = this.places.get(name);
    assert(place !== undefined, `there is no step ${name}`);
    const parentName = parentId === undefined ? undefined : pathOf(parentId).name;
    assert(place.parent?.name === parentName, `${id} is not where ${name} stands`);
    assert((round !== undefined) === (place.parent?.type === 'iteration'), `${id} has ${round === undefined ? 'no' : 'a'} round`);
    return { ...blank(), id, place, parentId, round, status: 'pending', attempt: 0, failures: 0 };
  }
}

/** A step before it has done anything. */
function blank() {
  return {
    status: 'pending' as StepStatus, interrupted: false, rounds: 0, roundOpen: false, offsets: noOffsets(), text: '',
    output: undefined, received: undefined, error: undefined,
  };
}

function noOffsets(): Record<OutputKind, number> {
  return { text: 0, reasoning: 0, tool_input: 0, data: 0 };
}
