/** The environment of the service (CONTRACT section 2). What is not understood stops the start, with one line each. */
import { loadDevelopmentKey } from './auth/development-key.js';
import { isUserName } from './auth/principal.js';
import { type ApiKeyEntry } from './auth/api-key.store.js';
import { llmOptionsFrom } from './llm/llm.env.js';
import { parseRateLimit } from './rate-limit/rate-limit.parser.js';
import { StreamingOptions } from './streaming/streaming.options.js';

export interface ServiceConfig {
  port: number;
  host: string;
  production: boolean;
  corsOrigins: string[];
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
  'STEPCAST_DATA_DIR', 'STEPCAST_API_KEYS', 'STEPCAST_JWT_SECRET', 'STEPCAST_JWT_ISSUER', 'STEPCAST_JWT_AUDIENCE', 'STEPCAST_HEARTBEAT_MS',
  'STEPCAST_RETENTION_MS', 'STEPCAST_MAX_STREAMS_PER_USER', 'STEPCAST_MAX_EXECUTIONS_PER_USER', 'STEPCAST_RATE_LIMIT', 'STEPCAST_CORS_ORIGINS',
]);
/** Names that a later version reads. To pass them by in silence would leave an operator believing in them. */
const NOT_YET: ReadonlySet<string> = new Set(['STEPCAST_JWKS_URL', 'STEPCAST_DATABASE_URL', 'STEPCAST_REDIS_URL']);

const DAY_MS = 24 * 60 * 60 * 1000;
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
    if (!name.startsWith('STEPCAST_') || value === undefined || KNOWN.has(name)) continue;
    faults.push(NOT_YET.has(name) ? `${name} is not supported by this version; unset it` : `${name} is not known; known are ${[...KNOWN].join(', ')}`);
  }

  const models = llmOptionsFrom(env);
  faults.push(...models.faults);

  const streaming = Object.assign(defaults, {
    dataDir: text('STEPCAST_DATA_DIR') ?? defaults.dataDir,
    apiKeys: parseApiKeys(text('STEPCAST_API_KEYS'), faults),
    heartbeatMs: number('STEPCAST_HEARTBEAT_MS', defaults.heartbeatMs, 100, DAY_MS),
    retentionMs: number('STEPCAST_RETENTION_MS', defaults.retentionMs, 1000, 3650 * DAY_MS),
    maxStreamsPerUser: number('STEPCAST_MAX_STREAMS_PER_USER', defaults.maxStreamsPerUser, 1, 1_000_000),
    maxExecutionsPerUser: number('STEPCAST_MAX_EXECUTIONS_PER_USER', defaults.maxExecutionsPerUser, 1, 1_000_000),
    rateLimit: rateLimitOf(text('STEPCAST_RATE_LIMIT'), defaults.rateLimit, faults),
    jwt: jwtOf(text, faults),
    llm: models.options,
  });
  const config: ServiceConfig = {
    port: number('PORT', 3000, 0, 65_535),
    host: text('HOST') ?? '127.0.0.1',
    production: env['NODE_ENV'] === 'production',
    corsOrigins: parseOrigins(text('STEPCAST_CORS_ORIGINS'), faults),
    streaming,
  };
  const open = text('STEPCAST_API_KEYS') === undefined && text('STEPCAST_JWT_SECRET') === undefined;
  if (open && config.production) {
    faults.push('STEPCAST_API_KEYS or STEPCAST_JWT_SECRET must be set with NODE_ENV=production: nobody could authenticate');
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
    } else if (entries.some((entry) => entry.key === key)) {
      faults.push(`STEPCAST_API_KEYS: entry ${i + 1} repeats the key of an earlier one`);
    } else entries.push({ user, key, roles: role ? [role] : [] });
  }
  return entries;
}

function jwtOf(text: (name: string) => string | undefined, faults: string[]): StreamingOptions['jwt'] {
  const secret = text('STEPCAST_JWT_SECRET');
  const issuer = text('STEPCAST_JWT_ISSUER');
  const audience = text('STEPCAST_JWT_AUDIENCE');
  if (secret === undefined) {
    for (const [name, value] of Object.entries({ STEPCAST_JWT_ISSUER: issuer, STEPCAST_JWT_AUDIENCE: audience })) {
      if (value !== undefined) faults.push(`${name} is set without STEPCAST_JWT_SECRET; set that, or unset ${name}`);
    }
    return undefined;
  }
  if (Buffer.byteLength(secret) < MIN_SECRET_BYTES) faults.push(`STEPCAST_JWT_SECRET must have at least ${MIN_SECRET_BYTES} bytes`);
  return { secret, ...(issuer === undefined ? {} : { issuer }), ...(audience === undefined ? {} : { audience }) };
}

function rateLimitOf(text: string | undefined, fallback: StreamingOptions['rateLimit'], faults: string[]): StreamingOptions['rateLimit'] {
  if (text === undefined) return fallback;
  try {
    return parseRateLimit(text);
  } catch (error) {
    faults.push(`STEPCAST_RATE_LIMIT: ${(error as Error).message}`);
    return fallback;
  }
}

function parseOrigins(text: string | undefined, faults: string[]): string[] {
  const origins = text?.split(',').map((origin) => origin.trim()) ?? [];
  for (const origin of origins) {
    const parsed = URL.parse(origin);
    if (parsed?.origin !== origin || !/^https?:$/.test(parsed.protocol)) faults.push(`STEPCAST_CORS_ORIGINS: "${origin}" is no origin such as https://app.example.com`);
  }
  return origins;
}
