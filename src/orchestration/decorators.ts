import { applyDecorators, Injectable, SetMetadata, type Type } from '@nestjs/common';
import { type Step, type StreamConfig, type WorkflowDefinition } from '../contract/definition.js';
import { type JsonValue } from '../contract/json.js';
import { type WorkflowPlan } from '../contract/plan.js';
import { type AgentCacheDefault } from './cache/cache.options.js';

export const AGENT_METADATA = 'stepcast:agent';
export const WORKFLOW_METADATA = 'stepcast:workflow';
export const SHIPPED_METADATA = 'stepcast:shipped';

export interface AgentOptions {
  name: string;
  description?: string;
  /** Whether results are kept and given again, for steps that say nothing of it. An agent with effects had better not say so. */
  cache?: AgentCacheDefault;
}

/**
 * Makes a provider an agent that steps can name. The class implements `AgentHandler`.
 *
 * @example
 * ```ts
 * @Agent('shout')
 * export class Shout implements AgentHandler<{ text: string }> {
 *   async *execute(ctx: AgentContext<{ text: string }>) {
 *     for (const word of ctx.input.text.split(' ')) yield ctx.text(`${word.toUpperCase()} `);
 *   }
 * }
 * ```
 */
export function Agent(options: string | AgentOptions, more: Omit<AgentOptions, 'name'> = {}): ClassDecorator {
  return applyDecorators(Injectable(), SetMetadata(AGENT_METADATA, { ...more, ...(typeof options === 'string' ? { name: options } : options) }));
}

export interface WorkflowOptions {
  name: string;
  description?: string;
  /** A class with class-validator decorators, or a JSON Schema: what the input is checked against before the start. */
  input?: Type<object> | JsonValue;
  streaming?: StreamConfig;
  timeoutMs?: number;
}

/** What a class with `@Workflow` implements. */
export interface WorkflowProvider {
  /** The steps. A `sequential` at the root stands for the workflow itself: its steps become the workflow's steps. */
  define(): Step | Step[] | Pick<WorkflowDefinition, 'steps'>;
  /** What an execution with this input is about to do; told with `workflow_started`. */
  plan?(input: JsonValue): WorkflowPlan;
}

/**
 * Registers a provider's `define()` as a workflow that every user may start by name.
 *
 * @example
 * ```ts
 * @Workflow({ name: 'research', input: TopicDto })
 * export class Research implements WorkflowProvider {
 *   define() {
 *     return sequential('research', agent('plan'), parallel('gather', agent('a'), agent('b')));
 *   }
 * }
 * ```
 */
export function Workflow(options: string | WorkflowOptions): ClassDecorator {
  return applyDecorators(Injectable(), SetMetadata(WORKFLOW_METADATA, typeof options === 'string' ? { name: options } : options));
}

/**
 * A workflow that ships with this package. `app.module.spec.ts` checks it, and not every start: that would load and
 * compile all that definitions are checked with. Not for apps, whose workflows are checked when they start.
 */
export function ShippedWorkflow(options: WorkflowOptions): ClassDecorator {
  return applyDecorators(Workflow(options), SetMetadata(SHIPPED_METADATA, true));
}
