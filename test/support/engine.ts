/**
 * The engine on a journal in memory, without HTTP, for specs that sit beside its files: agents are functions, time and
 * chance are the test's, and an execution can be set into the journal as a crash would have left it.
 */
import { randomUUID } from 'node:crypto';
import { setImmediate as turn } from 'node:timers/promises';
import { Logger } from '@nestjs/common';
import { type Step, type WorkflowDefinition } from '../../src/contract/definition.js';
import { type EventType, type ExecutionEvent } from '../../src/contract/events.js';
import { type JsonValue } from '../../src/contract/json.js';
import { applyEvent, type ExecutionState, initialState } from '../../src/contract/state.js';
import { RecordedEvent } from '../../src/journal/event-batch.js';
import { type Journal } from '../../src/journal/journal.js';
import { SqliteJournal } from '../../src/journal/sqlite/sqlite-journal.js';
import { type AgentContext, type AgentFunction } from '../../src/orchestration/agent.js';
import { type AgentCache } from '../../src/orchestration/cache/agent.cache.js';
import { type AgentCacheDefault } from '../../src/orchestration/cache/cache.options.js';
import { Clock } from '../../src/orchestration/clock.js';
import { ExecutionScheduler } from '../../src/orchestration/execution.scheduler.js';
import { ExecutionService } from '../../src/orchestration/execution.service.js';
import { type StartOptions } from '../../src/orchestration/execution.types.js';
import { OrchestrationOptions } from '../../src/orchestration/orchestration.options.js';
import { RecoveryService } from '../../src/orchestration/recovery.service.js';
import { AgentRegistry } from '../../src/orchestration/registry/agent.registry.js';
import { WorkflowRegistry } from '../../src/orchestration/registry/workflow.registry.js';
import { WorkflowCatalog } from '../../src/orchestration/workflow.catalog.js';
import { within } from './patience.js';

// What the engine logs of resumes and failures is what these specs bring about.
Logger.overrideLogger(false);

export const START = Date.parse('2026-11-20T08:00:00.000Z');

/** Time that stands still until it is set, and chance that always falls alike. */
export class StillClock extends Clock {
  time = START;
  /** How far the time of the day was set, which what lasts does not go by. */
  shift = 0;
  drawn = 0.5;

  override now(): number {
    return this.time + this.shift;
  }

  override ticks(): number {
    return this.time;
  }

  override random(): number {
    return this.drawn;
  }
}

export interface EngineOptions extends Partial<OrchestrationOptions> {
  journal?: Journal;
  agents?: Readonly<Record<string, AgentFunction<never>>>;
  /** What each agent says of its caching; default nothing. */
  cached?: AgentCacheDefault;
  /** Without it nothing is cached. */
  cacheOf?: (journal: Journal, clock: Clock) => AgentCache;
}

/** An execution as a crash left it. */
export interface Planted {
  definition: WorkflowDefinition;
  /** All that the log holds; numbered, of any execution. */
  events?: readonly ExecutionEvent[];
  input?: JsonValue;
  user?: string;
  /** How often it was resumed before without having got any further. */
  resumes?: number;
}

export class Engine {
  readonly clock = new StillClock();
  readonly agents = new AgentRegistry();
  readonly registry = new WorkflowRegistry();
  readonly journal: Journal;
  readonly catalog: WorkflowCatalog;
  readonly scheduler: ExecutionScheduler;
  readonly executions: ExecutionService;
  readonly recovery: RecoveryService;

  constructor({ journal = new SqliteJournal({ dataDir: ':memory:' }), agents = {}, cached, cacheOf, ...options }: EngineOptions = {}) {
    this.journal = journal;
    for (const [name, execute] of Object.entries({ echo: ({ input }: { input: JsonValue }) => input, ...agents })) {
      this.agents.register({ name, ...(cached === undefined ? {} : { cache: cached }), handler: { execute: execute as AgentFunction<never> } });
    }
    this.catalog = new WorkflowCatalog(journal, this.registry, this.agents, this.clock);
    this.scheduler = new ExecutionScheduler(journal, this.catalog, this.agents, this.clock, Object.assign(new OrchestrationOptions(), options), cacheOf?.(journal, this.clock));
    this.executions = new ExecutionService(journal, this.catalog, this.agents, this.clock, this.scheduler);
    this.recovery = new RecoveryService(journal, this.catalog, this.scheduler);
  }

  /** Opens the journal, and goes on with what is unfinished in it. */
  async open(): Promise<this> {
    await this.recovery.onApplicationBootstrap();
    return this;
  }

  async close(): Promise<void> {
    await this.recovery.onModuleDestroy();
    await this.recovery.onApplicationShutdown();
  }

  /** Starts steps, or a whole definition; answers the id. */
  async start(workflow: Step | Step[] | WorkflowDefinition, input: JsonValue = null, options?: StartOptions): Promise<string> {
    return (await this.executions.start(definitionOf(workflow), input, options)).record.id;
  }

  /** Runs it to its end; answers its log. */
  async run(workflow: Step | Step[] | WorkflowDefinition, input: JsonValue = null): Promise<ExecutionEvent[]> {
    return this.ended(await this.start(workflow, input));
  }

  /** Resolves with the log when the execution has ended, or when the journal was closed. */
  ended(id: string): Promise<ExecutionEvent[]> {
    return this.until(id, () => false);
  }

  /** Resolves with the log so far when an event of the type is committed, of the step where one is named. */
  told(id: string, type: EventType, stepId?: string): Promise<ExecutionEvent[]> {
    return this.until(id, (event) => event.type === type && (stepId === undefined || event.step?.id === stepId));
  }

  async status(id: string): Promise<ExecutionState> {
    return this.executions.status(id);
  }

  /** What is committed. */
  async log(id: string): Promise<ExecutionEvent[]> {
    const batch = await this.journal.read(id, 0, { limit: 100_000 });
    return batch?.events.map(({ json }) => JSON.parse(json) as ExecutionEvent) ?? [];
  }

  /** Writes an execution that a former process left behind; `open` goes on with it. The journal is opened for it. Of the code, where the name is registered. */
  async plant({ definition, events = [], input = null, user = 'local', resumes = 0 }: Planted): Promise<string> {
    await this.journal.open();
    const id = randomUUID();
    const registered = this.registry.get(definition.name);
    const { record } = await this.journal.create({
      id, user, workflow: definition.name, sessionId: null, source: registered ? 'code' : 'data', definition: registered ? null : definition as unknown as JsonValue,
      fingerprint: registered?.fingerprint ?? 'f', input, createdAt: START,
    });
    let { epoch } = record;
    for (let i = 0; i < resumes; i++) ({ epoch } = await this.journal.claim(id, { countResume: true }));
    const state = initialState({ id, workflow: definition.name, createdAt: new Date(START).toISOString() });
    for (const event of events) {
      const own = { ...event, executionId: id };
      applyEvent(state, own);
      const head = { status: state.status, progress: state.progress, startedAt: START, finishedAt: null, error: state.error };
      this.journal.append(id, epoch, new RecordedEvent(own.seq, own.type, JSON.stringify(own), own), head, () => undefined);
      await this.journal.flushed();
    }
    return id;
  }

  private until(id: string, test: (event: ExecutionEvent) => boolean): Promise<ExecutionEvent[]> {
    const seen: ExecutionEvent[] = [];
    const found = new Promise<ExecutionEvent[]>((resolve, reject) => {
      const subscription = this.executions.stream(id).subscribe({
        next: (event) => {
          seen.push(event);
          if (!test(event)) return;
          resolve([...seen]);
          queueMicrotask(() => subscription.unsubscribe());
        },
        complete: () => resolve(seen),
        error: reject,
      });
    });
    return within(found, () => `what is waited for, after\n${outline(seen).join('\n')}\n`);
  }
}

export function definitionOf(workflow: Step | Step[] | WorkflowDefinition): WorkflowDefinition {
  if (Array.isArray(workflow)) return { name: 'flow', steps: workflow };
  return 'type' in workflow ? { name: 'flow', steps: [workflow] } : workflow;
}

/** The events up to the first one of the type and, where one is named, of the step: a log that a crash cut there. */
export function upTo(events: readonly ExecutionEvent[], type: EventType, stepId?: string): ExecutionEvent[] {
  const at = events.findIndex((event) => event.type === type && (stepId === undefined || event.step?.id === stepId));
  if (at < 0) throw new Error(`there is no ${type} ${stepId ?? ''} in\n${outline(events).join('\n')}`);
  return events.slice(0, at + 1);
}

/** A log in short. */
export function outline(events: readonly ExecutionEvent[]): string[] {
  return events.map(({ type, step }) => (step ? `${type} ${step.id}` : type));
}

/** The only event of the type, of the step where one is named. */
export function only<T extends EventType>(events: readonly ExecutionEvent[], type: T, stepId?: string): Extract<ExecutionEvent, { type: T }> {
  const found = events.filter((event) => event.type === type && (stepId === undefined || event.step?.id === stepId));
  if (found.length !== 1) throw new Error(`${found.length} of ${type} ${stepId ?? ''} in\n${outline(events).join('\n')}`);
  return found[0] as Extract<ExecutionEvent, { type: T }>;
}

/** Lets everything that is due run, `count` times over. */
export async function turns(count = 10): Promise<void> {
  for (let i = 0; i < count; i++) await turn();
}

/** A place where agents wait until the test lets them go on; named by step and attempt: `gather/a#1`. */
export class Gates {
  /** Every attempt that has come, in order. */
  readonly arrived: string[] = [];
  private readonly gates = new Map<string, { came: PromiseWithResolvers<AgentContext>; go: PromiseWithResolvers<unknown> }>();

  /** The agent: register it, or give it as a step's. */
  readonly agent = (context: AgentContext): Promise<unknown> => {
    const name = `${context.stepId}#${context.attempt}`;
    this.arrived.push(name);
    const { came, go } = this.at(name);
    came.resolve(context);
    return go.promise;
  };

  /** Resolves when the attempt has come. */
  async came(name: string): Promise<AgentContext> {
    return within(this.at(name).came.promise, `the agent at ${name}; there were ${this.arrived.join(', ')}`);
  }

  /** Waits for the attempt, and lets it return. */
  async open(name: string, output: unknown = name): Promise<void> {
    await this.came(name);
    this.at(name).go.resolve(output);
  }

  async fail(name: string, message = `${name} fails`): Promise<void> {
    await this.came(name);
    this.at(name).go.reject(new Error(message));
  }

  private at(name: string) {
    let gate = this.gates.get(name);
    if (!gate) this.gates.set(name, (gate = { came: Promise.withResolvers<AgentContext>(), go: Promise.withResolvers<unknown>() }));
    return gate;
  }
}
