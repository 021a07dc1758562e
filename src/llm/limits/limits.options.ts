/** How much of a provider of models may be used at once and in a minute, and when it is left alone. */
import { givenOf } from '../../contract/definition.js';

/** What may be asked in a minute; without a member, as much as comes. */
export interface RequestRates {
  requestsPerMinute?: number;
  /** Of input and output together, as providers count them. */
  tokensPerMinute?: number;
}

/** When a provider that fails is left alone. */
export interface BreakerOptions {
  /** Failures in a row after which it is; default 10. */
  failures?: number;
  /** For how many milliseconds; default 10,000. Then one request tries whether it is back. */
  openMs?: number;
}

/** Limits of one provider: those of all users together, and of each of them. */
export interface ProviderLimits extends RequestRates {
  /** Requests at once; default 64. */
  concurrency?: number;
  /** What one user may ask of it. */
  perUser?: RequestRates;
  /** `false`: it is asked whatever it does. */
  breaker?: BreakerOptions | false;
}

/**
 * By the names of providers; `*` is for all but `demo`, and for what the entry of a provider leaves open. `false` takes all
 * limits away, those that are there by default too.
 */
export type LimitsOptions = Record<string, ProviderLimits | false>;

/** The limits of a provider as they hold. */
export interface Limits {
  rates: RequestRates;
  perUser: RequestRates;
  concurrency?: number;
  breaker?: Required<BreakerOptions>;
}

/** The entry for providers that have none of their own. */
export const EVERY_OTHER = '*';

const DEFAULT_CONCURRENCY = 64;
const DEFAULT_BREAKER: Required<BreakerOptions> = { failures: 10, openMs: 10_000 };
const DEFAULTS: ProviderLimits = { concurrency: DEFAULT_CONCURRENCY, breaker: DEFAULT_BREAKER };

/** What holds for a provider; nothing where nothing does. */
export function limitsOf(provider: string, given: LimitsOptions = {}): Limits | undefined {
  const own = Object.hasOwn(given, provider) ? given[provider] : undefined;
  // The small local model answers in this process: what others need would only be in its way.
  const others = provider === 'demo' ? false : (given[EVERY_OTHER] ?? DEFAULTS);
  if (own === false || (own === undefined && others === false)) return undefined;
  const base = others === false ? {} : { ...DEFAULTS, ...givenOf(others) };
  const { requestsPerMinute, tokensPerMinute, concurrency, breaker, perUser } = { ...base, ...givenOf(own ?? {}) };
  return {
    rates: givenOf({ requestsPerMinute, tokensPerMinute }),
    perUser: { ...givenOf(base.perUser ?? {}), ...givenOf(perUser ?? {}) },
    ...(concurrency === undefined ? {} : { concurrency }),
    ...(breaker === undefined || breaker === false ? {} : { breaker: { ...DEFAULT_BREAKER, ...givenOf(base.breaker || {}), ...givenOf(breaker) } }),
  };
}
