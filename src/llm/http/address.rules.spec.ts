import { networkInterfaces } from 'node:os';
import { describe, expect, it } from '@jest/globals';
import { refusalOf } from './address.rules.js';

describe('the addresses that requests may go to', () => {
  it.each(['1.1.1.1', '8.8.8.8', '172.15.255.255', '172.32.0.0', '100.63.255.255', '100.128.0.0', '169.253.255.255', '223.255.255.255', '2606:4700:4700::1111', '2a00:1450:4001::1'])('are public ones: %s', (address) => {
    expect(refusalOf(address)).toBeUndefined();
  });

  it.each([
    ['0.0.0.0', 'an unspecified address'], ['0.1.2.3', 'an unspecified address'], ['::', 'an unspecified address'],
    ['127.0.0.1', 'a loopback address'], ['127.255.255.254', 'a loopback address'], ['::1', 'a loopback address'],
    ['10.0.0.7', 'a private address'], ['172.16.0.1', 'a private address'], ['172.31.255.255', 'a private address'], ['192.168.1.1', 'a private address'],
    ['fc00::1', 'a private address'], ['fd00:ec2::254', 'a private address'], ['fd20:ce::254', 'a private address'], ['fec0::1', 'a special-purpose address'],
    ['169.254.169.254', 'a link-local address'], ['169.254.170.2', 'a link-local address'], ['fe80::1', 'a link-local address'], ['fe80::1%eth0', 'a link-local address'],
    ['100.64.0.1', 'a carrier-grade NAT address'], ['100.100.100.200', 'a carrier-grade NAT address'],
    ['224.0.0.1', 'a multicast address'], ['239.255.255.250', 'a multicast address'], ['ff02::1', 'a multicast address'],
    ['255.255.255.255', 'a broadcast address'], ['240.0.0.1', 'a reserved address'], ['192.0.0.192', 'a reserved address'],
    ['192.0.2.1', 'a reserved address'], ['198.18.0.1', 'a reserved address'], ['198.51.100.1', 'a reserved address'], ['203.0.113.1', 'a reserved address'], ['2001:db8::1', 'a reserved address'],
    ['168.63.129.16', 'a cloud metadata address'],
  ])('are not %s, which is %s', (address, what) => {
    expect(refusalOf(address)).toBe(what);
  });

  it.each([
    ['::ffff:127.0.0.1', 'an IPv4-mapped address'], ['::ffff:8.8.8.8', 'an IPv4-mapped address'], ['::ffff:0:127.0.0.1', 'a translated address'],
    ['64:ff9b::7f00:1', 'a translated address'], ['64:ff9b:1::a00:1', 'a translated address'], ['2002:7f00:1::', 'a tunnelled address'], ['2001:0:7f00:1::', 'a tunnelled address'],
    // IPv4-compatible: deprecated, and still understood by some systems.
    ['::127.0.0.1', 'an IPv4-mapped address'], ['::7f00:1', 'a reserved address'],
    ['4000::1', 'a reserved address'], ['100::1', 'a special-purpose address'], ['2001:20::1', 'a special-purpose address'],
  ])('are not %s, an IPv6 address that leads elsewhere: %s', (address, what) => {
    expect(refusalOf(address)).toBe(what);
  });

  it("are none of the machine's own, public or not", () => {
    const own = Object.values(networkInterfaces()).flatMap((entries) => entries ?? []).map(({ address }) => address);
    expect(own.length).toBeGreaterThan(0);
    for (const address of own) expect(refusalOf(address)).toBeDefined();
  });

  it.each(['', 'localhost', '127.1', '0x7f.1', '1.2.3', '010.0.0.1', '1.2.3.4.5'])('are not %p, of which nobody knows where it leads', (address) => {
    expect(refusalOf(address)).toBeDefined();
  });
});
