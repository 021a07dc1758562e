import { type LookupAddress } from 'node:dns';
import { describe, expect, it } from '@jest/globals';
import { LlmOptions } from '../llm.options.js';
import { AddressGuard } from './address.guard.js';
import { NameResolver } from './name.resolver.js';

const PUBLIC = { address: '1.1.1.1', family: 4 };
const PUBLIC_6 = { address: '2606:4700:4700::1111', family: 6 };
const PRIVATE = { address: '10.0.0.1', family: 4 };
const TRANSLATED = { address: '64:ff9b::101:101', family: 6 };

/** What a connection to the URL is given, where the name stands for each list in turn. */
function guard(answers: LookupAddress[][], httpAllowedHosts: string[] = []) {
  const names = new NameResolver();
  let asked = 0;
  names.resolve = async () => answers[asked++] ?? [];
  const guarded = new AddressGuard(names, Object.assign(new LlmOptions(), { httpAllowedHosts }));
  return (url: string, options: { all?: boolean; family?: 4 | 6 } = { all: true }) => new Promise<unknown[]>((resolve, reject) => {
    guarded.lookupFor(new URL(url))(new URL(url).hostname, options, (error, ...given) => (error ? reject(error) : resolve(given)));
  });
}

describe('the lookup of a connection', () => {
  it('gives public addresses alone, in the form that is asked for', async () => {
    expect(await guard([[TRANSLATED, PRIVATE, PUBLIC, PUBLIC_6]])('http://a.example')).toEqual([[PUBLIC, PUBLIC_6]]);
    expect(await guard([[PRIVATE, PUBLIC_6, PUBLIC]])('http://a.example', {})).toEqual([PUBLIC_6.address, 6]);
    expect(await guard([[PUBLIC_6, PUBLIC]])('http://a.example', { family: 4 })).toEqual([PUBLIC.address, 4]);
  });

  it('refuses a name that stands for none, and looks again at each connection', async () => {
    const lookup = guard([[PUBLIC], [PRIVATE]]);
    expect(await lookup('http://a.example')).toEqual([[PUBLIC]]);
    await expect(lookup('http://a.example')).rejects.toMatchObject({ code: 'address_refused', message: expect.stringMatching(/^a\.example stands for a private address, .* add a\.example to LLM_HTTP_ALLOWED_HOSTS/), options: { retryable: false } });
  });

  it('gives all of a host that is allowed', async () => {
    expect(await guard([[PRIVATE, PUBLIC]], ['a.example:80'])('http://a.example')).toEqual([[PRIVATE, PUBLIC]]);
  });

  it('tells a name that stands for nothing from one that is refused', async () => {
    await expect(guard([[]])('http://a.example')).rejects.toMatchObject({ code: 'ENOTFOUND' });
    await expect(guard([[PRIVATE]])('http://a.example', { family: 6 })).rejects.toMatchObject({ code: 'ENOTFOUND' });
  });

  it('is none at all where the URL itself names an address that is refused', () => {
    const guarded = new AddressGuard(new NameResolver(), Object.assign(new LlmOptions(), { httpAllowedHosts: ['10.0.0.2'] }));
    expect(() => guarded.lookupFor(new URL('http://0xa.1:8080/'))).toThrow(/^10\.0\.0\.1 is a private address, .* add 10\.0\.0\.1:8080 to/);
    expect(() => guarded.lookupFor(new URL('http://[::1]/'))).toThrow(/^\[::1\] is a loopback address/);
    for (const url of ['http://10.0.0.2/', 'http://1.1.1.1/', 'http://[2606:4700:4700::1111]/']) expect(guarded.lookupFor(new URL(url))).toBeInstanceOf(Function);
  });
});
