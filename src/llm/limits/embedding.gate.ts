/**
 * The way of embeddings through the gate of their provider: they count as its requests and tokens, take a place, and wait in
 * the same line. But a step can do without one, so what embeddings meet stays with them. None is waited for longer than it is
 * worth, and their failures and pauses keep other embeddings away, and not the models: the cache must not fail a step that
 * would run without it. For that they have a breaker of their own, beside that of the provider, which holds for them too.
 */
import { StepcastError } from '../../contract/errors.js';
import { type Clock } from '../../orchestration/clock.js';
import { type EmbeddingCaller } from '../../orchestration/cache/embedder.js';
import { durationOf, messageOf } from './hold.message.js';
import { ProviderBreaker } from './provider.breaker.js';
import { LONGEST_PAUSE_MS, type ProviderGate } from './provider.gate.js';
import { textTokens } from './token.estimate.js';

export interface EmbeddingRequest {
  text: string;
  caller: EmbeddingCaller | undefined;
  signal: AbortSignal;
  /** Milliseconds that it is waited for at the most; the signal aborts then. */
  worthMs: number;
}

/** How an embedding failed, of its provider. */
export interface EmbeddingFailure {
  /** Whether the provider is down, and did not only refuse this one. */
  isDown: boolean;
  retryAfterSeconds?: number | undefined;
}

export class EmbeddingGate {
  private readonly breaker: ProviderBreaker | undefined;
  private pausedUntil = 0;

  constructor(library: typeof import('cockatiel'), private readonly gate: ProviderGate, private readonly clock: Clock) {
    const { breaker } = gate.limits;
    if (breaker) this.breaker = new ProviderBreaker(library, breaker, clock, () => undefined);
  }

  /**
   * Asks for an embedding when it may.
   * @param failureOf What an error of `ask` says of the provider; nothing where nobody waited for the answer.
   * @throws StepcastError `overloaded`, `rate_limited` where it is not asked for; what `ask` throws; the reason of the signal.
   */
  async pass<T extends { tokens: number | undefined }>({ text, caller, signal, worthMs }: EmbeddingRequest, ask: () => Promise<T>, failureOf: (error: unknown) => EmbeddingFailure | undefined): Promise<T> {
    this.assertOpen();
    const permit = await this.gate.enter({
      user: caller?.user,
      tokens: textTokens(text),
      signal,
      breaker: this.breaker,
      tell: (hold) => {
        const { text: why, code } = messageOf(hold, this.gate.provider, this.gate.limits);
        if ((hold.ms ?? 0) >= worthMs) throw new StepcastError('rate_limited', `${why}, and an embedding is waited for ${durationOf(worthMs)} at the most`, { retryable: true });
        caller?.log(why, 'warn', code);
      },
    });
    try {
      const given = await ask();
      permit.end('answers', given.tokens);
      return given;
    } catch (error) {
      const failure = failureOf(error);
      if (failure?.retryAfterSeconds !== undefined) this.pause(failure.retryAfterSeconds * 1000);
      if (failure) permit.fail(failure.isDown ? 'fails' : 'answers');
      else permit.end('unknown');
      throw error;
    }
  }

  private pause(ms: number): void {
    this.pausedUntil = Math.max(this.pausedUntil, this.clock.ticks() + Math.min(LONGEST_PAUSE_MS, ms));
  }

  /** Who comes while one tries does not wait for what becomes of it, as models do. */
  private assertOpen(): void {
    const { provider } = this.gate;
    const restMs = this.breaker?.restMs ?? 0;
    if (restMs > 0 || this.breaker?.isTrying) throw new StepcastError('overloaded', `embeddings of the provider "${provider}" have failed in a row, and are not asked for ${restMs > 0 ? `another ${durationOf(restMs)}` : 'until one that is tried has come'}`, { retryable: true });
    const pauseMs = this.pausedUntil - this.clock.ticks();
    if (pauseMs > 0) throw new StepcastError('rate_limited', `the provider "${provider}" asks not to be asked for embeddings for another ${durationOf(pauseMs)}`, { retryable: true });
  }
}
