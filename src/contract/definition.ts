/**
 * The step tree: what a workflow is, whether it came from JSON (CONTRACT section 5), from the code builder or from a
 * class with `@Workflow`. JSON gives only the data forms; the function forms are for code.
 */
import { type JsonValue } from './json.js';

/** What conditions and inputs given as functions are called with. Treat the values as read-only. */
export interface StepContext {
  readonly input: JsonValue;
  /** Output of the step before, or the workflow's input where there is none. */
  readonly previous: JsonValue;
  /** Output by step name; in loops, of the latest run. */
  readonly results: Readonly<Record<string, JsonValue>>;
}

/** CEL over `input` and `steps.<name>.output`, or, in code, a function. It must give the same answer for the same context. */
export type Condition = string | ((context: StepContext) => boolean | Promise<boolean>);
/** JSON whose strings may hold `{{path}}`, or, in code, a function. */
export type StepInput = JsonValue | ((context: StepContext) => unknown);

interface StepBase {
  /** `[A-Za-z_][A-Za-z0-9_]*`, unique in the whole workflow. */
  name: string;
  description?: string;
  /** Milliseconds; the step fails with `step_timeout` when they are over. */
  timeoutMs?: number;
}

/** How the results of an agent are kept, to be given again in the place of running it. */
export interface CacheOptions {
  /** Milliseconds that a result is good for; default that of the service. */
  ttlMs?: number;
  /** Whose results are looked at: the user's own (default), or those of all users, which workflows of the code alone may ask for. */
  scope?: 'user' | 'shared';
  /** How similar, 0 to 1, another prompt must be for its result to do. 1: only the same input does. Default that of the service, and 1 with a `key`, for `shared` results, and for agents that do not say what their prompt is. */
  similarity?: number;
  /** What the result depends on, in the place of the input: a text that may hold `{{path}}`. The results are then those of this very step. */
  key?: string;
}

export interface AgentStep extends StepBase {
  type: 'agent';
  /** Name of a registered agent, or, in code, a function of the agent's context. */
  agent: string | ((context: never) => unknown);
  input?: StepInput;
  /** Whether results are kept and given again, and how; default what the agent says of itself, and else `false`. */
  cache?: boolean | CacheOptions;
}
export interface SequentialStep extends StepBase {
  type: 'sequential';
  steps: Step[];
}
export interface ParallelStep extends StepBase {
  type: 'parallel';
  /** How many branches run at once; default all. */
  concurrency?: number;
  /** `fail` (default): the first failure cancels the siblings; `continue`: failed branches are left out of the output. */
  onError?: 'fail' | 'continue';
  steps: Step[];
}
export interface ConditionalStep extends StepBase {
  type: 'conditional';
  when: Condition;
  then: Step;
  else?: Step;
}
export interface Backoff {
  /** Milliseconds before the second attempt; default 1,000. */
  delayMs?: number;
  /** Each delay is the one before times this; default 2. */
  factor?: number;
  /** Bound of a delay; default 60,000. */
  maxDelayMs?: number;
  /** Full jitter: a delay is drawn between 0 and its value; default true. */
  jitter?: boolean;
}
export interface RetryStep extends StepBase {
  type: 'retry';
  maxAttempts: number;
  backoff?: Backoff;
  step: Step;
}
export interface IterationStep extends StepBase {
  type: 'iteration';
  maxIterations: number;
  /** Checked after each iteration; true ends the loop. Without it, `maxIterations` run. */
  until?: Condition;
  step: Step;
}
export interface InputStep extends StepBase {
  type: 'input';
  /** What the person is asked; may hold `{{path}}`. */
  prompt?: string;
  /** JSON Schema the answer must meet. */
  schema?: JsonValue;
}

export type Step = AgentStep | SequentialStep | ParallelStep | ConditionalStep | RetryStep | IterationStep | InputStep;
export type StepType = Step['type'];

/** How much of an execution is streamed. */
export interface StreamConfig {
  /** `false`: only the life of the workflow and its steps is logged, not what happens within a step. Default true. */
  enabled?: boolean;
  /** `false`: no `step_progress`. Default true. */
  emitProgress?: boolean;
  /** `false`: no `message` from agents. Default true. */
  emitLogs?: boolean;
  /** Events kept in memory for readers at the live end. Default 1,000. */
  bufferSize?: number;
  /** Milliseconds over which pieces of text are put together into one event; 0, the default, sends each at once. */
  flushIntervalMs?: number;
}

export interface WorkflowDefinition {
  name: string;
  description?: string;
  /** JSON Schema of the input, checked before the start. */
  inputSchema?: JsonValue;
  streaming?: StreamConfig;
  /** Milliseconds from the start, waiting and downtime included; then it fails with `workflow_timeout`. */
  timeoutMs?: number;
  steps: Step[];
}

/** Bounds of a definition (CONTRACT section 5). */
export const DEFINITION_LIMITS = {
  steps: 1000,
  levels: 16,
  bytes: 256 * 1024,
  maxIterations: 10_000,
  maxAttempts: 100,
  durationMs: 24 * 60 * 60 * 1000,
  nameLength: 100,
  expressionLength: 4096,
  cacheTtlMs: 365 * 24 * 60 * 60 * 1000,
} as const;

/** Bounds of the definitions that a user stores, together; `bytes` are of their JSON. */
export const STORED_LIMITS = { count: 1000, bytes: 16_777_216 } as const;

/** Options without those that are given as `undefined`: that is not given, as in JSON. */
export function givenOf<T extends object>(options: T): Partial<T> {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)) as Partial<T>;
}

/** Options with their defaults. */
export function withDefaults<T extends object>(defaults: Required<T>, given: T = {} as T): Required<T> {
  return { ...defaults, ...givenOf(given) };
}

/** The steps directly below one. */
export function childrenOf(step: Step): readonly Step[] {
  switch (step.type) {
    case 'sequential':
    case 'parallel':
      return step.steps;
    case 'conditional':
      return step.else ? [step.then, step.else] : [step.then];
    case 'retry':
    case 'iteration':
      return [step.step];
    default:
      return [];
  }
}

/** All steps of a tree, those around others first. */
export function* stepsIn(tree: readonly Step[]): Iterable<Step> {
  for (const step of tree) {
    yield step;
    yield* stepsIn(childrenOf(step));
  }
}

/** Whether a step only orders others. Composites are not started anew after a crash; leaves are (P11, P12). */
export function isComposite(type: StepType): boolean {
  return type !== 'agent' && type !== 'input';
}

/**
 * A definition as data: functions become `{"$function": true}`. `pure` says whether there were none, so that the
 * data alone is enough to go on after a crash.
 */
export function definitionData(definition: WorkflowDefinition): { data: JsonValue; pure: boolean } {
  let pure = true;
  const text = JSON.stringify(definition, (_key, value: unknown) => {
    if (typeof value !== 'function') return value;
    pure = false;
    return { $function: true };
  });
  return { data: JSON.parse(text) as JsonValue, pure };
}
