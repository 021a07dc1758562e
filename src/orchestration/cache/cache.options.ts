/** What is configured of the cache of agents: for the service, for an agent, and for a step. */
import { type CacheOptions, DEFINITION_LIMITS, givenOf } from '../../contract/definition.js';

const DAY_MS = 24 * 60 * 60 * 1000;

/** Options of the cache; the defaults are the fields of this class. */
export class AgentCacheOptions {
  /** Milliseconds that a result is good for, where its step does not say. */
  ttlMs = DAY_MS;
  /** Results that are kept of a user (and as many of those that all share); the oldest goes first. */
  maxEntriesPerUser = 1000;
  /** Bytes that these may take. */
  maxBytesPerUser = 64 * 1024 * 1024;
  /** How similar another prompt must be, above 0 and at most 1, where an embedding model is configured. 1: only the same one does. */
  similarity = 0.95;
}

export function fullCacheOptions(given: Partial<AgentCacheOptions> = {}): AgentCacheOptions {
  return Object.assign(new AgentCacheOptions(), givenOf(given));
}

/** What an agent may say of itself, for steps that say nothing. What its results depend on, it says by `cacheSubject`. */
export type AgentCacheDefault = boolean | Omit<CacheOptions, 'key'>;

/** Whole numbers, from and to. */
export const CACHE_BOUNDS = {
  ttlMs: [1000, DEFINITION_LIMITS.cacheTtlMs],
  maxEntriesPerUser: [0, 100_000],
  maxBytesPerUser: [0, 16 * 1024 * 1024 * 1024],
} as const satisfies Partial<Record<keyof AgentCacheOptions, readonly [min: number, max: number]>>;

/** How one step is cached. */
export interface CacheRules {
  ttlMs: number;
  shared: boolean;
  /** 1: only the same input does. */
  similarity: number;
  key?: string;
}

/**
 * What holds for a step; nothing where it is not cached. One with options of its own keeps what it does not say from the
 * agent's, but for what is shared: of that no step may choose the terms (its similarity, its key) that does not say `shared`
 * itself, as workflows of the code alone can. And a similar prompt does only where somebody has said so, if results are
 * shared, as another user's words could be chosen to be similar, or if nobody knows that it is one: keys, and texts that an
 * agent is given, may be names and numbers, of which similar ones are others.
 *
 * @param tellsPrompt Whether the agent says which text is its prompt.
 */
export function rulesOf(step: boolean | CacheOptions | undefined, agent: AgentCacheDefault | undefined, options: AgentCacheOptions, tellsPrompt: boolean): CacheRules | undefined {
  if (!(step ?? agent)) return undefined;
  const own = typeof step === 'object' ? givenOf(step) : undefined;
  const given: CacheOptions = { ...(typeof agent === 'object' ? givenOf(agent) : {}), ...own };
  const shared = (own ? own.scope : given.scope) === 'shared';
  const isPrompt = tellsPrompt && given.key === undefined;
  return {
    ttlMs: given.ttlMs ?? options.ttlMs, shared, similarity: given.similarity ?? (shared || !isPrompt ? 1 : options.similarity),
    ...(given.key === undefined ? {} : { key: given.key }),
  };
}

/** What is wrong with options of the service, a line each. */
export function cacheOptionFaults(given: Partial<AgentCacheOptions>): string[] {
  if (typeof given !== 'object' || given === null) return [`must be {${Object.keys(new AgentCacheOptions()).join(', ')}}, each of which may be left out`];
  const options = fullCacheOptions(given);
  const faults = Object.keys(options).filter((name) => !Object.hasOwn(new AgentCacheOptions(), name)).map((name) => `${name} is not known; known are ${Object.keys(new AgentCacheOptions()).join(', ')}`);
  for (const name of Object.keys(CACHE_BOUNDS) as (keyof typeof CACHE_BOUNDS)[]) {
    const [min, max] = CACHE_BOUNDS[name];
    const value: unknown = options[name];
    if (!(Number.isSafeInteger(value) && (value as number) >= min && (value as number) <= max)) faults.push(`${name} must be a whole number from ${min} to ${max}, but is ${String(value)}`);
  }
  if (!isSimilarity(options.similarity)) faults.push(`similarity must be above 0 and at most 1, but is ${String(options.similarity)}`);
  return faults;
}

/** What is wrong with what an agent says of itself, a line each. */
export function agentCacheFaults(given: AgentCacheDefault | undefined): string[] {
  if (typeof given !== 'object') return [];
  const { ttlMs, scope, similarity, ...unknown } = given;
  const faults = Object.keys(unknown).map((name) => `${name} is not known; known are ttlMs, scope and similarity`);
  if (ttlMs !== undefined && !(Number.isSafeInteger(ttlMs) && ttlMs >= 1 && ttlMs <= DEFINITION_LIMITS.cacheTtlMs)) faults.push(`ttlMs must be a whole number from 1 to ${DEFINITION_LIMITS.cacheTtlMs}, but is ${String(ttlMs)}`);
  if (scope !== undefined && scope !== 'user' && scope !== 'shared') faults.push(`scope must be "user" or "shared", but is ${JSON.stringify(scope)}`);
  if (similarity !== undefined && !isSimilarity(similarity)) faults.push(`similarity must be above 0 and at most 1, but is ${String(similarity)}`);
  return faults;
}

function isSimilarity(value: unknown): boolean {
  return typeof value === 'number' && value > 0 && value <= 1;
}

/** @throws Error for what is none. */
export function parseSimilarity(text: string): number {
  const value = /^\d*\.?\d+$/.test(text) ? Number(text) : NaN;
  if (!isSimilarity(value)) throw new Error(`must be a number above 0 and at most 1, such as 0.95, but is "${text}"`);
  return value;
}
