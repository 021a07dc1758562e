/**
 * Which executions run, which wait for a place, and which are on their way back after a restart: the one place that makes
 * runners and lets go of them. Each is known by its id to what cancels, answers or asks for it.
 */
import { Injectable, Logger, type OnApplicationBootstrap, type OnModuleDestroy, Optional } from '@nestjs/common';
import { ReplaySubject } from 'rxjs';
import { type WorkflowDefinition } from '../contract/definition.js';
import { StepcastError } from '../contract/errors.js';
import { FINISHED_STATUSES } from '../contract/state.js';
import { Journal } from '../journal/journal.js';
import { type OwnedExecution } from '../journal/journal.types.js';
import { Admission, type Slot } from './admission.js';
import { AgentCache } from './cache/agent.cache.js';
import { Clock } from './clock.js';
import { OrchestrationOptions } from './orchestration.options.js';
import { AgentRegistry } from './registry/agent.registry.js';
import { ExecutionRunner, type Past, type RunnerDeps } from './run/execution.runner.js';
import { limitsOf, type RunLimits } from './run/limits.js';
import { LoopWatch } from './run/loop.watch.js';
import { WorkflowCatalog } from './workflow.catalog.js';

@Injectable()
export class ExecutionScheduler implements OnApplicationBootstrap, OnModuleDestroy {
  /** How much one execution may put out. */
  readonly limits: RunLimits;
  /** Emits, once and for good, when what runs has been left to the next start of the service. */
  readonly suspended$ = new ReplaySubject<void>(1);
  private readonly logger = new Logger(ExecutionScheduler.name);
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
  private readonly watch = new LoopWatch(() => [...this.runners.values()].flatMap((runner) => runner.agentsAtWork()));

  constructor(
    private readonly journal: Journal,
    catalog: WorkflowCatalog,
    agents: AgentRegistry,
    clock: Clock,
    options: OrchestrationOptions,
    @Optional() cache?: AgentCache,
  ) {
    this.limits = limitsOf(options);
    this.deps = { journal, clock, agents, limits: this.limits, planOf: (record) => catalog.planOf(record), watch: this.watch, cache };
    this.admission = new Admission({ running: options.maxExecutionsPerUser, queued: options.maxQueuedPerUser }, { running: options.maxExecutions, queued: options.maxQueued });
  }

  onApplicationBootstrap(): void {
    this.watch.start();
  }

  onModuleDestroy(): void {
    this.watch.stop();
  }

  /** Whether a shutdown has begun: nothing starts any more. */
  get isStopping(): boolean {
    return this.stopping;
  }

  /** @throws StepcastError `too_many_executions`, `capacity_exceeded` where the user, or all together, have as many as they may. */
  reserve(user: string): Slot {
    return this.admission.reserve(user);
  }

  /** Runs a new execution in the slot that was reserved for it, now or when it is its turn. */
  launch(slot: Slot, record: OwnedExecution, definition: WorkflowDefinition): void {
    slot.enter(record.id, this.launcher(record, definition));
  }

  /** What runs an execution; none while it waits, and after its end. */
  runnerOf(id: string): ExecutionRunner | undefined {
    return this.runners.get(id);
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

  /** Whether an execution that the user has would run at once, and not be queued. */
  hasRoom(user: string): boolean {
    return this.admission.hasRoom(user);
  }

  /** Cancels what runs or waits, and answers when that is committed; nothing happens to what does neither. */
  async cancel(id: string, reason: string): Promise<void> {
    await this.resumed(id);
    const waiting = this.queued.get(id);
    if (waiting && !this.stopping && this.admission.withdraw(waiting.record.user, id)) {
      this.queued.delete(id);
      // Its log begins like any other, and ends at once: cancelled before it is started, none of its steps is.
      const runner = this.prepare(waiting.record, waiting.definition, waiting.past);
      runner.cancel(reason);
      runner.start();
      await runner.whenDone();
      return;
    }
    const runner = this.runners.get(id);
    runner?.cancel(reason);
    await runner?.whenDone();
  }

  /** Goes on with an execution that was cut short. */
  resume(record: OwnedExecution, definition: WorkflowDefinition, past: Past | undefined): void {
    this.admission.enter(record.user, record.id, this.launcher(record, definition, past));
  }

  /** Lets requests that need the execution to run wait for `done`. */
  announceResume(id: string, done: Promise<unknown>): void {
    const settled = done.catch(() => undefined).then(() => this.resuming.delete(id));
    this.resuming.set(id, settled);
  }

  /** Settles when an execution that is being resumed runs, or has been given up; at once for any other. */
  async resumed(id: string): Promise<void> {
    await this.resuming.get(id);
  }

  /** Ends an execution that cannot go on. */
  async giveUp(record: OwnedExecution, past: Past | undefined, error: StepcastError): Promise<void> {
    const runner = new ExecutionRunner(record, { name: record.workflow, steps: [] }, this.deps, past, this.forget);
    this.logger.warn({ executionId: record.id, workflow: record.workflow, code: error.code }, `given up: ${error.message}`);
    runner.fail({ code: error.code, message: error.message });
    await runner.done;
  }

  /** Starts nothing any more, leaves what runs to the next start of the service, and answers its ids when all of it is committed. */
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
}
