/** What keys and addresses of providers must be, wherever they are given. */
import { AllowedHosts } from './http/allowed.hosts.js';

/** Headers take no other characters: a request would fail with a message that says less. */
export function isKey(value: string): boolean {
  return /^[\x21-\x7e]+$/.test(value);
}

/** An http or https URL without a password and a query. */
export function isBaseUrl(value: string): boolean {
  const url = URL.parse(value);
  return url !== null && /^https?:$/.test(url.protocol) && url.username === '' && url.password === '' && url.search === '' && url.hash === '';
}

/** Such as `localhost:8080` or `intranet.example`. */
export function isAllowedHost(value: string): boolean {
  try {
    new AllowedHosts([value]);
    return true;
  } catch {
    return false;
  }
}
