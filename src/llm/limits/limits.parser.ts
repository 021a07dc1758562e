/**
 * Limits as one line of text, which the environment carries:
 *
 *     openai=500rpm,200000tpm,20concurrent,60rpm/user; *=8concurrent,breaker:5/30s; ollama=off
 *
 * Providers are separated by `;`, their limits by `,`. `rpm` are requests and `tpm` tokens a minute, `/user` those of one
 * user; `breaker:5/30s` leaves a provider alone for 30 seconds after 5 failures in a row. `off` is: none at all.
 */
import { type Figure, isWithinBounds, LIMIT_BOUNDS } from './limits.bounds.js';
import { EVERY_OTHER, type LimitsOptions, type ProviderLimits } from './limits.options.js';

/** Longer numbers are out of every bound. */
const NUMBER = /^(\d{1,15})(rpm|tpm|concurrent)(\/user)?$/;
const BREAKER = /^breaker:(?:off|(\d{1,15})\/(\d{1,12})s)$/;
const FIGURES: Readonly<Record<string, Figure>> = { rpm: 'requestsPerMinute', tpm: 'tokensPerMinute', concurrent: 'concurrency' };

/**
 * @param known The names of all providers.
 * @returns What is understood, and a line for each fault.
 */
export function parseLimits(text: string, known: readonly string[]): { limits: LimitsOptions; faults: string[] } {
  const limits: LimitsOptions = {};
  const faults: string[] = [];
  for (const entry of text.split(';').map((part) => part.trim()).filter((part) => part !== '')) {
    const [, provider, list] = /^([^=]+?)\s*=(.*)$/.exec(entry) ?? [];
    if (provider === undefined || list === undefined) faults.push(`${JSON.stringify(entry)} must be provider=limit,limit, such as openai=500rpm,20concurrent`);
    else if (provider !== EVERY_OTHER && !known.includes(provider)) faults.push(`${JSON.stringify(provider)} is no provider that is known; known are ${known.join(', ')}, and LLM_PROVIDERS adds more`);
    else if (Object.hasOwn(limits, provider)) faults.push(`${JSON.stringify(provider)} stands there twice`);
    else limits[provider] = entryOf(list, (fault) => faults.push(`${provider}: ${fault}`));
  }
  return { limits, faults };
}

function entryOf(list: string, fault: (what: string) => void): ProviderLimits | false {
  const parts = list.split(',').map((part) => part.trim());
  if (parts.length === 1 && parts[0] === 'off') return false;
  const limits: ProviderLimits = {};
  const seen = new Set<string>();
  const set = <T extends object>(target: T, key: keyof T & Figure, text: string, unit = 1): void => {
    const value = Number(text) * unit;
    if (isWithinBounds(key, value)) Object.assign(target, { [key]: value });
    else fault(`${text} must be a whole number from ${Math.ceil(LIMIT_BOUNDS[key][0] / unit)} to ${LIMIT_BOUNDS[key][1] / unit}`);
  };
  for (const part of parts) {
    const [, number, unit = '', perUser] = NUMBER.exec(part) ?? [];
    const breaker = BREAKER.exec(part);
    const kind = breaker ? 'breaker' : `${unit}${perUser ?? ''}`;
    if (kind !== '' && seen.has(kind)) fault(`${JSON.stringify(part)} sets for a second time what stands before it`);
    seen.add(kind);
    if (breaker) {
      const [, failures, seconds] = breaker;
      limits.breaker = failures === undefined || seconds === undefined ? false : {};
      if (limits.breaker) {
        set(limits.breaker, 'failures', failures as string);
        set(limits.breaker, 'openMs', seconds as string, 1000);
      }
    } else if (number === undefined || (unit === 'concurrent' && perUser !== undefined)) {
      fault(`${JSON.stringify(part)} is no limit; there are 500rpm, 200000tpm, 20concurrent, 60rpm/user, 20000tpm/user, breaker:5/30s, breaker:off, and off alone`);
    } else if (perUser === undefined) set(limits, FIGURES[unit] as 'concurrency', number);
    else set((limits.perUser ??= {}), FIGURES[unit] as 'requestsPerMinute', number);
  }
  return limits;
}
