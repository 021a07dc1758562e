/**
 * Workflows in code. Every function gives the same plain step that JSON would, so a tree may be stored, compared and
 * run in either form; only agents, inputs and conditions that are functions have no JSON.
 *
 * @example
 * ```ts
 * workflow('research', { timeoutMs: 600_000 },
 *   agent('plan', 'llm', { input: { prompt: 'Plan research on {{input.topic}}' } }),
 *   parallel('gather', { concurrency: 2 }, agent('papers'), agent('news')),
 *   conditional('enough', { when: 'size(steps.gather.output) >= 2', then: agent('report', async (ctx) => ctx.input) }));
 * ```
 */
import {
  type AgentStep, type Condition, type ConditionalStep, type InputStep, type IterationStep, type ParallelStep,
  type RetryStep, type SequentialStep, type Step, type WorkflowDefinition,
} from '../../contract/definition.js';
import { StepcastError } from '../../contract/errors.js';
import { type JsonValue } from '../../contract/json.js';
import { type AgentFunction } from '../agent.js';

export type StepOptions = Pick<Step, 'description' | 'timeoutMs'>;
export type AgentStepOptions = StepOptions & Pick<AgentStep, 'input' | 'cache'>;
export type ParallelOptions = StepOptions & Pick<ParallelStep, 'concurrency' | 'onError'>;
export type ConditionalOptions = StepOptions & { when: Condition; then: Step; else?: Step };
export type RetryOptions = StepOptions & Pick<RetryStep, 'maxAttempts' | 'backoff'>;
export type IterationOptions = StepOptions & Pick<IterationStep, 'maxIterations' | 'until'>;
export type InputOptions = StepOptions & Pick<InputStep, 'prompt' | 'schema'>;
export type WorkflowBuildOptions = Omit<WorkflowDefinition, 'name' | 'steps'>;

/** A step that is called like the agent it runs. @throws StepcastError `invalid_definition` where the agent's name can be no step's name. */
export function agent(name: string, options?: AgentStepOptions): AgentStep;
/** A step of its own name that runs a registered agent, or a function. */
export function agent<Input = JsonValue>(name: string, run: string | AgentFunction<Input>, options?: AgentStepOptions): AgentStep;
export function agent(name: string, second?: string | AgentFunction<never> | AgentStepOptions, third?: AgentStepOptions): AgentStep {
  if (typeof second === 'string' || typeof second === 'function') return step<AgentStep>({ type: 'agent', name, agent: second }, third);
  if (!/^[A-Za-z_][A-Za-z0-9_]*$/.test(name)) {
    const message = `agent('${name}') would be a step of that name, but names of steps are letters, digits and _; give it one: agent('${name.replaceAll(/\W/g, '_').replace(/^\d/, '_$&')}', '${name}')`;
    throw new StepcastError('invalid_definition', message, { faults: [{ path: '/name', message }] });
  }
  return step<AgentStep>({ type: 'agent', name, agent: name }, second);
}

/** Runs the steps in order. */
export function sequential(name: string, ...steps: Step[]): SequentialStep;
export function sequential(name: string, options: StepOptions, ...steps: Step[]): SequentialStep;
export function sequential(name: string, ...rest: (StepOptions | Step)[]): SequentialStep {
  const [options, steps] = split(rest);
  return step<SequentialStep>({ type: 'sequential', name, steps }, options);
}

/** Runs the steps at the same time. */
export function parallel(name: string, ...steps: Step[]): ParallelStep;
export function parallel(name: string, options: ParallelOptions, ...steps: Step[]): ParallelStep;
export function parallel(name: string, ...rest: (ParallelOptions | Step)[]): ParallelStep {
  const [options, steps] = split(rest);
  return step<ParallelStep>({ type: 'parallel', name, steps }, options);
}

/** Runs `then` or `else`. */
export function conditional(name: string, options: ConditionalOptions): ConditionalStep {
  const { when, then, ...rest } = options;
  return step<ConditionalStep>({ type: 'conditional', name, when, then }, rest);
}

/** Runs the step again while it fails. */
export function retry(name: string, options: RetryOptions, retried: Step): RetryStep {
  const { maxAttempts, ...rest } = options;
  return step<RetryStep>({ type: 'retry', name, maxAttempts, step: retried }, rest);
}

/** Runs the step until the condition holds, or as often as allowed. */
export function iteration(name: string, options: IterationOptions, repeated: Step): IterationStep {
  const { maxIterations, ...rest } = options;
  return step<IterationStep>({ type: 'iteration', name, maxIterations, step: repeated }, rest);
}

/** Waits for a person. */
export function input(name: string, options: InputOptions = {}): InputStep {
  return step<InputStep>({ type: 'input', name }, options);
}

/** A whole workflow. */
export function workflow(name: string, ...steps: Step[]): WorkflowDefinition;
export function workflow(name: string, options: WorkflowBuildOptions, ...steps: Step[]): WorkflowDefinition;
export function workflow(name: string, ...rest: (WorkflowBuildOptions | Step)[]): WorkflowDefinition {
  const [options, steps] = split(rest);
  return { name, ...present(options), steps };
}

/** A step with the options that are given; what is given as `undefined` is not there, as in JSON. */
function step<S extends Step>(required: S, options: Partial<S> = {}): S {
  return { ...required, ...present(options) };
}

function present<T extends object>(options: T): T {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)) as T;
}

/** Options, where they come first, and steps. Only steps have a `type`. */
function split<Options extends object>(rest: readonly (Options | Step)[]): [Partial<Options>, Step[]] {
  const [first] = rest;
  if (first === undefined || 'type' in first) return [{}, rest as Step[]];
  return [first, rest.slice(1) as Step[]];
}
