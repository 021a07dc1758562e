import { type Step, type StepContext, type StreamConfig } from '../../contract/definition.js';
import { type StepInfo, type StepStatus, type Usage } from '../../contract/events.js';
import { type JsonValue } from '../../contract/json.js';
import { type AgentCache } from '../cache/agent.cache.js';
import { type AgentRegistry } from '../registry/agent.registry.js';
import { type Clock } from '../clock.js';
import { type ExecutionTrace } from '../tracing/execution.trace.js';
import { type CancelScope } from './cancellation.js';
import { type InputDesk } from './input.desk.js';
import { type RunLimits } from './limits.js';
import { type LoopWatch } from './loop.watch.js';
import { type Recall } from './recall.js';
import { type Pace } from './pace.js';

/** What all steps of one run share. */
export interface RunContext {
  readonly executionId: string;
  readonly workflow: string;
  readonly sessionId: string | null;
  readonly user: string;
  readonly input: JsonValue;
  readonly streaming: Required<StreamConfig>;
  readonly recall: Recall;
  readonly agents: AgentRegistry;
  readonly clock: Clock;
  readonly pace: Pace;
  readonly desk: InputDesk;
  readonly limits: RunLimits;
  /** Absent where nobody traces. */
  readonly trace?: ExecutionTrace | undefined;
  readonly watch?: LoopWatch | undefined;
  /** Absent where nothing is cached. */
  readonly cache?: AgentCache | undefined;
}

/** Where a step stands among others. */
export interface Place {
  index: number;
  total: number;
  parallelIndex?: number;
  parallelTotal?: number;
  iteration: number;
}

/** One step of one run: what it is given, and, once it has completed, its output. */
export class StepScope<S extends Step = Step> {
  output: JsonValue = null;
  usage: Usage | undefined;
  /** The resolved input of an agent. */
  input: JsonValue = null;
  attempt = 0;

  constructor(
    readonly run: RunContext,
    readonly step: S,
    readonly id: string,
    readonly place: Place,
    /** Output of the step before, or the workflow's input. */
    readonly previous: JsonValue,
    /** That of what is around it; while it runs, its own, where it has one. */
    public cancel: CancelScope,
  ) {}

  child(step: Step, place: Partial<Place>, previous: JsonValue, cancel: CancelScope, base = this.id): StepScope {
    return new StepScope(this.run, step, `${base}/${step.name}`, { index: 0, total: 1, iteration: this.place.iteration, ...place }, previous, cancel);
  }

  info(status: StepStatus, durationMs?: number): StepInfo {
    const { step, place } = this;
    const info: StepInfo = { id: this.id, name: step.name, type: step.type, index: place.index, total: place.total, attempt: this.attempt, iteration: place.iteration, status };
    if (place.parallelTotal !== undefined) {
      info.parallelIndex = place.parallelIndex;
      info.parallelTotal = place.parallelTotal;
    }
    if (durationMs !== undefined) info.durationMs = durationMs;
    return info;
  }

  /** What conditions, templates and functions of the definition see. */
  get context(): StepContext {
    return { input: this.run.input, previous: this.previous, results: this.run.recall.results };
  }
}
