/**
 * One execution while it runs: builds the Observable of the whole workflow, subscribes to it once, and hands every event
 * to the recorder. It knows nothing of readers.
 */
import { type Observable, type Observer, type Subscription } from 'rxjs';
import { type StreamConfig, withDefaults, type WorkflowDefinition } from '../../contract/definition.js';
import { type ErrorInfo } from '../../contract/errors.js';
import { type EventDraft } from '../../contract/events.js';
import { type JsonValue } from '../../contract/json.js';
import { type WorkflowPlan } from '../../contract/plan.js';
import { ProgressMeter } from '../../contract/progress.js';
import { type ExecutionState } from '../../contract/state.js';
import { type Journal } from '../../journal/journal.js';
import { type OwnedExecution } from '../../journal/journal.types.js';
import { type AgentCache } from '../cache/agent.cache.js';
import { type Clock } from '../clock.js';
import { inOrder } from '../executors/sequential.executor.js';
import { runStep } from '../executors/step.runner.js';
import { stateBefore } from '../state-before.js';
import { type AgentRegistry } from '../registry/agent.registry.js';
import { traceOf } from '../tracing/trace.of.js';
import { CancelScope, Halt } from './cancellation.js';
import { StepFailure } from './failure.js';
import { InputDesk } from './input.desk.js';
import { endLeftBehind } from './left-behind.js';
import { isFull, type RunLimits, tooManyEvents } from './limits.js';
import { type AgentAtWork, agentsAtWork, type LoopWatch } from './loop.watch.js';
import { delaysIn, onlyWaits } from './only-waits.js';
import { Pace } from './pace.js';
import { Recall } from './recall.js';
import { Recorder } from './recorder.js';
import { type RunContext, StepScope } from './step.scope.js';

export const DEFAULT_STREAMING: Required<StreamConfig> = { enabled: true, emitProgress: true, emitLogs: true, bufferSize: 1000, flushIntervalMs: 0 };

export interface RunnerDeps {
  journal: Journal;
  clock: Clock;
  agents: AgentRegistry;
  limits: RunLimits;
  planOf: (record: OwnedExecution) => WorkflowPlan | undefined;
  watch?: LoopWatch;
  cache?: AgentCache | undefined;
}

/** What the log holds of an execution that goes on. */
export interface Past {
  recall: Recall;
  meter: ProgressMeter;
  lastTimestamp: string;
  /** Characters of JSON of its events. */
  logLength: number;
}

export class ExecutionRunner implements Observer<EventDraft> {
  private readonly scope = new CancelScope();
  private readonly recorder: Recorder;
  private readonly context: RunContext;
  /** Until it is told. */
  private plan: WorkflowPlan | undefined;
  private subscription: Subscription | undefined;
  private timeout: NodeJS.Timeout | undefined;
  /** Absent until somebody waits for the end. */
  private waiting: PromiseWithResolvers<void> | undefined;
  private finished = false;
  /** What steps still tell on their way out is not the end of the execution. */
  private suspended = false;
  private result: JsonValue = null;
  /** Names of steps; absent until somebody asks. */
  private delays: ReadonlySet<string> | undefined;

  /** @param onDone Called when the last event is committed, or the execution was taken from this process. */
  constructor(
    record: OwnedExecution,
    private readonly definition: WorkflowDefinition,
    private readonly deps: RunnerDeps,
    private readonly past: Past | undefined,
    private readonly onDone: (runner: ExecutionRunner) => void,
  ) {
    const { journal, clock, agents, limits } = deps;
    const recall = past?.recall ?? new Recall();
    const meter = past?.meter ?? new ProgressMeter(definition.steps);
    const state = past ? structuredClone(recall.state) : stateBefore(record);
    this.plan = past ? undefined : deps.planOf(record);
    this.recorder = new Recorder(journal, clock, meter, state, { epoch: record.epoch, onLost: () => this.suspend() }, past?.lastTimestamp, past?.logLength);
    this.context = {
      executionId: record.id, workflow: record.workflow, sessionId: record.sessionId, user: record.user, input: record.input,
      streaming: streamingOf(definition), recall, agents, clock, pace: new Pace(journal), desk: new InputDesk(), limits, watch: deps.watch, cache: deps.cache,
      trace: traceOf(record, recall.trace),
    };
  }

  get id(): string {
    return this.context.executionId;
  }

  get user(): string {
    return this.context.user;
  }

  /** Resolves when the last event is committed, or the execution was taken from this process. */
  get done(): Promise<void> {
    if (this.finished) return Promise.resolve();
    return (this.waiting ??= Promise.withResolvers<void>()).promise;
  }

  /** The state after all that has been recorded, committed or not. */
  get state(): ExecutionState {
    return this.recorder.state;
  }

  /** Whether it does nothing now but wait. */
  get onlyWaits(): boolean {
    return onlyWaits(this.state, (name) => (this.delays ??= new Set(delaysIn(this.definition.steps, this.deps.agents))).has(name));
  }

  agentsAtWork(): AgentAtWork[] {
    return agentsAtWork(this.state, this.definition.steps);
  }

  start(): void {
    const { recorder, definition } = this;
    const fromSeq = recorder.state.lastSeq;
    const first: EventDraft = this.past
      ? { type: 'workflow_resumed', data: { reason: 'the process that ran it has ended', fromSeq, ...this.context.trace?.mark }, message: `Resumed ${definition.name}` }
      : this.started();
    this.record(first);
    this.startTimeout();
    if (this.past?.recall.cancelling) this.scope.cancel('cancelled', 'cancelled on request');
    else if (this.past?.recall.isFull) this.haltFull(undefined);
    this.subscription = this.workflow().subscribe(this);
  }

  /** What the workflow tells comes in here and in the two below: the runner is the observer of its Observable. */
  next(event: EventDraft): void {
    if (!this.suspended) this.record(event);
  }

  complete(): void {
    this.next({ type: 'workflow_completed', data: { result: this.result }, message: `Completed ${this.definition.name}` });
    this.ended();
  }

  error(error: unknown): void {
    for (const left of endLeftBehind(this.context, undefined, error instanceof Halt ? error.code : 'sibling_failed')) this.next(left);
    this.next(this.endOf(error));
    this.ended();
  }

  /** Ends the execution: running agents see their signal abort, nothing new starts. */
  cancel(reason: string): void {
    this.scope.cancel('cancelled', reason);
  }

  /** Resolves when it is `done`. @throws StepcastError `journal_unavailable` where that has to wait until the journal can be written. */
  async whenDone(): Promise<void> {
    await Promise.race([this.done, this.deps.journal.flushed().then(() => this.done)]);
  }

  /** @throws StepcastError, see InputDesk. Resolves when the answer is committed. */
  async answer(stepId: string | undefined, value: JsonValue): Promise<void> {
    this.context.desk.answer(stepId, value);
    await this.deps.journal.flushed();
  }

  /** Ends an execution that cannot go on at all, without running anything of it. */
  fail(error: ErrorInfo): void {
    if (!this.past) this.recorder.record(this.started());
    // Past the bound of the log: what is told here are ends alone, and there is nothing left to be halted.
    for (const end of [...endLeftBehind(this.context, undefined, 'given_up'), failedWith(error)]) {
      this.context.trace?.onEvent(end);
      this.recorder.record(end);
    }
    this.ended();
  }

  /**
   * Lets go without ending the execution: another process, or the next start of this one, goes on with it. Agents see
   * their signal abort; what they still tell goes nowhere.
   */
  suspend(): void {
    if (this.subscription?.closed) return;
    this.suspended = true;
    clearTimeout(this.timeout);
    // Before the steps are let go of: those that have ended are out of reach of the scope.
    this.scope.cancel('shutdown', 'the process is shutting down');
    this.subscription?.unsubscribe();
    this.context.trace?.suspend();
    this.finish();
  }

  /** Tells readers which steps will not run again, whatever happens to this process. */
  checkpoint(): void {
    const completedSteps = Object.values(this.state.steps).filter((step) => step.status === 'completed').map((step) => step.id);
    this.recorder.record({ type: 'checkpoint_saved', data: { completedSteps }, message: `Saved, with completed steps: ${completedSteps.length}` });
  }

  /** Where the log is full, what runs is halted, and only its ends come after. */
  private record(event: EventDraft): void {
    const { recorder, context, deps } = this;
    context.trace?.onEvent(event);
    // Of what goes on: where nothing waits for its commit, the state is what the log says.
    if (this.past && !deps.journal.isPending(this.id)) context.pace.leavesWait = this.onlyWaits;
    recorder.record(event);
    if (isFull(recorder.state, recorder.logLength, deps.limits)) this.haltFull(event.step?.id);
  }

  private haltFull(stepId: string | undefined): void {
    if (!this.scope.halt) this.scope.cancel('too_many_events', tooManyEvents(this.recorder.logLength, this.deps.limits, stepId));
  }

  private started(): EventDraft {
    const { plan } = this;
    this.plan = undefined;
    return { type: 'workflow_started', data: { input: this.context.input, ...(plan ? { plan } : {}), ...this.context.trace?.mark }, message: `Started ${this.definition.name}` };
  }

  private workflow(): Observable<EventDraft> {
    const { steps } = this.definition;
    return inOrder(
      steps, this.context.input,
      (step, index, previous) => new StepScope(this.context, step, step.name, { index, total: steps.length, iteration: 0 }, previous, this.scope),
      runStep, (output) => (this.result = output),
    );
  }

  private endOf(error: unknown): EventDraft {
    if (error instanceof Halt && error.code === 'cancelled') {
      return { type: 'workflow_cancelled', data: { reason: error.message }, message: `Cancelled ${this.definition.name}` };
    }
    const info: ErrorInfo = error instanceof Halt ? { code: error.code === 'too_many_events' ? error.code : 'workflow_timeout', message: error.message } : StepFailure.of(error, '').info;
    return failedWith(info);
  }

  private startTimeout(): void {
    const { timeoutMs } = this.definition;
    if (timeoutMs === undefined) return;
    const end = () => this.scope.cancel('workflow_timeout', `the workflow did not end within its timeoutMs of ${timeoutMs}`);
    const left = timeoutMs - this.deps.clock.since(this.recorder.startedAt as number);
    if (left > 0) this.timeout = setTimeout(end, left);
    else end();
  }

  private ended(): void {
    if (this.suspended) return;
    clearTimeout(this.timeout);
    void this.settle();
  }

  private async settle(): Promise<void> {
    for (;;) {
      try {
        await this.deps.journal.flushed();
        break;
      } catch {
        // The journal keeps the events and tries again; the execution has ended when they are in.
        await this.deps.journal.whenWritable();
      }
    }
    this.finish();
  }

  private finish(): void {
    if (this.finished) return;
    this.finished = true;
    this.onDone(this);
    this.waiting?.resolve();
  }
}

function failedWith(error: ErrorInfo): EventDraft {
  return { type: 'workflow_failed', data: { error }, message: error.message };
}

function streamingOf({ streaming }: WorkflowDefinition): Required<StreamConfig> {
  return streaming ? withDefaults(DEFAULT_STREAMING, streaming) : DEFAULT_STREAMING;
}
