import { describe, expect, it } from '@jest/globals';
import { parseTrustProxy } from './trust-proxy.parser.js';

describe('parseTrustProxy', () => {
  it.each<[string, number | string[]]>([
    ['1', 1], [' 2 ', 2], ['100', 100],
    ['10.0.0.7', ['10.0.0.7']],
    ['loopback, 10.0.0.0/8', ['loopback', '10.0.0.0/8']],
    ['fd00::/8,::1', ['fd00::/8', '::1']],
    ['linklocal,uniquelocal', ['linklocal', 'uniquelocal']],
  ])('reads %j', (text, value) => {
    expect(parseTrustProxy(text)).toEqual(value);
  });

  it.each(['0', '101', '-1', '1.5', 'true', 'false', '*', 'all', '0.0.0.0/0', '::/0', '10.0.0.0/33', '10.0.0.0/', '10.0.0.0/8/8', '10.0.0', '10.0.0.7,', 'proxy.example.com', 'fe80::1%eth0', '10.0.0.0/255.0.0.0'])(
    'refuses %j, and says what to write', (text) => {
      expect(() => parseTrustProxy(text)).toThrow(expect.objectContaining({ code: 'invalid_input', message: expect.stringContaining('number of proxies before the service') }));
    });
});
