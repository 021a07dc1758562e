/** The rates of each user of a provider. Those of who has used up nothing are not kept: users may be any number. */
import { type RequestRates } from './limits.options.js';
import { Rates } from './rates.js';

const KEPT = 1000;

export class UserRates {
  private readonly users = new Map<string, Rates>();
  private sweepAt = KEPT;

  constructor(private readonly rates: RequestRates) {}

  /** Of somebody who is not known there are none. */
  of(user: string | undefined, now: number): Rates | undefined {
    if (user === undefined || (this.rates.requestsPerMinute === undefined && this.rates.tokensPerMinute === undefined)) return undefined;
    let rates = this.users.get(user);
    if (rates) return rates;
    if (this.users.size >= this.sweepAt) this.sweep(now);
    this.users.set(user, (rates = new Rates(this.rates, now)));
    return rates;
  }

  get size(): number {
    return this.users.size;
  }

  private sweep(now: number): void {
    for (const [user, rates] of this.users) if (rates.isFull(now)) this.users.delete(user);
    // Where most are in use, looking at all of them each time would take the square of their number.
    this.sweepAt = Math.max(KEPT, this.users.size * 2);
  }
}
