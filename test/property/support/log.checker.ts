/**
 * What a well-formed log is, said a second time and in another way than the engine says it: a machine over the definition
 * that takes one event after another and throws where one may not stand there. It knows the life of a step, who may run
 * beside whom, what a crash and a retry void, and what every output must be, given those below it.
 */
import assert from 'node:assert/strict';
import { isDeepStrictEqual } from 'node:util';
import { isComposite, type WorkflowDefinition } from '../../../src/contract/definition.js';
import { type ErrorCode } from '../../../src/contract/errors.js';
import { type EventType, type ExecutionEvent, type StepInfo, type StepStatus, TERMINAL_TYPES } from '../../../src/contract/events.js';
import { type JsonValue } from '../../../src/contract/json.js';
import { applyEvent, type ExecutionState, initialState } from '../../../src/contract/state.js';
import { isActive, type Life, Lives } from './lives.js';
import { outputFault } from './outputs.js';

/** The first thing that is wrong with a log. */
export class LogFault extends Error {
  constructor(what: string, event: ExecutionEvent | undefined, events: readonly ExecutionEvent[]) {
    const at = event ? events.indexOf(event) : events.length;
    const around = events.slice(Math.max(0, at - 12), at + 3).map(lineOf).join('\n');
    super(`${what}\n${around}`);
    this.name = 'LogFault';
  }
}

export function lineOf({ seq, type, step, data, progress }: ExecutionEvent): string {
  return `${seq} ${type} ${step ? `${step.id} #${step.attempt} ` : ''}${progress} ${JSON.stringify(data).slice(0, 120)}`;
}

export interface Checked {
  lives: ReadonlyMap<string, Life>;
  state: ExecutionState;
  resumes: number;
  starts: { stepId: string; attempt: number; seq: number }[];
}

const STATUS_OF: Partial<Record<EventType, StepStatus>> = {
  step_started: 'running', step_completed: 'completed', step_failed: 'failed', step_cancelled: 'cancelled', step_skipped: 'skipped',
  step_progress: 'running', step_output: 'running', step_retrying: 'retrying', input_required: 'waiting', input_received: 'running',
  iteration_started: 'running', iteration_completed: 'running', message: 'running',
};
const ENDS: ReadonlySet<EventType> = new Set(['step_completed', 'step_failed', 'step_cancelled', 'step_retrying']);
/** Failures of the execution as a whole, whatever its steps come to. */
const OF_ALL: ReadonlySet<ErrorCode> = new Set(['workflow_timeout', 'too_many_events']);
/** Failures of an execution that is not run any more: no step of it has to have failed. */
const GIVEN_UP: ReadonlySet<ErrorCode> = new Set(['resume_limit', 'workflow_not_found', 'workflow_changed']);

/**
 * Checks a log, which must be whole unless `unfinished` is set.
 * @throws LogFault
 */
export function checkLog(definition: WorkflowDefinition, events: readonly ExecutionEvent[], { unfinished = false } = {}): Checked {
  let at: ExecutionEvent | undefined;
  try {
    const machine = new LogMachine(definition, events[0]);
    for (at of events) machine.take(at);
    at = undefined;
    if (!unfinished && !machine.ended) throw new Error('the log has no terminal event');
    return { lives: machine.lives.all, state: machine.state, resumes: machine.resumes, starts: machine.starts };
  } catch (error) {
    throw new LogFault((error as Error).message, at, events);
  }
}

class LogMachine {
  readonly lives: Lives;
  readonly state: ExecutionState;
  readonly starts: Checked['starts'] = [];
  resumes = 0;
  ended = false;
  private last: ExecutionEvent | undefined;

  constructor(private readonly definition: WorkflowDefinition, first: ExecutionEvent | undefined) {
    this.lives = new Lives(definition);
    this.state = initialState({ id: first?.executionId ?? '', workflow: definition.name, sessionId: first?.sessionId ?? null, createdAt: '' });
  }

  take(event: ExecutionEvent): void {
    this.checkEnvelope(event);
    applyEvent(this.state, event);
    if (event.step) this.takeOfStep(event, event.step);
    else this.takeOfWorkflow(event);
    this.compareFold(event);
    this.last = event;
  }

  private checkEnvelope(event: ExecutionEvent): void {
    const { last } = this;
    assert(!this.ended, 'an event after the terminal one');
    assert(event.seq === (last?.seq ?? 0) + 1, `seq ${event.seq} after ${last?.seq ?? 0}`);
    assert((event.type === 'workflow_started') === (event.seq === 1), `${event.type} as event ${event.seq}`);
    assert(event.workflow === this.definition.name && event.executionId === this.state.id, 'the log of another execution');
    assert((event.sessionId ?? null) === this.state.sessionId, 'another session');
    assert(new Date(event.timestamp).toISOString() === event.timestamp && (!last || event.timestamp >= last.timestamp), `time ${event.timestamp} after ${last?.timestamp}`);
    assert(event.progress >= (last?.progress ?? 0), `progress ${event.progress} after ${last?.progress}`);
    assert((event.progress === 1) === (event.type === 'workflow_completed') && event.progress <= 1, `progress ${event.progress} on ${event.type}`);
  }

  private takeOfWorkflow(event: ExecutionEvent): void {
    if (event.type === 'workflow_resumed') {
      assert(event.data.fromSeq === event.seq - 1, `resumed from ${event.data.fromSeq} at ${event.seq}`);
      this.resumes++;
      this.lives.interrupt();
    }
    if (!TERMINAL_TYPES.has(event.type)) return;
    this.ended = true;
    const top = this.definition.steps.map(({ name }) => this.lives.all.get(name));
    if (event.type === 'workflow_completed') {
      assert(top.every((life) => life?.status === 'completed'), 'completed with steps that are not');
      assert(isDeepStrictEqual(event.data.result, top.at(-1)?.output), 'the result is not the output of the last step');
      assert((this.last?.progress ?? 0) >= 0.999, `progress was ${this.last?.progress} with all steps completed`);
    }
    if (event.type === 'workflow_failed') {
      const { error } = event.data;
      const cause = top.find((life) => life?.status === 'failed');
      assert(GIVEN_UP.has(error.code) || OF_ALL.has(error.code) || isDeepStrictEqual(error, cause?.error), `failed for ${JSON.stringify(error)}, its step for ${JSON.stringify(cause?.error)}`);
    }
    assert(this.lives.active().length === 0, `${event.type} while ${this.lives.active().map(({ id }) => id).join(', ')} run`);
  }

  private takeOfStep(event: ExecutionEvent, step: StepInfo): void {
    const { type } = event;
    const life = this.lives.of(step);
    assert(step.status === STATUS_OF[type], `${type} with the status ${step.status}`);
    // What is cancelled between two attempts has none that could last.
    const lasts = ENDS.has(type) && life.status !== 'retrying';
    assert((step.durationMs ?? -1) >= 0 === lasts, `${type} with a duration of ${step.durationMs}`);
    if (type === 'step_started') {
      this.lives.start(life, step.attempt);
      this.starts.push({ stepId: step.id, attempt: step.attempt, seq: event.seq });
      return;
    }
    if (type === 'step_skipped') {
      this.lives.skip(life);
      return;
    }
    assert(step.attempt === life.attempt, `${type} of attempt ${step.attempt} in attempt ${life.attempt}`);
    assert(isActive(life) && (life.status !== 'retrying' || type === 'step_cancelled'), `${type} of a step that is ${life.status}`);
    assert(!life.interrupted || type === 'step_cancelled', `${type} of a step that a crash cut short and that was not started again`);
    this.lives.assertParentRuns(life);
    this.within(life, event);
  }

  private within(life: Life, event: ExecutionEvent): void {
    const { streaming } = this.definition;
    const leaf = !isComposite(life.place.step.type);
    switch (event.type) {
      case 'step_completed': {
        const fault = outputFault(life, event.data.output, this.lives);
        assert(fault === undefined, fault ?? '');
        life.output = event.data.output;
        this.lives.end(life, 'completed');
        break;
      }
      case 'step_failed':
        this.lives.checkCause(life, event.data.error);
        life.error = event.data.error;
        this.lives.end(life, 'failed');
        break;
      case 'step_cancelled':
        this.lives.end(life, 'cancelled');
        break;
      case 'step_retrying':
        this.lives.retry(life, event.data);
        break;
      case 'step_progress':
        assert(leaf && streaming?.enabled !== false && streaming?.emitProgress !== false, 'step_progress that was not asked for');
        assert(event.data.progress >= 0 && event.data.progress <= 1, `progress ${event.data.progress} of a step`);
        break;
      case 'step_output': {
        assert(leaf && streaming?.enabled !== false, 'step_output that was not asked for');
        const { kind, delta, offset } = event.data;
        assert(offset === life.offsets[kind], `offset ${offset} where ${life.offsets[kind]} came before`);
        life.offsets[kind] += kind === 'data' ? 1 : delta.length;
        if (kind === 'text') life.text += delta;
        break;
      }
      case 'message':
        assert(leaf && streaming?.enabled !== false && streaming?.emitLogs !== false, 'a message that was not asked for');
        break;
      case 'input_required':
        assert(life.place.step.type === 'input' && life.status === 'running', 'input_required of such a step');
        assert(life.received === undefined, 'asked again after it was answered');
        life.status = 'waiting';
        break;
      case 'input_received':
        assert(life.status === 'waiting', 'input_received by a step that does not wait');
        life.status = 'running';
        life.received = event.data.value;
        break;
      case 'iteration_started':
        this.lives.startRound(life, event.data);
        break;
      case 'iteration_completed':
        this.lives.endRound(life, event.data);
        break;
      default:
        throw new Error(`${event.type} of a step`);
    }
  }

  /** The fold must see what this machine sees, after every single event. */
  private compareFold(event: ExecutionEvent): void {
    const { state } = this;
    assert(state.lastSeq === event.seq && state.progress === event.progress, 'the fold has another seq or progress');
    const active = this.lives.active().map(({ id }) => id);
    assert(isDeepStrictEqual([...state.activeSteps].sort(), active.sort()), `active in the fold: ${state.activeSteps.join()}, in truth: ${active.join()}`);
    for (const life of this.lives.all.values()) {
      const step = Object.hasOwn(state.steps, life.id) ? state.steps[life.id] : undefined;
      assert(step?.status === life.status, `in the fold ${life.id} is ${step?.status}, in truth ${life.status}`);
      assert(step.attempt === life.attempt && step.text === life.text, `in the fold ${life.id} has attempt ${step.attempt} and "${step.text}", in truth ${life.attempt} and "${life.text}"`);
    }
    if (!event.step) return;
    const doing = this.lives.active().filter(({ status, place }) => status === 'retrying' || !isComposite(place.step.type));
    const waiting = doing.length > 0 && doing.every(({ status }) => status === 'waiting');
    assert(state.status === (waiting ? 'waiting' : 'running'), `the fold is ${state.status}`);
  }
}

/** What a step put out as text in the attempt that counts, and what it returned. */
export function textAndOutput({ lives }: Checked, stepId: string): { text: string; output: JsonValue | undefined } {
  const life = lives.get(stepId);
  return { text: life?.text ?? '', output: life?.output };
}
