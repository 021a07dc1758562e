/** Who is told what limits do: metrics, in the service. */

/** What a request can have to wait for. */
export const LIMIT_NAMES = ['requests', 'tokens', 'user_requests', 'user_tokens', 'concurrency', 'retry_after', 'breaker'] as const;
export type LimitName = (typeof LIMIT_NAMES)[number];

export type BreakerState = 'closed' | 'half_open' | 'open';

/** How it stands with a provider now. */
export interface GateReading {
  /** Requests that are under way. */
  inFlight: number;
  waiting: number;
  /** Absent where it has none. */
  breaker: BreakerState | undefined;
}

/** A class, so that it is its own token. As it stands it listens to nothing. */
export class LimitsObserver {
  /** From now on a provider can be asked how it stands. */
  watch(_provider: string, _read: () => GateReading): void {}

  /** A request has waited, whatever became of it; for the limit that was the first to hold it up. */
  waited(_provider: string, _limit: LimitName, _ms: number): void {}

  /** A request was refused at once, as the breaker is open. */
  refused(_provider: string): void {}
}
