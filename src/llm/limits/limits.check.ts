/** What limits that code has given must be; the same figures as in the environment. */
import { members, entries, must, type Rule, wholeNumber } from '../members.js';
import { type Figure, LIMIT_BOUNDS } from './limits.bounds.js';
import { EVERY_OTHER } from './limits.options.js';

const figure = (name: Figure): Rule => {
  const [min, max] = LIMIT_BOUNDS[name];
  return wholeNumber(min, max);
};
const RATES = { requestsPerMinute: figure('requestsPerMinute'), tokensPerMinute: figure('tokensPerMinute') };
const BREAKER = members({ failures: figure('failures'), openMs: figure('openMs') });
const PROVIDER = members({
  ...RATES,
  concurrency: figure('concurrency'),
  perUser: members(RATES),
  breaker: (value, path) => (value === false ? [] : BREAKER(value, path)),
});

/** @param knows Whether there is a provider of that name. */
export function limitsRule(knows: (provider: string) => boolean): Rule {
  return entries((provider) => {
    if (provider !== EVERY_OTHER && !knows(provider)) return must(() => false, 'is for a provider that is not known');
    return (value, path) => (value === false ? [] : PROVIDER(value, path));
  });
}
