/**
 * Long tasks of an app as executions: an operation becomes a workflow of one step, several become the branches of a
 * `parallel`, and all that holds for executions holds for them: stream, status, cancel, replay, owners, limits.
 */
import { type AgentStep, type WorkflowDefinition } from '../../contract/definition.js';
import { type LogLevel } from '../../contract/events.js';
import { type JsonValue } from '../../contract/json.js';
import { type AgentContext } from '../agent.js';

/** Tells readers how far an operation is; each call is an event of the stream. */
export interface OperationProgress {
  /** @param fraction 0..1 @param state A word for where it is, such as `executing_query`. */
  (fraction: number, state?: string, metadata?: JsonValue): void;
  text(delta: string): void;
  data(delta: JsonValue): void;
  log(text: string, level?: LogLevel): void;
}

/**
 * A long task that tells of its progress.
 *
 * @example
 * ```ts
 * class Reindex implements StreamingOperation<{ pages: number }> {
 *   readonly operationName = 'reindex';
 *   constructor(private readonly pages: Page[]) {}
 *   async execute(progress: OperationProgress, signal: AbortSignal) {
 *     for (const [i, page] of this.pages.entries()) {
 *       await index(page, { signal });
 *       progress((i + 1) / this.pages.length, 'indexing');
 *     }
 *     return { pages: this.pages.length };
 *   }
 * }
 * const run = await executions.streamOperation(new Reindex(pages), { user });
 * ```
 */
export interface StreamingOperation<T> {
  /** Name of the workflow (letters, digits, `.`, `_` and `-`) and, made fit for one, of its step. */
  readonly operationName: string;
  /** @param signal Aborts on cancel. What it answers is the result, as JSON. */
  execute(progress: OperationProgress, signal: AbortSignal): Promise<T>;
}

/**
 * Makes the progress that readers see of what an operation tells, for tasks whose own measure is not that of time:
 * `(told) => told ** 2`, say, where the last files are the largest. Answers 0..1.
 *
 * @param elapsedMs Since the operation began.
 */
export type ProgressFunction = (told: number, elapsedMs: number) => number;

export interface OperationOptions {
  progressOf?: ProgressFunction;
  /** Milliseconds after which it fails. */
  timeoutMs?: number;
}

export interface BatchOptions extends OperationOptions {
  /** Name of the workflow; default `batch`. */
  name?: string;
  /** How many run at once; default all. */
  concurrency?: number;
  /** `fail` (default): the first failure cancels the others; `continue`: those that fail are left out of the result. */
  onError?: 'fail' | 'continue';
}

/** The workflow of one operation; its result is the operation's. */
export function operationWorkflow<T>(operation: StreamingOperation<T>, options: OperationOptions = {}): WorkflowDefinition {
  return { name: operation.operationName, steps: [stepOf(operation, stepName(operation.operationName), options)] };
}

/**
 * The workflow of several. Its progress is that of all of them together, in equal parts; its result is an object by step name:
 * the operation's name, with a number behind it from the second of that name on (`import`, `import_2`).
 */
export function batchWorkflow(operations: readonly StreamingOperation<unknown>[], { name = 'batch', concurrency, onError, ...options }: BatchOptions = {}): WorkflowDefinition {
  const taken = new Set<string>();
  const nameOf = (base: string): string => {
    let own = base;
    for (let n = 2; taken.has(own); n++) own = `${base}_${n}`;
    taken.add(own);
    return own;
  };
  const steps = operations.map((operation) => stepOf(operation, nameOf(stepName(operation.operationName)), options));
  return {
    name,
    steps: [{ type: 'parallel', name: nameOf('all'), steps, ...(concurrency === undefined ? {} : { concurrency }), ...(onError === undefined ? {} : { onError }) }],
  };
}

function stepOf<T>(operation: StreamingOperation<T>, name: string, { progressOf, timeoutMs }: OperationOptions): AgentStep {
  const run = (context: AgentContext): Promise<T> => operation.execute(progressFor(context, progressOf), context.signal);
  return { type: 'agent', name, agent: run, input: null, ...(timeoutMs === undefined ? {} : { timeoutMs }) };
}

function progressFor(context: AgentContext, progressOf: ProgressFunction = (told) => told): OperationProgress {
  const began = performance.now();
  return Object.assign(
    (fraction: number, state?: string, metadata?: JsonValue): void => void context.progress(progressOf(fraction, performance.now() - began), state, metadata),
    {
      text: (delta: string): void => void context.text(delta),
      data: (delta: JsonValue): void => void context.data(delta),
      log: (text: string, level?: LogLevel): void => void context.log(text, level),
    },
  );
}

/** Names of steps are `[A-Za-z_][A-Za-z0-9_]*`; those of workflows, and so of operations, have dots and dashes too. */
function stepName(operationName: string): string {
  const fit = operationName.replace(/[^A-Za-z0-9_]+/g, '_');
  return /^[A-Za-z_]/.test(fit) ? fit : `_${fit}`;
}
