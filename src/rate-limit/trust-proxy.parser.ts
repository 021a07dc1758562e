import { isIPv4, isIPv6 } from 'node:net';
import { StepcastError } from '../contract/errors.js';

/** Names of ranges that Express and Fastify know. */
const RANGES: ReadonlySet<string> = new Set(['loopback', 'linklocal', 'uniquelocal']);
const MAX_HOPS = 100;

/**
 * Reads which proxies may say, by `X-Forwarded-For`, who is behind them, as `trust proxy` of Express takes it: how many
 * stand before the service, or their addresses, subnets and named ranges, separated by commas. Whoever is not named is
 * not believed, so there is no form that trusts everybody: a client could then choose the address that it is counted by.
 * @throws StepcastError `invalid_input`
 */
export function parseTrustProxy(text: string): number | string[] {
  const given = text.trim();
  if (/^\d+$/.test(given)) {
    if (Number(given) >= 1 && Number(given) <= MAX_HOPS) return Number(given);
  } else {
    const proxies = given.split(',').map((proxy) => proxy.trim());
    if (proxies.every((proxy) => RANGES.has(proxy) || isAddressOrSubnet(proxy))) return proxies;
  }
  throw new StepcastError(
    'invalid_input',
    `must be the number of proxies before the service, from 1 to ${MAX_HOPS}, or their addresses and subnets, such as 10.0.0.0/8, ${[...RANGES].join(', ')}, separated by commas, but is ${JSON.stringify(text)}`,
  );
}

function isAddressOrSubnet(text: string): boolean {
  const [address = '', prefix, ...rest] = text.split('/');
  const bits = isIPv4(address) ? 32 : isIPv6(address) && !address.includes('%') ? 128 : 0;
  if (bits === 0 || rest.length > 0) return false;
  return prefix === undefined || (/^\d{1,3}$/.test(prefix) && Number(prefix) >= 1 && Number(prefix) <= bits);
}
