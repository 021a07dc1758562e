/**
 * Where a response sends its request on to (RFC 9110, 15.4), by the rules of browsers where it leaves a choice: 301 and
 * 302 turn POST into GET, 303 turns everything but HEAD into GET, 307 and 308 change nothing. To another origin go only
 * headers that say nothing of who asks: names of credentials are not all known, so those that go along are listed.
 */
import { type IncomingMessage } from 'node:http';
import { StepcastError } from '../../contract/errors.js';
import { type HttpRequest, urlFault } from './http.input.js';

const REDIRECTS = new Set([301, 302, 303, 307, 308]);
const HARMLESS = new Set(['accept', 'accept-encoding', 'accept-language', 'content-encoding', 'content-language', 'content-type', 'idempotency-key', 'user-agent']);
const OF_A_BODY = new Set(['content-encoding', 'content-language', 'content-location', 'content-type', 'idempotency-key']);

/** The next request; nothing where the response is the answer. @throws StepcastError `http_failed`, `address_refused` */
export function redirectOf(request: HttpRequest, { statusCode = 0, headers: { location } }: Pick<IncomingMessage, 'statusCode' | 'headers'>): HttpRequest | undefined {
  if (!REDIRECTS.has(statusCode) || location === undefined) return undefined;
  // Servers send bytes of UTF-8 where ASCII is due; Node reads headers as Latin-1.
  const url = URL.parse(Buffer.from(location, 'latin1').toString('utf8'), request.url.href);
  const fault = url ? urlFault(url.href) : 'must be a URL';
  if (!url || fault !== undefined) {
    throw new StepcastError('address_refused', `${request.url.origin} redirects to where no request can go: a location ${fault}`, { retryable: false });
  }
  const becomesGet = statusCode === 303 ? request.method !== 'HEAD' && request.method !== 'GET' : statusCode < 303 && request.method === 'POST';
  const isElsewhere = url.origin !== request.url.origin;
  const headers = Object.fromEntries(Object.entries(request.headers).filter(([name]) => !(becomesGet && OF_A_BODY.has(name)) && (!isElsewhere || HARMLESS.has(name))));
  if (becomesGet) return { method: 'GET', url, headers };
  return { ...request, url, headers };
}
