/** What is wrong with options of subscribers, a line each, for the environment and for `forRoot`. Secrets are never repeated. */
import { isEventType } from '../../contract/events.js';
import { isObject } from '../../contract/json.js';
import { EVENT_FILE_DEFAULTS, type SubscribersOptions, WEBHOOK_DEFAULTS } from './subscriber.options.js';

const DAY_MS = 24 * 60 * 60 * 1000;
const SECRET_PREFIX = 'whsec_';
const [MIN_SECRET_BYTES, MAX_SECRET_BYTES] = [24, 64];

const BOUNDS: Readonly<Record<string, readonly [min: number, max: number]>> = {
  batch: [1, 100], concurrency: [1, 64], timeoutMs: [1, DAY_MS], minDelayMs: [1, DAY_MS], maxDelayMs: [1, DAY_MS], deadAfterMs: [1, 365 * DAY_MS],
  maxBytes: [1024, Number.MAX_SAFE_INTEGER], maxFiles: [1, 1000],
};
const WEBHOOK_KEYS: ReadonlySet<string> = new Set(['name', 'url', 'secret', 'types', 'workflows', ...Object.keys(WEBHOOK_DEFAULTS)]);
const FILE_KEYS: ReadonlySet<string> = new Set(['path', 'types', 'workflows', ...Object.keys(EVENT_FILE_DEFAULTS)]);

type Given = Record<string, unknown>;

export function faultsOf({ file, webhooks = [] }: SubscribersOptions): string[] {
  const faults: string[] = [];
  if (typeof file === 'string' ? file === '' : file !== undefined) faults.push(...(isObject(file) ? fileFaults(file) : ['file must be a path, or an object with one']));
  return [...faults, ...webhookFaults(webhooks).map((fault) => `webhooks${fault}`)];
}

/** Each begins with the place: `[0].url must be …`. */
export function webhookFaults(webhooks: unknown): string[] {
  if (!Array.isArray(webhooks)) return [' must be an array of {name, url, secret}'];
  const names = new Set<unknown>();
  return webhooks.flatMap((webhook: unknown, i) => {
    if (!isObject(webhook)) return [`[${i}] must be an object {name, url, secret}`];
    const faults = [...unknownKeys(webhook, WEBHOOK_KEYS), ...commonFaults(webhook)];
    const { name, url, secret, minDelayMs = WEBHOOK_DEFAULTS.minDelayMs, maxDelayMs = WEBHOOK_DEFAULTS.maxDelayMs } = webhook;
    if (typeof name !== 'string' || !/^[\w.-]{1,100}$/.test(name)) faults.push('.name must be 1 to 100 letters, digits, ".", "_" or "-"');
    else if (names.has(name)) faults.push(`.name "${name}" is that of an earlier one`);
    names.add(name);
    faults.push(...urlFaults(url));
    const secrets = Array.isArray(secret) ? (secret as unknown[]) : [secret];
    if (secrets.length === 0 || !secrets.every(isSecret)) {
      faults.push(`.secret must be "${SECRET_PREFIX}" and ${MIN_SECRET_BYTES} to ${MAX_SECRET_BYTES} bytes in base64, or an array of such; "openssl rand -base64 32" makes one`);
    }
    if (Number(minDelayMs) > Number(maxDelayMs)) faults.push('.minDelayMs must not be above maxDelayMs');
    return faults.map((fault) => `[${i}]${fault}`);
  });
}

/** The key that a secret stands for; nothing where it is none. */
export function keyOf(secret: string): Buffer | undefined {
  const text = secret.slice(SECRET_PREFIX.length);
  if (!secret.startsWith(SECRET_PREFIX) || !/^[A-Za-z0-9+/]+={0,2}$/.test(text)) return undefined;
  const key = Buffer.from(text, 'base64');
  return key.length >= MIN_SECRET_BYTES && key.length <= MAX_SECRET_BYTES ? key : undefined;
}

function fileFaults(file: Given): string[] {
  const faults = [...unknownKeys(file, FILE_KEYS), ...commonFaults(file)];
  if (typeof file['path'] !== 'string' || file['path'] === '') faults.push('.path must be the path of a file');
  return faults.map((fault) => `file${fault}`);
}

function commonFaults(given: Given): string[] {
  const faults: string[] = [];
  const { types, workflows } = given;
  if (types !== undefined && !(isList(types) && types.every(isEventType))) faults.push('.types must be an array of types of events');
  if (workflows !== undefined && !isList(workflows)) faults.push('.workflows must be an array of names of workflows');
  for (const [name, [min, max]] of Object.entries(BOUNDS)) {
    const value = given[name];
    if (value !== undefined && !(Number.isSafeInteger(value) && (value as number) >= min && (value as number) <= max)) faults.push(`.${name} must be a whole number from ${min} to ${max}`);
  }
  return faults;
}

function urlFaults(url: unknown): string[] {
  const parsed = typeof url === 'string' ? URL.parse(url) : null;
  if (!parsed || !/^https?:$/.test(parsed.protocol)) return ['.url must be an address such as https://example.com/hook'];
  return parsed.username || parsed.password ? ['.url must not carry a user and password: the signature says who sends'] : [];
}

function unknownKeys(given: Given, known: ReadonlySet<string>): string[] {
  return Object.keys(given).filter((key) => !known.has(key)).map((key) => `.${key.slice(0, 40)} is not known; known are ${[...known].join(', ')}`);
}

function isSecret(secret: unknown): boolean {
  return typeof secret === 'string' && keyOf(secret) !== undefined;
}

function isList(value: unknown): value is string[] {
  return Array.isArray(value) && value.length > 0 && value.every((one) => typeof one === 'string' && one !== '');
}
