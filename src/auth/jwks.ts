/**
 * The keys behind a URL (RFC 7517), fetched for the first token and kept. A token with a key that is not known yet has
 * them fetched anew at once, so that a rotation needs no restart, but after two such fetches one every half minute: anyone
 * can make up the id of a key. While they cannot be fetched, those that are known go on for an hour beyond their time.
 */
import { type createRemoteJWKSet, type FetchImplementation, type JWTVerifyGetKey } from 'jose';
import { StepcastError } from '../contract/errors.js';

export interface JwksOptions {
  url: string;
  /** Milliseconds after which known keys are fetched anew. */
  cacheMs?: number;
  /** Milliseconds for each fetch for keys that are not known, on average: the first `AT_ONCE` do not wait. */
  cooldownMs?: number;
  /** Milliseconds that known keys may be used beyond `cacheMs`, while they cannot be fetched. */
  staleMs?: number;
  /** Milliseconds after a failed fetch in which none is tried, and whoever needs one is refused at once. */
  retryMs?: number;
  /** Milliseconds that a fetch may take. */
  timeoutMs?: number;
}

type RemoteKeys = ReturnType<typeof createRemoteJWKSet>;

/** Bytes of the answer, unpacked: issuers list a few keys of a few hundred. */
const MAX_ANSWER = 1024 * 1024;
/** How many fetches for keys that are not known may follow each other at once. */
const AT_ONCE = 2;
const SECOND_MS = 1000;
const MINUTE_MS = 60 * SECOND_MS;

export class Jwks {
  private readonly options: Required<JwksOptions>;
  private remote: RemoteKeys | undefined;
  // By a clock that nobody sets.
  private fetchedAt = -Infinity;
  private failure: { at: number; reason: string } | undefined;
  /** When the fetches for keys that are not known would be over, had they come one each `cooldownMs`. */
  private paidUntil = -Infinity;
  private search: Promise<void> | undefined;

  constructor(options: JwksOptions) {
    this.options = { cacheMs: 10 * MINUTE_MS, cooldownMs: 30 * SECOND_MS, staleMs: 60 * MINUTE_MS, retryMs: SECOND_MS, timeoutMs: 5 * SECOND_MS, ...options };
  }

  /** @throws StepcastError `authentication_unavailable` where the key is not known, and the keys cannot be fetched. */
  readonly keyOf: JWTVerifyGetKey = async (header, token) => {
    const { cacheMs, cooldownMs, staleMs, retryMs } = this.options;
    const cameAt = performance.now();
    const remote = (this.remote ??= await this.load());
    if (this.age > cacheMs) {
      const isNeeded = this.age > cacheMs + staleMs;
      // With keys at hand, nobody waits again and again for a server that does not answer.
      await this.fetch(remote, isNeeded ? retryMs : Math.max(retryMs, cooldownMs)).catch((error: unknown) => {
        if (isNeeded) throw error;
      });
    }
    try {
      return await remote(header, token);
    } catch (error) {
      if ((error as { code?: unknown }).code !== 'ERR_JWKS_NO_MATCHING_KEY' || this.fetchedAt >= cameAt || !this.maySearch) throw error;
      // Where that fails nobody can tell whether the key is new or made up.
      await (this.search ??= this.fetchForUnknown(remote));
      return remote(header, token);
    }
  };

  private get maySearch(): boolean {
    return this.search !== undefined || this.paidUntil - performance.now() <= (AT_ONCE - 1) * this.options.cooldownMs;
  }

  /** One for all who come with such keys while it is under way. */
  private async fetchForUnknown(remote: RemoteKeys): Promise<void> {
    try {
      await this.fetch(remote, this.options.retryMs);
      this.paidUntil = Math.max(performance.now(), this.paidUntil) + this.options.cooldownMs;
    } finally {
      this.search = undefined;
    }
  }

  private get age(): number {
    return performance.now() - this.fetchedAt;
  }

  private async load(): Promise<RemoteKeys> {
    const { createRemoteJWKSet, customFetch } = await import('jose');
    // When to fetch is decided here. Of two first tokens at once, one makes it.
    const never = { cacheMaxAge: Infinity, cooldownDuration: Infinity };
    return (this.remote ??= createRemoteJWKSet(new URL(this.options.url), { ...never, timeoutDuration: this.options.timeoutMs, [customFetch]: fetchBounded }));
  }

  /** Those who come while one is under way wait for that one. */
  private async fetch(remote: RemoteKeys, retryMs: number): Promise<void> {
    if (this.failure && performance.now() - this.failure.at < retryMs) throw this.unavailable(this.failure.reason);
    try {
      await remote.reload();
    } catch (error) {
      this.failure = { at: performance.now(), reason: reasonOf(error) };
      throw this.unavailable(this.failure.reason);
    }
    this.failure = undefined;
    this.fetchedAt = performance.now();
  }

  private unavailable(reason: string): StepcastError {
    return new StepcastError('authentication_unavailable', 'tokens cannot be checked at the moment: the keys of their issuer cannot be fetched; try again shortly', {
      retryAfterSeconds: 1, cause: new Error(`the keys at ${this.options.url} cannot be fetched: ${reason}`),
    });
  }
}

/** Reads no more of an answer than a set of keys can have; redirects are not followed, which jose has asked for. */
const fetchBounded: FetchImplementation = async (url, options) => {
  const response = await fetch(url, options);
  let size = 0;
  const bounded = new TransformStream<Uint8Array, Uint8Array>({
    transform(chunk, controller) {
      size += chunk.length;
      if (size > MAX_ANSWER) throw new Error(`the answer has more than ${MAX_ANSWER} bytes`);
      controller.enqueue(chunk);
    },
  });
  return response.body ? new Response(response.body.pipeThrough(bounded), response) : response;
};

/** `fetch` itself says no more than that it failed. */
function reasonOf(error: unknown): string {
  const { message, cause } = error as Error;
  return cause instanceof Error && cause.message !== '' ? cause.message : message;
}
