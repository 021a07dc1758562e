/** Requests and tokens a minute, of a provider or of one user of it. */
import { type RequestRates } from './limits.options.js';
import { TokenBucket } from './token.bucket.js';

export type RateName = 'requests' | 'tokens';

/** What a request has to wait for. */
export interface RateHold {
  rate: RateName;
  ms: number;
}

/** What goes before a request. */
export interface Ahead {
  requests: number;
  tokens: number;
}

export const NOTHING_AHEAD: Ahead = { requests: 0, tokens: 0 };

export class Rates {
  private readonly requests: TokenBucket | undefined;
  private readonly tokens: TokenBucket | undefined;

  constructor({ requestsPerMinute, tokensPerMinute }: RequestRates, now: number) {
    if (requestsPerMinute !== undefined) this.requests = new TokenBucket(requestsPerMinute, now);
    if (tokensPerMinute !== undefined) this.tokens = new TokenBucket(tokensPerMinute, now);
  }

  /** What a request of so many tokens waits for longest; nothing where it may go. */
  hold(tokens: number, now: number, ahead: Ahead = NOTHING_AHEAD): RateHold | undefined {
    const forRequests = this.requests?.delay(1, now, ahead.requests) ?? 0;
    const forTokens = this.tokens?.delay(tokens, now, ahead.tokens) ?? 0;
    if (forRequests === 0 && forTokens === 0) return undefined;
    return forTokens > forRequests ? { rate: 'tokens', ms: forTokens } : { rate: 'requests', ms: forRequests };
  }

  /**
   * Takes what a request of so many tokens is thought to need; answers how many tokens were taken. They are a minute's worth
   * at the most: an estimate may be of any size, and who gives the request up would leave all others to pay it off.
   */
  take(tokens: number, now: number): number {
    this.requests?.take(1, now);
    const taken = Math.min(tokens, this.tokens?.perMinute ?? 0);
    this.tokens?.take(taken, now);
    return taken;
  }

  /** The request took fewer tokens than were taken for it; below zero, more. */
  giveTokens(count: number, now: number): void {
    this.tokens?.give(count, now);
  }

  /** Whether forgetting it would change nothing. */
  isFull(now: number): boolean {
    return (this.requests?.isFull(now) ?? true) && (this.tokens?.isFull(now) ?? true);
  }
}
