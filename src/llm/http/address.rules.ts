/**
 * Which addresses a request may go to: those of the public internet alone. Everything else leads to the machine itself,
 * to its network or to the cloud it runs in, where a request of ours is trusted more than one of the user's would be.
 *
 * What is allowed is listed, not what is refused: of IPv6 it is global unicast (2000::/3) without what carries an IPv4
 * address in it (6to4, Teredo; mapped, translated and compatible addresses lie outside of 2000::/3) and without what is
 * reserved; of IPv4 what IANA has registered no special purpose for.
 */
import { isIP } from 'node:net';
import { networkInterfaces } from 'node:os';
import ipaddr from 'ipaddr.js';

type Address = ReturnType<typeof ipaddr.parse>;

const GLOBAL_UNICAST = ipaddr.parseCIDR('2000::/3');
/** Public by its number, but answered by the machine's own host: Azure's metadata and agents. */
const HOST_SERVICES = new Set(['168.63.129.16']);

/** What an address is, where it is not to be connected to; nothing where it is. */
export function refusalOf(address: string): string | undefined {
  // ipaddr.js would take other forms too, and not as the system does: 127.1 and 010.0.0.1.
  if (!isIP(address)) return 'no address';
  const parsed = ipaddr.parse(address);
  if (parsed.kind() === 'ipv6' && !parsed.match(GLOBAL_UNICAST)) return `${inWords(parsed.range())} address`;
  if (parsed.range() !== 'unicast') return `${inWords(parsed.range())} address`;
  if (HOST_SERVICES.has(parsed.toString())) return 'a cloud metadata address';
  return isOwn(parsed) ? "the machine's own address" : undefined;
}

/** A public address may be the machine's own, which then takes connections to it as it takes those to loopback. */
function isOwn(address: Address): boolean {
  const own = Object.values(networkInterfaces()).flatMap((entries) => entries ?? []);
  return own.some((entry) => ipaddr.parse(entry.address).toNormalizedString() === address.toNormalizedString());
}

const NAMES: Record<string, string> = {
  uniqueLocal: 'a private',
  carrierGradeNat: 'a carrier-grade NAT',
  linkLocal: 'a link-local',
  ipv4Mapped: 'an IPv4-mapped',
  rfc6145: 'a translated',
  rfc6052: 'a translated',
  '6to4': 'a tunnelled',
  teredo: 'a tunnelled',
  unspecified: 'an unspecified',
};

/** The name of a range, with its article. */
function inWords(range: string): string {
  if (range === 'unicast') return 'a reserved';
  if (Object.hasOwn(NAMES, range)) return NAMES[range] as string;
  return ['private', 'loopback', 'multicast', 'broadcast', 'reserved'].includes(range) ? `a ${range}` : 'a special-purpose';
}
