/** The engine with a journal in memory, without HTTP: what a process is to its executions. */
import { randomUUID } from 'node:crypto';
import { Logger } from '@nestjs/common';
import { type WorkflowDefinition } from '../../../src/contract/definition.js';
import { StepcastError } from '../../../src/contract/errors.js';
import { type ExecutionEvent } from '../../../src/contract/events.js';
import { type JsonValue } from '../../../src/contract/json.js';
import { applyEvent, initialState } from '../../../src/contract/state.js';
import { RecordedEvent } from '../../../src/journal/event-batch.js';
import { type Journal } from '../../../src/journal/journal.js';
import { SqliteJournal } from '../../../src/journal/sqlite/sqlite-journal.js';
import { type AgentFunction } from '../../../src/orchestration/agent.js';
import { Clock } from '../../../src/orchestration/clock.js';
import { ExecutionScheduler } from '../../../src/orchestration/execution.scheduler.js';
import { ExecutionService } from '../../../src/orchestration/execution.service.js';
import { OrchestrationOptions } from '../../../src/orchestration/orchestration.options.js';
import { RecoveryService } from '../../../src/orchestration/recovery.service.js';
import { WorkflowRegistry } from '../../../src/orchestration/registry/workflow.registry.js';
import { WorkflowCatalog } from '../../../src/orchestration/workflow.catalog.js';
import { type Call, registryOf } from './agents.fixture.js';

// Of what the engine logs, thousands of resumes are what these specs bring about; errors are not.
Logger.overrideLogger(['error', 'fatal']);

/** Milliseconds after which an execution that has not ended is a failure, with its log. */
const PATIENCE_MS = 30_000;
const PAGE = { limit: 500 };

export interface EngineOptions {
  journal?: Journal;
  agents?: Readonly<Record<string, AgentFunction>>;
  /** Does not answer the steps that wait for input. */
  silent?: boolean;
  options?: Partial<OrchestrationOptions>;
}

export class Engine {
  readonly calls: Call[] = [];

  private constructor(readonly journal: Journal, readonly executions: ExecutionService, readonly recovery: RecoveryService, readonly registry: WorkflowRegistry) {}

  /** Opens the journal and goes on with what is unfinished in it. */
  static async open({ journal = memoryJournal(), agents, silent = false, options = {} }: EngineOptions = {}): Promise<Engine> {
    const clock = new Clock();
    const calls: Call[] = [];
    const registry = new WorkflowRegistry();
    const known = registryOf(calls, agents);
    const catalog = new WorkflowCatalog(journal, registry, known, clock);
    const scheduler = new ExecutionScheduler(journal, catalog, known, clock, Object.assign(new OrchestrationOptions(), options));
    const executions = new ExecutionService(journal, catalog, known, clock, scheduler);
    const engine = new Engine(journal, executions, new RecoveryService(journal, catalog, scheduler), registry);
    Object.assign(engine, { calls });
    if (!silent) engine.answerAll();
    await engine.recovery.onApplicationBootstrap();
    return engine;
  }

  async start(definition: WorkflowDefinition, input: JsonValue = null): Promise<string> {
    return (await this.executions.start(definition, input)).record.id;
  }

  /** Runs a workflow to its end; answers its log. */
  async run(definition: WorkflowDefinition, input: JsonValue = null): Promise<ExecutionEvent[]> {
    return this.ended(await this.start(definition, input));
  }

  /** The log of an execution when it has ended, as it stands in the journal. */
  async ended(id: string): Promise<ExecutionEvent[]> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<'late'>((resolve) => (timer = setTimeout(() => resolve('late'), PATIENCE_MS)));
    const end = new Promise<void>((resolve, reject) => this.journal.follow(id, 0).subscribe({ complete: resolve, error: reject }));
    const outcome = await Promise.race([end, late]).finally(() => clearTimeout(timer));
    const log = await this.log(id);
    if (outcome === 'late') throw new Error(`it did not end: ${JSON.stringify(log.slice(-10), undefined, 1)}`);
    return log;
  }

  async log(id: string): Promise<ExecutionEvent[]> {
    const events: ExecutionEvent[] = [];
    for (;;) {
      const batch = await this.journal.read(id, events.length, PAGE);
      if (!batch) return events;
      events.push(...batch.events.map(({ json }) => JSON.parse(json) as ExecutionEvent));
    }
  }

  async close(): Promise<void> {
    await this.recovery.onModuleDestroy();
    await this.recovery.onApplicationShutdown();
  }

  /** Refused where the step was cancelled meanwhile; and where the process was held up in the midst of the check, whose time was over then. */
  private async answer(id: string, stepId: string): Promise<void> {
    const refused = await this.executions.answer(id, stepId, answerOf(stepId)).then(() => undefined, (error: unknown) => error);
    if (refused instanceof StepcastError && refused.code === 'invalid_input') await this.answer(id, stepId);
  }

  /** Plays the person that steps of type `input` wait for. */
  private answerAll(): void {
    this.journal.commits$.subscribe(({ batches }) => {
      for (const { events } of batches) {
        for (const { type, event } of events) {
          if (type !== 'input_required' || !event.step) continue;
          void this.answer(event.executionId, event.step.id);
        }
      }
    });
  }
}

/** What the fixture answers a step that waits. */
export function answerOf(stepId: string): JsonValue {
  return `answer to ${stepId}`;
}

export function memoryJournal(): Journal {
  return new SqliteJournal({ dataDir: ':memory:' });
}

/** Runs `use` on an engine of its own. */
export async function withEngine<T>(options: EngineOptions, use: (engine: Engine) => Promise<T>): Promise<T> {
  const engine = await Engine.open(options);
  try {
    return await use(engine);
  } finally {
    await engine.close();
  }
}

/** A journal that a process left behind which died after the events given: they are all there is of the execution. */
export async function journalAfterCrash(definition: WorkflowDefinition, input: JsonValue, events: readonly ExecutionEvent[], source: 'data' | 'code' = 'data'): Promise<{ journal: Journal; id: string }> {
  const journal = memoryJournal();
  await journal.open();
  const id = events[0]?.executionId ?? randomUUID();
  const createdAt = events[0] ? Date.parse(events[0].timestamp) : Date.now();
  const { record } = await journal.create({
    id, user: 'local', workflow: definition.name, sessionId: null, source, definition: definition as unknown as JsonValue, fingerprint: 'f', input, createdAt,
  });
  const state = initialState({ id, workflow: definition.name, createdAt: new Date(createdAt).toISOString() });
  const lost = () => {
    throw new Error('the journal refused its own events');
  };
  const head = {
    get status() { return state.status; },
    get progress() { return state.progress; },
    get error() { return state.error; },
    startedAt: createdAt, finishedAt: null,
  };
  for (const event of events) {
    applyEvent(state, event);
    journal.append(id, record.epoch, new RecordedEvent(event.seq, event.type, JSON.stringify(event), event), head, lost);
  }
  await journal.flushed();
  return { journal, id };
}
