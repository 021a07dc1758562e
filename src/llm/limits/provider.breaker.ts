/**
 * Leaves a provider alone that fails again and again: closed → open, for a time → half-open, where one request tries → closed
 * again, or open. States and counting are the library's. How long it stays open is measured here, by a clock that nobody
 * sets: the library goes by the time of the day.
 */
import { type CircuitBreakerPolicy } from 'cockatiel';
import { type Clock } from '../../orchestration/clock.js';
import { type BreakerOptions } from './limits.options.js';
import { type BreakerState } from './limits.observer.js';

type Library = typeof import('cockatiel');

/**
 * What a request tells of its provider: it answers (a refusal is an answer too), it fails (overloaded, broken, out of
 * reach), or nothing, as nobody waited for the answer.
 */
export type Outcome = 'answers' | 'fails' | 'unknown';

/** Counted by the library. */
class Failure extends Error {
  /** @param conclusive Whether it says that the provider is still down. */
  constructor(readonly conclusive: boolean) {
    super('the provider has failed');
  }
}

/** A request that the breaker watches. */
export interface Watched {
  /** Whether others wait to see if it is answered. */
  isTry: boolean;
  /** Once. */
  tell: (outcome: Outcome) => void;
  /** Resolves when what was told has had its effect. */
  settled: Promise<void>;
}

export class ProviderBreaker {
  private readonly policy: CircuitBreakerPolicy;
  private readonly states: Library['CircuitState'];
  private openUntil = 0;
  /** Counts the states it has been in. */
  private era = 0;

  /** @param changed Called when the state has changed. */
  constructor(library: Library, { failures, openMs }: Required<BreakerOptions>, private readonly clock: Clock, changed: () => void) {
    const { circuitBreaker, ConsecutiveBreaker, handleType } = library;
    // It never refuses by its own time: whoever asks looks at `restMs` before.
    this.policy = circuitBreaker(handleType(Failure), { breaker: new ConsecutiveBreaker(failures), halfOpenAfter: Number.NEGATIVE_INFINITY });
    this.policy.onBreak((reason) => {
      // A try that nobody waited for has told nothing: the next request is one.
      const isConclusive = !('error' in reason && reason.error instanceof Failure && !reason.error.conclusive);
      if (isConclusive) this.openUntil = this.clock.ticks() + openMs;
    });
    this.policy.onStateChange(() => {
      this.era++;
      queueMicrotask(changed);
    });
    this.states = library.CircuitState;
  }

  /** Milliseconds for which nothing is to be asked; 0 where something may. */
  get restMs(): number {
    return this.policy.state === this.states.Open ? Math.max(0, Math.ceil(this.openUntil - this.clock.ticks())) : 0;
  }

  /** Whether a request is under way that tries whether the provider is back: others wait for what comes of it. */
  get isTrying(): boolean {
    return this.policy.state === this.states.HalfOpen;
  }

  get state(): BreakerState {
    if (this.policy.state === this.states.Closed) return 'closed';
    return this.restMs > 0 ? 'open' : 'half_open';
  }

  /** A request begins, which `restMs` and `isTrying` allow. */
  begin(): Watched {
    const told = Promise.withResolvers<Outcome>();
    let isTry = false;
    const request = async (): Promise<void> => {
      isTry = this.isTrying;
      const { era } = this;
      const outcome = await told.promise;
      // Of before it opened: what hung then and is given up now says nothing of a provider that may be back.
      if (era !== this.era) throw new Error('it was asked in another state');
      if (outcome === 'fails') throw new Failure(true);
      // While it is closed, an error of another kind counts for nothing; in a try it would count as an answer.
      if (outcome === 'unknown') throw isTry ? new Failure(false) : new Error('nothing is known');
    };
    const settled = this.policy.execute(request).catch(() => undefined);
    return { isTry, tell: told.resolve, settled };
  }
}
