import { isIPv4, isIPv6 } from 'node:net';

/**
 * What requests from an address are counted under. IPv6 addresses are counted by their /64 network: who has one
 * address there has all 2^64 of it. IPv4 addresses written as IPv6 are counted as what they are. Whatever is no
 * address (a proxy may hand on any text) shares one count, so that making texts up gains nothing.
 */
export function addressKey(address: string | undefined): string {
  const plain = address?.replace(/%.*$/, '') ?? '';
  if (isIPv4(plain)) return plain;
  if (!isIPv6(plain)) return 'unknown';
  const groups = groupsOf(plain);
  if (groups.slice(0, 5).every((group) => group === 0) && groups[5] === 0xffff) {
    const [high = 0, low = 0] = groups.slice(6);
    return [high >> 8, high & 255, low >> 8, low & 255].join('.');
  }
  return `${groups.slice(0, 4).map((group) => group.toString(16)).join(':')}::/64`;
}

/** The eight groups of an IPv6 address. */
function groupsOf(address: string): number[] {
  // The URL parser writes every form, dotted ends too, as groups with at most one `::`.
  const [head = '', tail] = new URL(`http://[${address}]/`).hostname.slice(1, -1).split('::');
  const parse = (part: string) => (part === '' ? [] : part.split(':').map((group) => parseInt(group, 16)));
  const [before, after] = [parse(head), parse(tail ?? '')];
  return [...before, ...Array<number>(8 - before.length - after.length).fill(0), ...after];
}
