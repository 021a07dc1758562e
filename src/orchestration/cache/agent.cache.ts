/**
 * The cache of agents: before an agent runs, a result of the same input, or of one whose prompt is similar, is looked for;
 * after it, its result is kept. Only what completed is kept: no failure, and no part. It is beside the log and never in its
 * way: where the cache fails, the agent runs as if there were none.
 */
import { Logger } from '@nestjs/common';
import { type AgentContext } from '../agent.js';
import { type CachedResult, type CacheStore, type Freshness, type Neighbour } from '../../journal/cache.store.js';
import { type JsonValue } from '../../contract/json.js';
import { type Clock } from '../clock.js';
import { type CacheKey, type CachedStep, keyOf } from './cache.key.js';
import { type AgentCacheOptions, type CacheRules, rulesOf } from './cache.options.js';
import { type Embedder } from './embedder.js';

export type LookupResult = 'exact' | 'similar' | 'miss';
/** Told of every lookup. */
export type LookupListener = (agent: string, result: LookupResult) => void;

/** What of an agent's context looking needs. */
type Asking = Pick<AgentContext, 'log' | 'usage' | 'signal' | 'user'>;

/** A result that stands for a run. */
export interface Hit {
  result: CachedResult;
  /** How it was found, for people. */
  text: string;
}

export class AgentCache {
  readonly logger = new Logger(AgentCache.name);

  constructor(
    readonly store: CacheStore,
    readonly options: AgentCacheOptions,
    readonly clock: Clock,
    readonly embedder?: Embedder,
    readonly onLookup: LookupListener = () => undefined,
  ) {}

  /** The cache as one attempt uses it; nothing where its step is not cached. @throws StepcastError as `keyOf`. */
  of(cached: CachedStep): StepCache | undefined {
    const rules = rulesOf(cached.step.cache, cached.agent.cache, this.options, cached.agent.handler.cacheSubject !== undefined);
    const key = rules && keyOf(cached, rules);
    return key && new StepCache(this, cached, rules, key);
  }
}

export class StepCache {
  private near: Neighbour | undefined;

  constructor(private readonly cache: AgentCache, private readonly cached: CachedStep, private readonly rules: CacheRules, private readonly key: CacheKey) {}

  /**
   * What was kept, where it will do. Told to nobody but the metrics. Never rejects: what fails here is no reason not to run.
   * @param context Is told why nothing similar was looked for, and what looking has used.
   */
  async find(context: Asking): Promise<Hit | undefined> {
    const { again } = this.cached;
    const same = again ? undefined : await this.look((fresh) => this.cache.store.find(this.key.exact, fresh));
    if (same) return this.hit('exact', same, this.rules.key === undefined ? 'the same input' : 'an input of the same key');
    this.near = await this.locate(context);
    if (again || context.signal.aborted) return undefined;
    const { near } = this;
    const nearest = near && (await this.look((fresh) => this.cache.store.nearest(near, fresh)));
    if (nearest && nearest.similarity >= this.rules.similarity) {
      return this.hit('similar', nearest.result, `a similar input (${rounded(nearest.similarity)}, where at least ${this.rules.similarity} is asked for)`);
    }
    this.cache.onLookup(this.cached.agent.name, 'miss');
    return undefined;
  }

  /** Keeps a result, in the transaction of what is told in the same turn. */
  keep(output: JsonValue, text: string | undefined): void {
    const { store, options, clock, logger } = this.cache;
    const createdAt = clock.now();
    const { exact: key, owner } = this.key;
    store.save({ key, owner, output, createdAt, expiresAt: createdAt + this.rules.ttlMs, ...(text === undefined ? {} : { text }), ...(this.near && { near: this.near }) }, { maxEntries: options.maxEntriesPerUser, maxBytes: options.maxBytesPerUser })
      .catch((error: unknown) => logger.debug(`a result of "${this.cached.agent.name}" is not kept: ${(error as Error).message}`));
  }

  private hit(how: LookupResult, result: CachedResult, what: string): Hit {
    this.cache.onLookup(this.cached.agent.name, how);
    return { result, text: `answered from the cache: ${what} was answered at ${new Date(result.createdAt).toISOString()}` };
  }

  private async look<T>(ask: (fresh: Freshness) => Promise<T>): Promise<T | undefined> {
    try {
      return await ask({ now: this.cache.clock.now(), maxAgeMs: this.rules.ttlMs });
    } catch (error) {
      this.cache.logger.debug(`the cache is not looked into: ${(error as Error).message}`);
      return undefined;
    }
  }

  /** Where the prompt stands among others; nothing where only the same will do, or that cannot be said. */
  private async locate(context: Asking): Promise<Neighbour | undefined> {
    const { embedder } = this.cache;
    const { prompt } = this.key;
    if (!embedder || prompt === undefined || this.rules.similarity >= 1) return undefined;
    try {
      const { vector, usage } = await embedder.embed(prompt, context.signal, context);
      if (usage) context.usage(usage);
      const unit = unitOf(vector);
      return unit && { group: this.key.groupFor(embedder.model), vector: unit };
    } catch (error) {
      if (!context.signal.aborted) context.log(`similar results are not looked for: ${(error as Error).message}`, 'warn', 'cache_embedding_failed');
      return undefined;
    }
  }
}

/** The vector with length 1, so that cosines are sums of products; nothing where it points nowhere. */
function unitOf(vector: readonly number[]): Float32Array | undefined {
  const length = Math.sqrt(vector.reduce((sum, value) => sum + value * value, 0));
  return Number.isFinite(length) && length > 0 ? Float32Array.from(vector, (value) => value / length) : undefined;
}

/** Rounded down, so that what was not enough does not look as if it were. */
function rounded(similarity: number): number {
  return Math.floor(Math.min(1, similarity) * 10_000) / 10_000;
}
