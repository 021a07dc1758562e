/**
 * The gate of one provider, which every request to it passes: places for so many at once, requests and tokens a minute of all
 * users and of each, a pause that the provider has asked for, and a breaker. Who has to wait does so in line, users by turns
 * (fair.queue.ts), is told so at once, and leaves the line when its signal aborts. Nobody overtakes the one whose turn it is
 * where the provider's own limits hold it up, or large requests would never go.
 */
import { type BulkheadPolicy } from 'cockatiel';
import { StepcastError } from '../../contract/errors.js';
import { type Clock } from '../../orchestration/clock.js';
import { FairQueue } from './fair.queue.js';
import { type GateReading, type LimitName, type LimitsObserver } from './limits.observer.js';
import { type Limits, type RequestRates } from './limits.options.js';
import { Permit } from './permit.js';
import { ProviderBreaker } from './provider.breaker.js';
import { type Ahead, NOTHING_AHEAD, Rates } from './rates.js';
import { UserRates } from './user.rates.js';

/** What a request waits for, and how long as far as that is known. */
export interface Hold {
  limit: LimitName;
  ms?: number;
  /** Requests before it. */
  ahead: number;
}

export interface GateRequest {
  user: string | undefined;
  /** As estimated. */
  tokens: number;
  signal: AbortSignal | undefined;
  /** Called when it has to wait, once for each limit that holds it up. What it throws ends the wait. */
  tell: (hold: Hold) => void;
  /** Hears how it ended in the place of the provider's own, which it needs the leave of all the same. */
  breaker?: ProviderBreaker | undefined;
}

interface Waiting extends GateRequest {
  since: number;
  told: Set<LimitName>;
  go: (permit: Permit) => void;
  refuse: (error: Error) => void;
}

/** A provider that asks to be left alone for a day is asked again before: who waits would be held up without a word of why. */
export const LONGEST_PAUSE_MS = 5 * 60_000;

export class ProviderGate {
  private readonly queue = new FairQueue<Waiting>();
  private readonly rates: Rates;
  private readonly users: UserRates;
  private readonly places: BulkheadPolicy | undefined;
  private readonly breaker: ProviderBreaker | undefined;
  private pausedUntil = 0;
  private inFlight = 0;
  private callOff: (() => void) | undefined;

  constructor(
    library: typeof import('cockatiel'),
    readonly provider: string,
    readonly limits: Limits,
    private readonly clock: Clock,
    private readonly observer: LimitsObserver,
  ) {
    this.rates = new Rates(limits.rates, clock.ticks());
    this.users = new UserRates(limits.perUser);
    if (limits.concurrency !== undefined) this.places = library.bulkhead(limits.concurrency);
    if (limits.breaker) this.breaker = new ProviderBreaker(library, limits.breaker, clock, () => this.admit());
    observer.watch(provider, () => this.reading);
  }

  get reading(): GateReading {
    return { inFlight: this.inFlight, waiting: this.queue.size, breaker: this.breaker?.state };
  }

  /** Whether anything is counted in tokens. */
  get countsTokens(): boolean {
    return this.limits.rates.tokensPerMinute !== undefined || this.limits.perUser.tokensPerMinute !== undefined;
  }

  /**
   * Resolves when the request may go; its end is to be told to the permit.
   * @throws StepcastError `overloaded` while the breaker is open; the reason of the signal where that aborts.
   */
  async enter(request: GateRequest): Promise<Permit> {
    const { signal } = request;
    signal?.throwIfAborted();
    this.assertClosed();
    return new Promise((resolve, reject) => {
      const leave = (): void => {
        this.queue.remove(waiting);
        waiting.refuse(signal?.reason as Error);
        this.admit();
      };
      const ended = (): void => {
        signal?.removeEventListener('abort', leave);
        const [first] = waiting.told;
        if (first) this.observer.waited(this.provider, first, this.clock.ticks() - waiting.since);
      };
      const waiting: Waiting = {
        ...request, since: this.clock.ticks(), told: new Set(),
        go: (permit) => (ended(), resolve(permit)),
        refuse: (error) => (ended(), reject(error)),
      };
      signal?.addEventListener('abort', leave, { once: true });
      this.queue.add(waiting);
      this.admit();
      if (this.queue.has(waiting)) this.tell(waiting, this.holdOf(waiting, this.clock.ticks(), this.queue.ahead(waiting)));
    });
  }

  /** The provider asks to be left alone. */
  pause(ms: number): void {
    this.pausedUntil = Math.max(this.pausedUntil, this.clock.ticks() + Math.min(LONGEST_PAUSE_MS, ms));
    this.admit();
  }

  /** Lets in all who may go now, and looks again when the next one may. */
  private admit(): void {
    this.callOff?.();
    this.callOff = undefined;
    if (this.queue.size === 0) return;
    if (this.breaker?.restMs) {
      for (const waiting of this.queue.clear()) waiting.refuse(this.refusal());
      return;
    }
    let held: { waiting: Waiting; hold: Hold } | undefined;
    for (;;) {
      const now = this.clock.ticks();
      let nextMs = Infinity;
      let next: Waiting | undefined;
      held = undefined;
      for (const waiting of this.queue.heads()) {
        const own = this.holdOfUser(waiting, now);
        const hold = own ?? this.holdOfProvider(waiting, now);
        nextMs = Math.min(nextMs, hold?.ms ?? Infinity);
        if (own) continue;
        if (hold) held = { waiting, hold };
        else next = waiting;
        break;
      }
      if (!next) {
        if (nextMs < Infinity) this.callOff = this.clock.after(nextMs, () => this.admit());
        break;
      }
      this.queue.takeHead(next.user);
      next.go(this.permit(next, now));
    }
    // At last, as who is told may well leave the line.
    if (held) this.tell(held.waiting, held.hold);
  }

  private permit({ user, tokens, breaker = this.breaker }: Waiting, now: number): Permit {
    const taken = this.rates.take(tokens, now);
    const takenOfUser = this.users.of(user, now)?.take(tokens, now) ?? 0;
    this.inFlight++;
    const ended = Promise.withResolvers<void>();
    const watched = breaker?.begin();
    const end = async (): Promise<void> => {
      // Its place is not free before the breaker has made up its mind: nobody slips through to a provider that is down.
      await watched?.settled;
      this.inFlight--;
      ended.resolve();
      this.admit();
    };
    void this.places?.execute(() => ended.promise).then(() => this.admit());
    return new Permit(watched?.isTry ?? false, {
      outcome: (outcome) => watched?.tell(outcome),
      used: (used) => {
        const at = this.clock.ticks();
        this.rates.giveTokens(taken - used, at);
        // Asked for again: while it was under way they may have been forgotten, as nothing was used up of them any more.
        this.users.of(user, at)?.giveTokens(takenOfUser - used, at);
      },
      ended: () => void end(),
      pause: (ms) => this.pause(ms),
    });
  }

  /** What holds it up longest, or without a time that is known; nothing where it may go. */
  private holdOf(waiting: Waiting, now: number, ahead: readonly Waiting[]): Hold | undefined {
    const own = this.holdOfUser(waiting, now, this.queue.ownAhead(waiting));
    const all = this.holdOfProvider(waiting, now, ahead);
    return (own?.ms ?? -1) > (all?.ms ?? -1) ? own : all;
  }

  private holdOfUser({ user, tokens }: Waiting, now: number, ahead: readonly Waiting[] = []): Hold | undefined {
    const hold = this.users.of(user, now)?.hold(tokens, now, sumOf(ahead, this.limits.perUser));
    return hold && { limit: `user_${hold.rate}`, ms: hold.ms, ahead: ahead.length };
  }

  private holdOfProvider({ tokens }: Waiting, now: number, ahead: readonly Waiting[] = []): Hold | undefined {
    const pauseMs = Math.ceil(this.pausedUntil - now);
    const hold = this.rates.hold(tokens, now, sumOf(ahead, this.limits.rates));
    if (pauseMs > 0 && pauseMs >= (hold?.ms ?? 0)) return { limit: 'retry_after', ms: pauseMs, ahead: ahead.length };
    if (hold) return { limit: hold.rate, ms: hold.ms, ahead: ahead.length };
    if (this.breaker?.isTrying) return { limit: 'breaker', ahead: ahead.length };
    if (this.places && this.places.executionSlots <= 0) return { limit: 'concurrency', ahead: ahead.length };
    return undefined;
  }

  private tell(waiting: Waiting, hold: Hold | undefined): void {
    if (!hold || waiting.told.has(hold.limit) || !this.queue.has(waiting)) return;
    waiting.told.add(hold.limit);
    try {
      waiting.tell(hold);
    } catch (error) {
      this.queue.remove(waiting);
      waiting.refuse(error as Error);
      this.admit();
    }
  }

  private assertClosed(): void {
    if (!this.breaker?.restMs) return;
    throw this.refusal();
  }

  private refusal(): StepcastError {
    this.observer.refused(this.provider);
    const seconds = (this.breaker?.restMs ?? 0) / 1000;
    const failures = this.limits.breaker?.failures ?? 0;
    return new StepcastError('overloaded', `the provider "${this.provider}" has failed ${failures} times in a row or more, and is not asked for another ${seconds} s (try later, or put the step into a retry)`, { retryable: true, retryAfterSeconds: seconds });
  }
}

/** What they will take, as `Rates.take` does. */
function sumOf(ahead: readonly Waiting[], { tokensPerMinute = 0 }: RequestRates): Ahead {
  if (ahead.length === 0) return NOTHING_AHEAD;
  return { requests: ahead.length, tokens: ahead.reduce((sum, { tokens }) => sum + Math.min(tokens, tokensPerMinute), 0) };
}
