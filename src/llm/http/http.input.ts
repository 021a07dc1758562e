/** What the `http` agent takes: its members, their bounds, and the request that is made of them. */
import { validateHeaderName, validateHeaderValue } from 'node:http';
import { type Fault } from '../../contract/errors.js';
import { isObject, type JsonObject, type JsonValue, memberPath } from '../../contract/json.js';
import { isTemplate } from '../../orchestration/agents/step.faults.js';

export const HTTP_LIMITS = {
  /** Milliseconds for the whole of it: names, redirects and the body included. */
  timeoutMs: { default: 30_000, max: 600_000 },
  /** Bytes of a response's body, decoded. */
  maxBytes: { default: 1024 * 1024, max: 8 * 1024 * 1024 },
  /** Bytes of all headers, of a request and of a response each. */
  headerBytes: 16 * 1024,
  redirects: 5,
} as const;

export const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE'] as const;
export type Method = (typeof METHODS)[number];

/** One request on its way; a redirect makes another one of it. */
export interface HttpRequest {
  readonly method: Method;
  readonly url: URL;
  /** By lower-case name. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: Buffer;
}

const MEMBERS = ['method', 'url', 'headers', 'body', 'timeoutMs', 'maxBytes', 'failOnError'];
const BODILESS = new Set<string>(['GET', 'HEAD']);
/** They belong to one connection, or to this client, which would no longer know what it sends and receives. */
const REFUSED_HEADERS = new Set([
  'host', 'connection', 'content-length', 'expect', 'http2-settings', 'keep-alive', 'proxy-authenticate', 'proxy-authorization', 'proxy-connection',
  'te', 'trailer', 'transfer-encoding', 'upgrade',
]);

type Open = (value: JsonValue | undefined) => boolean;

/** What is wrong with an input. */
export function inputFaults(input: JsonValue): Fault[] {
  return faultsOf(input, () => false);
}

/** What is wrong with the input of a step that has not started: templates in it are not filled yet. */
export function stepFaults(input: JsonValue): Fault[] {
  return isTemplate(input) ? [] : faultsOf(input, isTemplate);
}

/** The request that an input without faults asks for. */
export function requestOf(input: JsonObject): HttpRequest {
  const { method = 'GET', url, headers = {}, body = null } = input;
  const given = Object.fromEntries(Object.entries(headers as JsonObject).map(([name, value]) => [name.toLowerCase(), String(value as string)]));
  const request = { method: (method as string).toUpperCase() as Method, url: new URL(url as string) };
  const defaults: Record<string, string> = { accept: '*/*', 'accept-encoding': 'gzip, deflate, br', 'user-agent': 'stepcast' };
  if (body === null) return { ...request, headers: { ...defaults, ...given } };
  defaults['content-type'] = typeof body === 'string' ? 'text/plain; charset=utf-8' : 'application/json';
  return { ...request, headers: { ...defaults, ...given }, body: Buffer.from(typeof body === 'string' ? body : JSON.stringify(body)) };
}

function faultsOf(input: JsonValue, isOpen: Open): Fault[] {
  if (!isObject(input)) return [{ path: '', message: `must be an object {${MEMBERS.join(', ')}}` }];
  const faults: Fault[] = [];
  const add = (key: string, message: string | undefined) => {
    if (message !== undefined) faults.push({ path: memberPath('', key), message });
  };
  for (const key of Object.keys(input)) if (!MEMBERS.includes(key)) add(key, `is not known; there are ${MEMBERS.join(', ')}`);
  const { method = 'GET', url, headers = {}, body = null, timeoutMs, maxBytes, failOnError = false } = input;
  const name = typeof method === 'string' ? method.toUpperCase() : '';
  if (!isOpen(method) && !METHODS.includes(name as Method)) add('method', `must be one of ${METHODS.join(', ')}`);
  if (!isOpen(url)) add('url', urlFault(url));
  if (!isOpen(headers)) faults.push(...headerFaults(headers, isOpen));
  if (body !== null && BODILESS.has(name)) add('body', `cannot be sent with ${name}; use another method`);
  if (!isOpen(timeoutMs)) add('timeoutMs', numberFault(timeoutMs, HTTP_LIMITS.timeoutMs.max));
  if (!isOpen(maxBytes)) add('maxBytes', numberFault(maxBytes, HTTP_LIMITS.maxBytes.max));
  if (!isOpen(failOnError) && typeof failOnError !== 'boolean') add('failOnError', 'must be true or false');
  return faults;
}

/** Why a URL is not one to send requests to. */
export function urlFault(given: JsonValue | undefined): string | undefined {
  if (given === undefined) return 'is missing';
  const url = typeof given === 'string' ? URL.parse(given) : null;
  if (!url) return 'must be an absolute URL, such as https://api.example/items';
  if (url.protocol !== 'http:' && url.protocol !== 'https:') return 'must begin with http:// or https://';
  if (url.username !== '' || url.password !== '') return 'must not have a user or a password in it; give an authorization header';
  return undefined;
}

function headerFaults(headers: JsonValue, isOpen: Open): Fault[] {
  if (!isObject(headers)) return [{ path: '/headers', message: 'must be an object of texts by name' }];
  const seen = new Set<string>();
  let bytes = 0;
  const faults = Object.entries(headers).flatMap(([name, value]) => {
    const own = name.toLowerCase();
    const fault = isOpen(value) ? nameFault(name) : (nameFault(name) ?? valueFault(name, value));
    const twice = seen.has(own) ? 'is given twice' : undefined;
    seen.add(own);
    bytes += name.length + (typeof value === 'string' ? value.length : 0) + 4;
    const message = fault ?? twice;
    return message === undefined ? [] : [{ path: memberPath('/headers', name), message }];
  });
  return bytes > HTTP_LIMITS.headerBytes ? [...faults, { path: '/headers', message: `has more than ${HTTP_LIMITS.headerBytes} bytes` }] : faults;
}

function nameFault(name: string): string | undefined {
  if (REFUSED_HEADERS.has(name.toLowerCase())) return 'is set by the client itself; leave it out';
  try {
    validateHeaderName(name);
    return undefined;
  } catch {
    return 'is no name of a header';
  }
}

function valueFault(name: string, value: JsonValue): string | undefined {
  if (typeof value !== 'string' && typeof value !== 'number' && typeof value !== 'boolean') return 'must be a text';
  try {
    validateHeaderValue(name, String(value));
    return undefined;
  } catch {
    return 'has characters that no header can carry, such as line breaks';
  }
}

function numberFault(value: JsonValue | undefined, max: number): string | undefined {
  const isGood = value === undefined || (typeof value === 'number' && Number.isInteger(value) && value >= 1 && value <= max);
  return isGood ? undefined : `must be a whole number from 1 to ${max}`;
}
