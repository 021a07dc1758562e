/**
 * Results of agents that were kept to be given again. It stands beside the log and is no part of it: what is lost here is
 * made anew. The class is the contract of a backend and the DI token; `journal.conformance.ts` is what a backend must pass.
 */
import { type JsonValue } from '../contract/json.js';

export interface CachedResult {
  output: JsonValue;
  /** What was streamed as text; absent where nothing was. */
  text?: string;
  /** Milliseconds since the epoch. */
  createdAt: number;
}

export interface NewCacheEntry extends CachedResult {
  /** Of everything that the result depends on. One of the same key is replaced. */
  key: string;
  /** Whose it is; what is counted against the quota. */
  owner: string;
  /** When it is good no more, milliseconds since the epoch. */
  expiresAt: number;
  /** By which it is found by similar inputs; absent where it is not to be. */
  near?: Neighbour;
}

/** Where an input stands among those that differ from it by their prompt alone. */
export interface Neighbour {
  /** Of all that must be the same. */
  group: string;
  /** Of length 1. */
  vector: Float32Array;
}

/** What one owner may have; what was kept first goes first. */
export interface CacheQuota {
  maxEntries: number;
  maxBytes: number;
}

/** How old a result may be at the most, by whoever asks for it. */
export interface Freshness {
  /** Milliseconds since the epoch. */
  now: number;
  maxAgeMs: number;
}

/** Entries of a group that are compared at the most, the newest: comparing holds up the process. */
export const MAX_COMPARED = 500;

export abstract class CacheStore {
  /** What was saved before is found, committed or not. @throws StepcastError `journal_unavailable` */
  abstract find(key: string, freshness: Freshness): Promise<CachedResult | undefined>;

  /**
   * The nearest of the group's newest `MAX_COMPARED`, with the cosine of the two, -1 to 1. Vectors of another length are
   * passed by.
   * @throws StepcastError `journal_unavailable`
   */
  abstract nearest(to: Neighbour, freshness: Freshness): Promise<{ result: CachedResult; similarity: number } | undefined>;

  /**
   * Keeps a result. Called in the turn in which an event is appended, it is committed together with that event. One that
   * is larger than the whole quota is not kept.
   * @throws StepcastError `journal_unavailable`
   */
  abstract save(entry: NewCacheEntry, quota: CacheQuota): Promise<void>;

  /** Removes the results of an owner, or, without one, all; answers how many. @throws StepcastError `journal_unavailable` */
  abstract clear(owner?: string): Promise<number>;

  /** Removes what is good no more; answers how many. @throws StepcastError `journal_unavailable` */
  abstract sweep(now: number): Promise<number>;
}
