/** The environment of the service (CONTRACT section 2). What is not understood stops the start, with one line each. */
import { loadDevelopmentKey } from './auth/development-key.js';
import { JWKS_ALGORITHMS } from './auth/jwt.verifier.js';
import { isUserName } from './auth/principal.js';
import { type ApiKeyEntry, isApiKey } from './auth/api-key.store.js';
import { nearestName } from './contract/nearest.name.js';
import { llmOptionsFrom, unknownLlmNames } from './llm/llm.env.js';
import { AgentCacheOptions, CACHE_BOUNDS, parseSimilarity } from './orchestration/cache/cache.options.js';
import { parseRateLimit } from './rate-limit/rate-limit.parser.js';
import { parseTrustProxy } from './rate-limit/trust-proxy.parser.js';
import { parseSlos } from './metrics/slo.options.js';
import { type NumericOption, OPTION_BOUNDS } from './streaming/options.validation.js';
import { StreamingOptions } from './streaming/streaming.options.js';
import { subscribersFrom } from './streaming/subscribers/subscriber.env.js';

export interface ServiceConfig {
  port: number;
  host: string;
  production: boolean;
  corsOrigins: string[];
  /** Whether `/docs` is served; to everybody. */
  openDocs: boolean;
  /** Whether `/metrics` needs no user. */
  openMetrics: boolean;
  /** Whose `X-Forwarded-For` is believed, as Express takes it; by default nobody's. */
  trustProxy: number | string[] | undefined;
  streaming: StreamingOptions;
  /** Set where neither keys nor JWT are configured: the key of the user `dev`. */
  developmentKey?: { key: string; path: string; persisted: boolean };
}

export class ConfigError extends Error {
  constructor(readonly lines: readonly string[]) {
    super(lines.join('\n'));
    this.name = 'ConfigError';
  }
}

type Env = Readonly<Record<string, string | undefined>>;

const KNOWN: ReadonlySet<string> = new Set([
  'STEPCAST_DATA_DIR', 'STEPCAST_SYNCHRONOUS', 'STEPCAST_API_KEYS', 'STEPCAST_JWT_SECRET', 'STEPCAST_JWKS_URL', 'STEPCAST_JWT_ALGORITHMS', 'STEPCAST_JWT_ISSUER', 'STEPCAST_JWT_AUDIENCE', 'STEPCAST_HEARTBEAT_MS',
  'STEPCAST_RETENTION_MS', 'STEPCAST_MAX_STREAMS_PER_USER', 'STEPCAST_MAX_STREAMS', 'STEPCAST_MAX_EXECUTIONS_PER_USER', 'STEPCAST_MAX_QUEUED_PER_USER', 'STEPCAST_MAX_EXECUTIONS', 'STEPCAST_MAX_QUEUED',
  'STEPCAST_RATE_LIMIT', 'STEPCAST_START_LIMIT', 'STEPCAST_TRUST_PROXY', 'STEPCAST_CORS_ORIGINS', 'STEPCAST_SLOS',
  'STEPCAST_MAX_OUTPUT_BYTES', 'STEPCAST_MAX_EVENTS_PER_EXECUTION', 'STEPCAST_OPEN_DOCS', 'STEPCAST_OPEN_METRICS', 'STEPCAST_EVENT_FILE', 'STEPCAST_WEBHOOKS',
  'STEPCAST_CACHE_TTL_MS', 'STEPCAST_CACHE_MAX_ENTRIES_PER_USER', 'STEPCAST_CACHE_MAX_BYTES_PER_USER', 'STEPCAST_CACHE_SIMILARITY',
]);
/** Of the commands beside the service (`stepcast run` and others): a shell that has them set may start the service, too. */
const OF_COMMANDS: ReadonlySet<string> = new Set(['STEPCAST_URL', 'STEPCAST_API_KEY']);
/** Names that a later version reads. To pass them by in silence would leave an operator believing in them. */
const NOT_YET: ReadonlySet<string> = new Set(['STEPCAST_DATABASE_URL', 'STEPCAST_REDIS_URL']);

const MIN_SECRET_BYTES = 32;

/** @throws ConfigError with every fault. */
export function loadConfig(env: Env): ServiceConfig {
  const faults: string[] = [];
  const defaults = new StreamingOptions();
  const text = (name: string) => (env[name] === undefined || env[name] === '' ? undefined : env[name]);
  const number = (name: string, fallback: number, min: number, max: number): number => {
    const value = text(name);
    if (value === undefined) return fallback;
    if (/^\d{1,15}$/.test(value) && Number(value) >= min && Number(value) <= max) return Number(value);
    faults.push(`${name} must be a whole number from ${min} to ${max}, but is "${value}"`);
    return fallback;
  };

  for (const [name, value] of Object.entries(env)) {
    if (!name.startsWith('STEPCAST_') || value === undefined || KNOWN.has(name) || OF_COMMANDS.has(name)) continue;
    const meant = nearestName(name, KNOWN);
    faults.push(NOT_YET.has(name) ? `${name} is not supported by this version; unset it` : `${name} is not known;${meant === undefined ? '' : ` did you mean ${meant}?`} known are ${[...KNOWN].join(', ')}`);
  }

  const option = (name: string, key: NumericOption, atLeast = OPTION_BOUNDS[key][0]): number => number(name, defaults[key], atLeast, OPTION_BOUNDS[key][1]);
  /** What `parse` makes of the text, or a fault. */
  const parsed = <T>(name: string, fallback: T, parse: (given: string) => T): T => {
    const value = text(name);
    if (value === undefined) return fallback;
    try {
      return parse(value);
    } catch (error) {
      faults.push(`${name}: ${(error as Error).message}`);
      return fallback;
    }
  };

  const flag = (name: string, fallback: boolean): boolean => {
    const value = text(name) ?? String(fallback);
    if (value !== 'true' && value !== 'false') faults.push(`${name} must be true or false, but is "${value}"`);
    return value === 'true';
  };

  const production = env['NODE_ENV'] === 'production';
  const models = llmOptionsFrom(env);
  faults.push(...unknownLlmNames(env), ...models.faults);

  const cache = new AgentCacheOptions();
  const corsOrigins = parseOrigins(text('STEPCAST_CORS_ORIGINS'), faults);
  const streaming = Object.assign(defaults, {
    dataDir: text('STEPCAST_DATA_DIR') ?? defaults.dataDir,
    synchronous: parsed('STEPCAST_SYNCHRONOUS', defaults.synchronous, parseSynchronous),
    apiKeys: parseApiKeys(text('STEPCAST_API_KEYS'), faults),
    heartbeatMs: option('STEPCAST_HEARTBEAT_MS', 'heartbeatMs', 100),
    retentionMs: option('STEPCAST_RETENTION_MS', 'retentionMs'),
    maxStreamsPerUser: option('STEPCAST_MAX_STREAMS_PER_USER', 'maxStreamsPerUser'),
    maxStreams: option('STEPCAST_MAX_STREAMS', 'maxStreams'),
    maxExecutionsPerUser: option('STEPCAST_MAX_EXECUTIONS_PER_USER', 'maxExecutionsPerUser'),
    maxQueuedPerUser: option('STEPCAST_MAX_QUEUED_PER_USER', 'maxQueuedPerUser'),
    maxExecutions: option('STEPCAST_MAX_EXECUTIONS', 'maxExecutions'),
    maxQueued: option('STEPCAST_MAX_QUEUED', 'maxQueued'),
    maxOutputBytes: option('STEPCAST_MAX_OUTPUT_BYTES', 'maxOutputBytes'),
    maxEventsPerExecution: option('STEPCAST_MAX_EVENTS_PER_EXECUTION', 'maxEventsPerExecution'),
    rateLimit: parsed('STEPCAST_RATE_LIMIT', defaults.rateLimit, parseRateLimit),
    cache: {
      ttlMs: number('STEPCAST_CACHE_TTL_MS', cache.ttlMs, ...CACHE_BOUNDS.ttlMs),
      maxEntriesPerUser: number('STEPCAST_CACHE_MAX_ENTRIES_PER_USER', cache.maxEntriesPerUser, ...CACHE_BOUNDS.maxEntriesPerUser),
      maxBytesPerUser: number('STEPCAST_CACHE_MAX_BYTES_PER_USER', cache.maxBytesPerUser, ...CACHE_BOUNDS.maxBytesPerUser),
      similarity: parsed('STEPCAST_CACHE_SIMILARITY', cache.similarity, parseSimilarity),
    },
    slos: parsed('STEPCAST_SLOS', defaults.slos, parseSlos),
    startLimit: parsed('STEPCAST_START_LIMIT', undefined, parseRateLimit),
    subscribers: subscribersFrom(text, faults),
    webSocketOrigins: corsOrigins,
    jwt: jwtOf(text, faults),
    llm: models.options,
  });
  const config: ServiceConfig = {
    port: number('PORT', 3000, 0, 65_535),
    host: text('HOST') ?? '127.0.0.1',
    production,
    openDocs: flag('STEPCAST_OPEN_DOCS', !production),
    openMetrics: flag('STEPCAST_OPEN_METRICS', false),
    corsOrigins,
    trustProxy: parsed('STEPCAST_TRUST_PROXY', undefined, parseTrustProxy),
    streaming,
  };
  const open = ['STEPCAST_API_KEYS', 'STEPCAST_JWT_SECRET', 'STEPCAST_JWKS_URL'].every((name) => text(name) === undefined);
  if (open && config.production) {
    faults.push('STEPCAST_API_KEYS or STEPCAST_JWT_SECRET or STEPCAST_JWKS_URL must be set with NODE_ENV=production: nobody could authenticate');
  }
  if (faults.length) throw new ConfigError(faults);
  if (open) {
    config.developmentKey = loadDevelopmentKey(streaming.dataDir);
    streaming.apiKeys = [{ user: 'dev', key: config.developmentKey.key, roles: ['admin'] }];
  }
  return config;
}

function parseApiKeys(text: string | undefined, faults: string[]): ApiKeyEntry[] {
  const entries: ApiKeyEntry[] = [];
  for (const [i, item] of (text?.split(',') ?? []).entries()) {
    const [user = '', key = '', role, ...rest] = item.trim().split(':');
    // The value is a secret: a fault names its place and never repeats it.
    if (!isUserName(user) || key === '' || rest.length || (role !== undefined && role !== 'admin')) {
      faults.push(`STEPCAST_API_KEYS: entry ${i + 1} must be user:key or user:key:admin`);
    } else if (!isApiKey(key)) {
      faults.push(`STEPCAST_API_KEYS: the key of entry ${i + 1} must be 1 to 512 visible ASCII characters, without blanks`);
    } else if (entries.some((entry) => entry.key === key)) {
      faults.push(`STEPCAST_API_KEYS: entry ${i + 1} repeats the key of an earlier one`);
    } else entries.push({ user, key, roles: role ? [role] : [] });
  }
  return entries;
}

function parseSynchronous(given: string): StreamingOptions['synchronous'] {
  if (given === 'normal' || given === 'full') return given;
  throw new Error(`must be normal or full, but is "${given}"`);
}

function jwtOf(text: (name: string) => string | undefined, faults: string[]): StreamingOptions['jwt'] {
  const secret = text('STEPCAST_JWT_SECRET');
  const jwksUrl = text('STEPCAST_JWKS_URL');
  const issuer = text('STEPCAST_JWT_ISSUER');
  const audience = text('STEPCAST_JWT_AUDIENCE');
  const algorithms = text('STEPCAST_JWT_ALGORITHMS')?.split(',').map((name) => name.trim());
  const claims = { ...(issuer === undefined ? {} : { issuer }), ...(audience === undefined ? {} : { audience }) };
  const alone = (name: string, needed: string) => faults.push(`${name} is set without ${needed}; set that, or unset ${name}`);
  if (algorithms && jwksUrl === undefined) alone('STEPCAST_JWT_ALGORITHMS', 'STEPCAST_JWKS_URL');
  const unknown = algorithms?.filter((name) => !JWKS_ALGORITHMS.includes(name)) ?? [];
  if (unknown.length) faults.push(`STEPCAST_JWT_ALGORITHMS must be of ${JWKS_ALGORITHMS.join(', ')}, separated by commas, but has "${unknown[0]}"`);
  if (jwksUrl !== undefined) {
    // Where both were taken, a token could choose by which of them it is checked.
    if (secret !== undefined) faults.push('STEPCAST_JWKS_URL and STEPCAST_JWT_SECRET are both set; unset one of them');
    if (!/^https?:$/.test(URL.parse(jwksUrl)?.protocol ?? '')) faults.push(`STEPCAST_JWKS_URL: "${jwksUrl}" is no http or https URL`);
    return { jwksUrl, ...(algorithms ? { algorithms } : {}), ...claims };
  }
  if (secret === undefined) {
    if (issuer !== undefined) alone('STEPCAST_JWT_ISSUER', 'STEPCAST_JWT_SECRET or STEPCAST_JWKS_URL');
    if (audience !== undefined) alone('STEPCAST_JWT_AUDIENCE', 'STEPCAST_JWT_SECRET or STEPCAST_JWKS_URL');
    return undefined;
  }
  if (Buffer.byteLength(secret) < MIN_SECRET_BYTES) faults.push(`STEPCAST_JWT_SECRET must have at least ${MIN_SECRET_BYTES} bytes`);
  return { secret, ...claims };
}

function parseOrigins(text: string | undefined, faults: string[]): string[] {
  const origins = text?.split(',').map((origin) => origin.trim()) ?? [];
  for (const origin of origins) {
    const parsed = URL.parse(origin);
    if (parsed?.origin !== origin || !/^https?:$/.test(parsed.protocol)) faults.push(`STEPCAST_CORS_ORIGINS: "${origin}" is no origin such as https://app.example.com`);
  }
  return origins;
}
