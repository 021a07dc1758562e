/**
 * Lets requests connect to public addresses alone, save for the hosts that are allowed. A name is resolved when the socket
 * connects, and the socket is given the addresses that were looked at and no name: what a name stands for cannot change in
 * between (DNS rebinding). Addresses in the URL never come to a lookup and are looked at before.
 */
import { type LookupAddress, type LookupOptions } from 'node:dns';
import { isIP, type LookupFunction } from 'node:net';
import { Injectable } from '@nestjs/common';
import { StepcastError } from '../../contract/errors.js';
import { LlmOptions } from '../llm.options.js';
import { refusalOf } from './address.rules.js';
import { AllowedHosts } from './allowed.hosts.js';
import { NameResolver } from './name.resolver.js';

@Injectable()
export class AddressGuard {
  private readonly allowed: AllowedHosts;

  constructor(private readonly names: NameResolver, { httpAllowedHosts }: LlmOptions) {
    this.allowed = new AllowedHosts(httpAllowedHosts);
  }

  /**
   * The lookup that a request to the URL is to be made with.
   * @throws StepcastError `address_refused` where the URL itself names an address that is refused.
   */
  lookupFor(url: URL): LookupFunction {
    const isAllowed = this.allowed.has(url);
    const host = url.hostname.replace(/^\[|\]$/g, '');
    const refusal = isIP(host) && !isAllowed ? refusalOf(host) : undefined;
    if (refusal !== undefined) throw refused(url, `is ${refusal}`);
    return (hostname, options, callback) => {
      this.resolve(url, hostname, options, isAllowed).then(
        (addresses) => {
          const [{ address, family }] = addresses;
          if (options.all) callback(null, addresses);
          else callback(null, address, family);
        },
        (error: NodeJS.ErrnoException) => callback(error, ''),
      );
    };
  }

  /** Of several addresses those that may be connected to: a name may have a translated one beside a public one. */
  private async resolve(url: URL, hostname: string, { family }: LookupOptions, isAllowed: boolean): Promise<[LookupAddress, ...LookupAddress[]]> {
    const wanted = family === 4 || family === 'IPv4' ? 4 : family === 6 || family === 'IPv6' ? 6 : undefined;
    const all = (await this.names.resolve(hostname)).filter((found) => wanted === undefined || found.family === wanted);
    const [first, ...others] = isAllowed ? all : all.filter(({ address }) => refusalOf(address) === undefined);
    if (first) return [first, ...others];
    // The address itself is not told: names inside a network are no business of those outside.
    const refusal = all[0] && refusalOf(all[0].address);
    if (refusal !== undefined) throw refused(url, `stands for ${refusal}`);
    throw Object.assign(new Error(`${hostname} has no address`), { code: 'ENOTFOUND' });
  }
}

function refused({ host, hostname }: URL, why: string): StepcastError {
  return new StepcastError('address_refused', `${hostname} ${why}, which the http agent does not connect to; where it shall, add ${host} to LLM_HTTP_ALLOWED_HOSTS (httpAllowedHosts)`, { retryable: false });
}
