/**
 * The programmatic face of the engine: start, stream, status, cancel, answer. It trusts its caller; who may do what is
 * decided at the edge.
 */
import { Injectable, Logger, type OnApplicationBootstrap, type OnModuleDestroy, Optional } from '@nestjs/common';
import { defer, EMPTY, from, lastValueFrom, mergeMap, type Observable, ReplaySubject, takeUntil } from 'rxjs';
import { givenOf, type WorkflowDefinition } from '../contract/definition.js';
import { StepcastError } from '../contract/errors.js';
import { type ExecutionEvent } from '../contract/events.js';
import { type JsonValue, NotJsonError, toJson } from '../contract/json.js';
import { type ExecutionState, FINISHED_STATUSES, fold, hasSeenEnd } from '../contract/state.js';
import { Journal } from '../journal/journal.js';
import { removed } from '../journal/removed.js';
import { type ExecutionRecord, type OwnedExecution } from '../journal/journal.types.js';
import { Admission } from './admission.js';
import { AgentCache } from './cache/agent.cache.js';
import { Clock } from './clock.js';
import { checkAgents } from './definition/agent.check.js';
import { rootSteps } from './definition/fingerprint.js';
import { eventsOf } from './events-of.js';
import { type ExecutionHandle, type Started, type StartOptions, type WorkflowSource } from './execution.types.js';
import { foldLog } from './fold-log.js';
import { newExecution } from './new-execution.js';
import { type BatchOptions, batchWorkflow, type OperationOptions, operationWorkflow, type StreamingOperation } from './operations/streaming-operation.js';
import { OrchestrationOptions } from './orchestration.options.js';
import { AgentRegistry } from './registry/agent.registry.js';
import { ExecutionRunner, type Past, type RunnerDeps } from './run/execution.runner.js';
import { fitsIn, limitsOf } from './run/limits.js';
import { LoopWatch } from './run/loop.watch.js';
import { WorkflowCatalog } from './workflow.catalog.js';

@Injectable()
export class ExecutionService implements OnApplicationBootstrap, OnModuleDestroy {
  private readonly logger = new Logger(ExecutionService.name);
  private readonly runners = new Map<string, ExecutionRunner>();
  /** Queued executions, which no runner has yet. */
  private readonly queued = new Map<string, { record: OwnedExecution; definition: WorkflowDefinition; past: Past | undefined }>();
  /** Executions that are being resumed: settled when they run, or have been given up. */
  private readonly resuming = new Map<string, Promise<unknown>>();
  private readonly admission: Admission;
  private readonly deps: RunnerDeps;
  private stopping = false;
  // For all runners, so that none holds a function of its own, and with it what started it.
  private readonly forget = ({ id }: ExecutionRunner): void => {
    this.runners.delete(id);
  };
  private readonly leave = (runner: ExecutionRunner): void => {
    this.forget(runner);
    this.admission.leave(runner.user);
  };
  private readonly suspended$ = new ReplaySubject<void>(1);
  private readonly watch = new LoopWatch(() => [...this.runners.values()].flatMap((runner) => runner.agentsAtWork()));

  constructor(
    private readonly journal: Journal,
    private readonly catalog: WorkflowCatalog,
    agents: AgentRegistry,
    private readonly clock: Clock,
    options: OrchestrationOptions,
    @Optional() cache?: AgentCache,
  ) {
    this.deps = { journal, clock, agents, limits: limitsOf(options), planOf: (record) => catalog.planOf(record), watch: this.watch, cache };
    this.admission = new Admission({ running: options.maxExecutionsPerUser, queued: options.maxQueuedPerUser }, { running: options.maxExecutions, queued: options.maxQueued });
  }

  onApplicationBootstrap(): void {
    this.watch.start();
  }

  onModuleDestroy(): void {
    this.watch.stop();
  }

  /**
   * Starts an execution; answers when it is in the journal. The input is taken as JSON would carry it.
   * @throws StepcastError `not_found`, `invalid_definition`, `invalid_input`, `payload_too_large`, `rate_limited`, `model_not_configured`, `too_many_executions`, `capacity_exceeded`, `idempotency_conflict`,
   * `journal_unavailable`, `shutting_down`
   */
  async start(workflow: string | WorkflowDefinition, given: unknown, options: StartOptions = {}): Promise<Started> {
    this.refuseWhenStopping();
    const input = inputOf(given);
    this.checkSize(input, 'input');
    const user = options.user ?? 'local';
    const runnable = typeof workflow === 'string' ? await this.catalog.byName(workflow, user) : this.catalog.checks.run(options.user, () => this.catalog.ofDefinition(workflow));
    const faults = await this.catalog.checks.run(options.user, () => runnable.checkInput(input));
    if (faults.length) {
      throw new StepcastError('invalid_input', `the input does not meet the input schema of ${runnable.definition.name}`, {
        faults: faults.map(({ path, message }) => ({ path: `/input${path}`, message })),
      });
    }
    checkAgents(this.deps.agents, runnable.definition, input, typeof workflow === 'string' ? '' : '/workflow');
    const slot = this.admission.reserve(user);
    try {
      const started = await this.journal.create(newExecution(runnable, { ...options, input, user, byName: typeof workflow === 'string', now: this.clock.now() }));
      if (started.created) {
        const { record } = started;
        slot.enter(record.id, this.launcher(record, runnable.definition));
      }
      return started;
    } finally {
      slot.cancel();
    }
  }

  /**
   * Runs a workflow that is built for this one run, and answers its stream. A tree without functions goes on after a
   * crash like any other; one with functions cannot be built again and then fails with `workflow_not_found`.
   *
   * @example
   * ```ts
   * const run = await executions.executeStreaming(() => sequential('greet', agent('hello', async (ctx) => { ctx.text('hi'); })), {});
   * run.events$.subscribe((event) => console.log(event.type));
   * ```
   */
  async executeStreaming(workflow: WorkflowSource, input: unknown = null, options: StartOptions = {}): Promise<ExecutionHandle> {
    const built = typeof workflow === 'function' ? await workflow() : workflow;
    const source = typeof built === 'string' || !('type' in built) ? built : { name: built.name, steps: rootSteps(built) };
    const { record } = await this.start(source, input, options);
    return this.handle(record.id);
  }

  /** Runs a long task of the app as an execution; see `StreamingOperation`. A restart in its midst ends it with `workflow_not_found`. */
  async streamOperation<T>(operation: StreamingOperation<T>, { progressOf, timeoutMs, ...options }: StartOptions & OperationOptions = {}): Promise<ExecutionHandle<T>> {
    return (await this.executeStreaming(operationWorkflow(operation, givenOf({ progressOf, timeoutMs })), null, options)) as ExecutionHandle<T>;
  }

  /** Runs several at the same time as one execution with one progress; the result is an object by operation name. */
  async streamOperations(operations: readonly StreamingOperation<unknown>[], { user, sessionId, idempotencyKey, ...batch }: StartOptions & BatchOptions = {}): Promise<ExecutionHandle<Record<string, JsonValue>>> {
    const handle = await this.executeStreaming(batchWorkflow(operations, batch), null, givenOf({ user, sessionId, idempotencyKey }));
    return handle as ExecutionHandle<Record<string, JsonValue>>;
  }

  handle(id: string): ExecutionHandle {
    return {
      id,
      events$: this.stream(id),
      result: () => this.result(id),
      cancel: (reason) => this.cancel(id, reason),
    };
  }

  /**
   * Events after `after`, past and then live; completes after the terminal one, and when the application shuts down, so
   * that an app's own routes do not keep it from closing. Errors with `not_found`.
   */
  stream(id: string, after = 0): Observable<ExecutionEvent> {
    return defer(() => {
      // What runs is there, and has not ended: the journal need not be asked.
      if (this.runners.has(id)) return this.journal.follow(id, after);
      return from(this.get(id)).pipe(mergeMap((record) => (hasSeenEnd(record, after) ? EMPTY : this.journal.follow(id, after))));
    }).pipe(takeUntil(this.suspended$), eventsOf);
  }

  /**
   * Waits for the end.
   * @throws StepcastError with the code of the failure; `conflict` where it was cancelled, `shutting_down` where it goes on after a restart.
   */
  async result(id: string): Promise<JsonValue> {
    const last = await lastValueFrom(this.stream(id), { defaultValue: undefined });
    switch (last?.type) {
      case 'workflow_completed':
        return last.data.result;
      case 'workflow_failed':
        throw new StepcastError(last.data.error.code, last.data.error.message);
      case 'workflow_cancelled':
        throw new StepcastError('conflict', `execution ${id} was cancelled`);
      default:
        // The journal was closed before the end.
        throw restarting(id);
    }
  }

  /** @throws StepcastError `not_found`, `gone` */
  async get(id: string): Promise<ExecutionRecord> {
    const record = await this.journal.find(id);
    if (record) return record;
    if (await this.journal.findRemoved(id)) throw removed(id);
    throw new StepcastError('not_found', `there is no execution ${id}`);
  }

  /** The state now: the fold of what is committed. @throws StepcastError `not_found` */
  async status(id: string): Promise<ExecutionState> {
    const runner = this.runners.get(id);
    for (let tries = 0; runner && tries < 5; tries++) {
      if (!this.journal.isPending(id)) return fold(runner.state, []);
      if (!(await this.journal.flushed().then(() => true, () => false))) break;
    }
    const state = await foldLog(this.journal, await this.get(id));
    state.queuePosition = this.queuePositions([id]).get(id) ?? null;
    return state;
  }

  /** Where those of `ids` that wait to run stand in their users' queues, from 1 for the next. */
  queuePositions(ids: readonly string[]): Map<string, number> {
    const waiting = ids.filter((id) => this.queued.has(id));
    const users = new Set(waiting.map((id) => this.queued.get(id)?.record.user as string));
    const positions = new Map<string, number>();
    for (const user of users) {
      const places = new Map([...this.admission.waitingOf(user)].map((id, i) => [id, i + 1]));
      for (const id of waiting) {
        const place = places.get(id);
        if (place !== undefined) positions.set(id, place);
      }
    }
    return positions;
  }

  /** How many executions the user may have, running and waiting, and how many more they may start. */
  quotaOf(user: string): { limit: number; remaining: number } {
    return { limit: this.admission.limit, remaining: this.admission.remaining(user) };
  }

  /**
   * Ends an execution. Where it answers, no step starts any more, running agents have seen their signal abort, and
   * `workflow_cancelled` is committed (P13).
   * @throws StepcastError `not_found`; `already_finished` where it ended otherwise; `journal_unavailable` where it is
   * cancelled all the same, and told so as soon as that can be written; `shutting_down`.
   */
  async cancel(id: string, reason = 'cancelled on request'): Promise<void> {
    await this.resuming.get(id);
    const waiting = this.queued.get(id);
    if (waiting && !this.stopping && this.admission.withdraw(waiting.record.user, id)) {
      this.queued.delete(id);
      // Its log begins like any other, and ends at once: cancelled before it is started, none of its steps is.
      const runner = this.prepare(waiting.record, waiting.definition, waiting.past);
      runner.cancel(reason);
      runner.start();
      await runner.whenDone();
    } else {
      const runner = this.runners.get(id);
      runner?.cancel(reason);
      await runner?.whenDone();
    }
    const record = await this.get(id);
    if (record.status === 'cancelled') return;
    if (FINISHED_STATUSES.has(record.status)) throw new StepcastError('already_finished', `execution ${id} has ${record.status} already`);
    throw restarting(id);
  }

  /** Answers a step that waits for a person. @throws StepcastError, see InputDesk; `payload_too_large`, `rate_limited`, `not_found`. */
  async answer(id: string, stepId: string | undefined, value: JsonValue): Promise<void> {
    // A copy: what the caller does to the value afterwards must not reach the steps that are given it.
    const given = toJson(value);
    this.checkSize(given, 'value');
    await this.resuming.get(id);
    const runner = this.runners.get(id);
    if (!runner) {
      const record = await this.get(id);
      if (this.stopping && !FINISHED_STATUSES.has(record.status)) throw restarting(id);
      throw new StepcastError('not_waiting', `no step of this execution waits for input; it is ${record.status}`);
    }
    await this.catalog.checks.run(runner.user, () => runner.answer(stepId, given));
  }

  /** Goes on with an execution that was cut short. */
  resume(record: OwnedExecution, definition: WorkflowDefinition, past: Past | undefined): void {
    this.admission.enter(record.user, record.id, this.launcher(record, definition, past));
  }

  /** Lets requests that need the execution to run wait for `resumed`. */
  announceResume(id: string, resumed: Promise<unknown>): void {
    const settled = resumed.catch(() => undefined).then(() => this.resuming.delete(id));
    this.resuming.set(id, settled);
  }

  /** Whether an execution that the user has would run at once, and not be queued. */
  hasRoom(user: string): boolean {
    return this.admission.hasRoom(user);
  }

  isRunning(id: string): boolean {
    return this.runners.has(id);
  }

  /** Ends an execution that cannot go on. */
  async giveUp(record: OwnedExecution, past: Past | undefined, error: StepcastError): Promise<void> {
    const runner = new ExecutionRunner(record, { name: record.workflow, steps: [] }, this.deps, past, this.forget);
    this.logger.warn({ executionId: record.id, workflow: record.workflow, code: error.code }, `given up: ${error.message}`);
    runner.fail({ code: error.code, message: error.message });
    await runner.done;
  }

  /** Refuses new starts, leaves what runs to the next start of the service, and answers when all of it is committed. */
  async suspendAll(): Promise<string[]> {
    this.stopping = true;
    const running = [...this.runners.values()].filter((runner) => !FINISHED_STATUSES.has(runner.state.status));
    for (const runner of running) {
      runner.checkpoint();
      runner.suspend();
    }
    await this.journal.flushed().catch((error: unknown) => this.logger.error(`at shutdown: ${(error as Error).message}`));
    this.suspended$.next();
    return running.map((runner) => runner.id);
  }

  /** What comes from outside is kept and told like an output, and given on to agents like one. */
  private checkSize(value: JsonValue, name: 'input' | 'value'): void {
    const { outputBytes } = this.deps.limits;
    if (fitsIn(value, outputBytes)) return;
    throw new StepcastError('payload_too_large', `the ${name} has more than ${outputBytes} bytes of JSON; keep it elsewhere and send where, or raise STEPCAST_MAX_OUTPUT_BYTES`, {
      faults: [{ path: `/${name}`, message: `must have at most ${outputBytes} bytes of JSON` }],
    });
  }

  private launcher(record: OwnedExecution, definition: WorkflowDefinition, past?: Past): () => void {
    this.queued.set(record.id, { record, definition, past });
    return () => {
      // Left in the queue, where the next start of the service finds it.
      if (this.stopping) return;
      this.queued.delete(record.id);
      this.prepare(record, definition, past, this.leave).start();
    };
  }

  private prepare(record: OwnedExecution, definition: WorkflowDefinition, past: Past | undefined, onDone = this.forget): ExecutionRunner {
    const runner = new ExecutionRunner(record, definition, this.deps, past, onDone);
    this.runners.set(record.id, runner);
    if (definition.streaming?.bufferSize !== undefined) this.journal.setBufferSize(record.id, definition.streaming.bufferSize);
    return runner;
  }

  private refuseWhenStopping(): void {
    if (this.stopping) throw new StepcastError('shutting_down', 'the service is shutting down; try again in a moment', { retryAfterSeconds: 2 });
  }
}

function restarting(id: string): StepcastError {
  return new StepcastError('shutting_down', `execution ${id} goes on after the restart of the service; try again then`, { retryAfterSeconds: 2 });
}

function inputOf(given: unknown): JsonValue {
  try {
    return toJson(given);
  } catch (error) {
    if (!(error instanceof NotJsonError)) throw error;
    throw new StepcastError('invalid_input', error.message, { faults: [{ path: `/input${error.path}`, message: 'is nothing that JSON can carry' }] });
  }
}
