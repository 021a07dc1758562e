/** What a result depends on, as keys: what differs in any of it has another one. */
import { createHash } from 'node:crypto';
import { type AgentStep, givenOf, type StepContext } from '../../contract/definition.js';
import { StepcastError } from '../../contract/errors.js';
import { canonicalJson, isObject, type JsonObject, type JsonValue, NotJsonError, toJson } from '../../contract/json.js';
import { type CacheSubject } from '../agent.js';
import { resolveTemplate } from '../definition/template.js';
import { type RegisteredAgent } from '../registry/agent.registry.js';
import { type CacheRules } from './cache.options.js';

/** Part of every key: what an earlier version has kept in another way is not found. */
const VERSION = 1;

/** The owner of what all users share. No user's: those begin with `user:`. */
const SHARED_OWNER = 'shared';

export interface CacheKey {
  owner: string;
  /** Of the very same input. */
  exact: string;
  /** Of inputs that differ by their prompt alone. */
  groupFor(embeddings: string): string;
  /** By which similar ones are looked for; absent where there is none. */
  prompt: string | undefined;
}

/** A step that is about to run its agent. */
export interface CachedStep {
  agent: RegisteredAgent;
  step: AgentStep;
  input: JsonValue;
  user: string;
  workflow: string;
  context: StepContext;
  /** What it gave before was part of an attempt that failed: it is to be made anew. */
  again: boolean;
}

export function ownerOf(user: string): string {
  return `user:${user}`;
}

/** Nothing where the agent says that there is nothing to be kept. @throws StepcastError `expression_failed` by the rules' `key`, `agent_failed` by the agent's `cacheSubject`. */
export function keyOf(cached: CachedStep, rules: CacheRules): CacheKey | undefined {
  const owner = rules.shared ? SHARED_OWNER : ownerOf(cached.user);
  const subject = subjectOf(cached, rules);
  if (!subject) return undefined;
  const { fixed, prompt, model = null } = subject;
  const common: JsonValue[] = [VERSION, owner, cached.agent.name, model, fixed];
  return { owner, exact: hashOf([...common, 'exact', prompt ?? null]), groupFor: (embeddings) => hashOf([...common, 'similar', embeddings]), prompt: prompt?.trim() ? prompt : undefined };
}

function subjectOf({ agent, step, input, workflow, context }: CachedStep, { key }: CacheRules): CacheSubject | undefined {
  const own = agent.handler.cacheSubject ? toldBy(agent, input) : promptOf(input);
  if (key === undefined || !own) return own;
  // In the place of the input's values, and not of the step: two steps of one key would else give each other's results.
  const value = resolveTemplate(key, context);
  const place: JsonObject = { workflow, step: step.name, input: formOf(step) };
  return { ...(own.model === undefined ? {} : { model: own.model }), ...(typeof value === 'string' ? { fixed: place, prompt: value } : { fixed: { ...place, value } }) };
}

/**
 * What the agent says, of a copy of its input: that may be another step's output.
 * @throws StepcastError `agent_failed` for what no result can be told from another by: all inputs would be one.
 */
function toldBy({ name, handler }: RegisteredAgent, input: JsonValue): CacheSubject | undefined {
  const told = handler.cacheSubject?.(toJson(input) as never);
  if (!told) return undefined;
  try {
    const { fixed, model, prompt } = told;
    const isText = (value: unknown): boolean => value === undefined || typeof value === 'string';
    if (fixed !== undefined && isText(model) && isText(prompt)) return { fixed: toJson(fixed), ...givenOf({ model, prompt }) };
  } catch (error) {
    if (!(error instanceof NotJsonError)) throw error;
  }
  throw new StepcastError('agent_failed', `cacheSubject of the agent "${name}" must give {fixed, prompt?, model?} as JSON, and no promise of it; or nothing, where the result is not to be kept`, { retryable: false });
}

/** An agent that says nothing of what its results depend on: on its input, and what is a text in that, or its `prompt`, is a prompt. */
function promptOf(input: JsonValue): CacheSubject {
  if (typeof input === 'string') return { fixed: null, prompt: input };
  if (!isObject(input) || typeof input['prompt'] !== 'string') return { fixed: [input] };
  const { prompt, ...fixed } = input;
  return { fixed, prompt };
}

/** The input as the definition has it, before its templates are filled. */
function formOf({ input }: AgentStep): JsonValue {
  return typeof input === 'function' ? { $function: true } : (input ?? null);
}

function hashOf(parts: JsonValue[]): string {
  return createHash('sha256').update(canonicalJson(parts)).digest('base64url');
}
