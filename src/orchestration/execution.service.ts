/**
 * The programmatic face of the engine: start, stream, status, cancel, answer. It trusts its caller; who may do what is
 * decided at the edge.
 */
import { Injectable } from '@nestjs/common';
import { defer, EMPTY, from, lastValueFrom, mergeMap, type Observable, takeUntil } from 'rxjs';
import { type ExecutionDefinition } from '../contract/api.js';
import { givenOf, type WorkflowDefinition } from '../contract/definition.js';
import { StepcastError } from '../contract/errors.js';
import { type ExecutionEvent } from '../contract/events.js';
import { type JsonValue, NotJsonError, toJson } from '../contract/json.js';
import { type ExecutionState, FINISHED_STATUSES, fold, hasSeenEnd } from '../contract/state.js';
import { idempotencyConflict } from '../journal/idempotency.conflict.js';
import { Journal } from '../journal/journal.js';
import { removed } from '../journal/removed.js';
import { type ExecutionRecord } from '../journal/journal.types.js';
import { Clock } from './clock.js';
import { checkAgents } from './definition/agent.check.js';
import { rootSteps } from './definition/fingerprint.js';
import { eventsOf } from './events-of.js';
import { ExecutionScheduler } from './execution.scheduler.js';
import { type ExecutionHandle, type Started, type StartOptions, type WorkflowSource } from './execution.types.js';
import { foldLog } from './fold-log.js';
import { idempotencyOf, newExecution } from './new-execution.js';
import { type BatchOptions, batchWorkflow, type OperationOptions, operationWorkflow, type StreamingOperation } from './operations/streaming-operation.js';
import { AgentRegistry } from './registry/agent.registry.js';
import { fitsIn } from './run/limits.js';
import { WorkflowCatalog } from './workflow.catalog.js';

@Injectable()
export class ExecutionService {
  constructor(
    private readonly journal: Journal,
    private readonly catalog: WorkflowCatalog,
    private readonly agents: AgentRegistry,
    private readonly clock: Clock,
    private readonly scheduler: ExecutionScheduler,
  ) {}

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
    const named = typeof workflow === 'string' ? workflow : this.catalog.checks.run(options.user, () => this.catalog.ofDefinition(workflow));
    const idempotency = idempotencyOf(typeof named === 'string' ? named : named.data, input, options);
    // A repeat finds what it has started, whatever has become of the workflow meanwhile, and with all places taken.
    const earlier = idempotency && (await this.journal.findByKey(user, idempotency.key));
    if (earlier && earlier.fingerprint !== idempotency.fingerprint) throw idempotencyConflict();
    if (earlier) return { record: earlier.record, created: false };
    const runnable = typeof named === 'string' ? await this.catalog.byName(named, user) : named;
    const faults = await this.catalog.checks.run(options.user, () => runnable.checkInput(input));
    if (faults.length) {
      throw new StepcastError('invalid_input', `the input does not meet the input schema of ${runnable.definition.name}`, {
        faults: faults.map(({ path, message }) => ({ path: `/input${path}`, message })),
      });
    }
    checkAgents(this.agents, runnable.definition, input, typeof workflow === 'string' ? '' : '/workflow');
    const slot = this.scheduler.reserve(user);
    try {
      const started = await this.journal.create(newExecution(runnable, { ...options, input, user, ...(idempotency && { idempotency }), now: this.clock.now() }));
      if (started.created) this.scheduler.launch(slot, started.record, runnable.definition);
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
      if (this.scheduler.runnerOf(id)) return this.journal.follow(id, after);
      return from(this.get(id)).pipe(mergeMap((record) => (hasSeenEnd(record, after) ? EMPTY : this.journal.follow(id, after))));
    }).pipe(takeUntil(this.scheduler.suspended$), eventsOf);
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
    return (await this.journal.find(id)) ?? this.absent(id);
  }

  /** The state now: the fold of what is committed. @throws StepcastError `not_found` */
  async status(id: string): Promise<ExecutionState> {
    const runner = this.scheduler.runnerOf(id);
    for (let tries = 0; runner && tries < 5; tries++) {
      if (!this.journal.isPending(id)) return fold(runner.state, []);
      if (!(await this.journal.flushed().then(() => true, () => false))) break;
    }
    const state = await foldLog(this.journal, await this.get(id));
    state.queuePosition = this.scheduler.queuePositions([id]).get(id) ?? null;
    return state;
  }

  /** What it runs, as it was at the start. @throws StepcastError `not_found`, also where code has it no more as it was; `gone` */
  async definition(id: string): Promise<ExecutionDefinition> {
    const record = await this.journal.findOwned(id);
    return this.catalog.definitionOf(record ?? (await this.absent(id)));
  }

  /** Where those of `ids` that wait to run stand in their users' queues, from 1 for the next. */
  queuePositions(ids: readonly string[]): Map<string, number> {
    return this.scheduler.queuePositions(ids);
  }

  /** How many executions the user may have, running and waiting, and how many more they may start. */
  quotaOf(user: string): { limit: number; remaining: number } {
    return this.scheduler.quotaOf(user);
  }

  /**
   * Ends an execution. Where it answers, no step starts any more, running agents have seen their signal abort, and
   * `workflow_cancelled` is committed (P13).
   * @throws StepcastError `not_found`; `already_finished` where it ended otherwise; `journal_unavailable` where it is
   * cancelled all the same, and told so as soon as that can be written; `shutting_down`.
   */
  async cancel(id: string, reason = 'cancelled on request'): Promise<void> {
    await this.scheduler.cancel(id, reason);
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
    await this.scheduler.resumed(id);
    const runner = this.scheduler.runnerOf(id);
    if (!runner) {
      const record = await this.get(id);
      if (this.scheduler.isStopping && !FINISHED_STATUSES.has(record.status)) throw restarting(id);
      throw new StepcastError('not_waiting', `no step of this execution waits for input; it is ${record.status}`);
    }
    await this.catalog.checks.run(runner.user, () => runner.answer(stepId, given));
  }

  /** What comes from outside is kept and told like an output, and given on to agents like one. */
  private checkSize(value: JsonValue, name: 'input' | 'value'): void {
    const { outputBytes } = this.scheduler.limits;
    if (fitsIn(value, outputBytes)) return;
    throw new StepcastError('payload_too_large', `the ${name} has more than ${outputBytes} bytes of JSON; keep it elsewhere and send where, or raise STEPCAST_MAX_OUTPUT_BYTES`, {
      faults: [{ path: `/${name}`, message: `must have at most ${outputBytes} bytes of JSON` }],
    });
  }

  private async absent(id: string): Promise<never> {
    throw (await this.journal.findRemoved(id)) ? removed(id) : new StepcastError('not_found', `there is no execution ${id}`);
  }

  private refuseWhenStopping(): void {
    if (this.scheduler.isStopping) throw new StepcastError('shutting_down', 'the service is shutting down; try again in a moment', { retryAfterSeconds: 2 });
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
