import { describe, expect, it } from '@jest/globals';
import { AllowedHosts } from './allowed.hosts.js';

const has = (entries: string[], url: string) => new AllowedHosts(entries).has(new URL(url));

describe('the hosts that are allowed', () => {
  it.each([
    [['localhost'], 'http://localhost/'], [['localhost'], 'http://localhost:8080/'], [['localhost:8080'], 'http://localhost:8080/'],
    [['LocalHost:8080 '], 'http://LOCALHOST.:8080/'], [['intranet.example.'], 'https://intranet.example'],
    [['intranet.example:443'], 'https://intranet.example/'], [['intranet.example:80'], 'http://intranet.example/'],
    [['10.0.0.7'], 'http://10.0.0.7:99/'], [['127.0.0.1:80'], 'http://0x7f.1/'], [['127.0.0.1'], 'http://2130706433/'],
    [['::1'], 'http://[::1]:3000/'], [['[::1]:3000'], 'http://[0:0:0:0:0:0:0:1]:3000/'], [['bücher.example'], 'http://xn--bcher-kva.example/'],
  ])('%j allow %s', (entries, url) => {
    expect(has(entries, url)).toBe(true);
  });

  it.each([
    [[], 'http://localhost/'], [['localhost:8080'], 'http://localhost:8081/'], [['localhost:8080'], 'http://localhost/'], [['intranet.example:80'], 'https://intranet.example/'],
    [['example'], 'http://intranet.example/'], [['intranet.example'], 'http://intranet.example.evil.example/'], [['intranet.example'], 'http://evil.example/intranet.example'],
    [['10.0.0.7'], 'http://10.0.0.70/'], [['[::1]:3000'], 'http://[::1]:3001/'],
  ])('%j do not allow %s', (entries, url) => {
    expect(has(entries, url)).toBe(false);
  });

  // Nobody's host has a `*` in its name: who writes one means many hosts, and each has to be named.
  it.each(['', ' ', 'http://localhost', 'a b', 'host:port', 'host:99999', 'user@host', '*', '*.example', 'host/path', '[::1', '1.2.3.4.5'])('are no list where one is %p', (entry) => {
    expect(() => new AllowedHosts([entry])).toThrow(/is no host that the http agent could be allowed; give host or host:port/);
  });
});
