import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { ConfigError, loadConfig } from './config.js';
import { llmOptionsFrom } from './llm/llm.env.js';
import { StreamingOptions } from './streaming/streaming.options.js';

const KEYS = { STEPCAST_API_KEYS: 'ann:ann-key' };
const SECRET = 'a secret of thirty-two bytes, or more';

function faultsOf(env: Record<string, string>): readonly string[] {
  try {
    loadConfig(env);
  } catch (error) {
    expect(error).toBeInstanceOf(ConfigError);
    expect((error as Error).message).toBe((error as ConfigError).lines.join('\n'));
    return (error as ConfigError).lines;
  }
  return [];
}

describe('the environment of language models', () => {
  it('is the service\'s too, and what is not understood in it stops the start', () => {
    const config = loadConfig({ ...KEYS, LLM_MODEL: 'ollama/llama3.2', LLM_PROVIDERS: 'ollama=http://localhost:11434/v1', OPENAI_API_KEY: 'sk-1' });
    expect(config.streaming.llm).toMatchObject({ defaultModel: 'ollama/llama3.2', openai: { apiKey: 'sk-1' } });
    expect(() => loadConfig({ ...KEYS, LLM_MODEL: 'gpt' })).toThrow('LLM_MODEL must be provider/model');
  });

  it('has no names that nothing reads, as little as that of the service has', () => {
    expect(() => loadConfig({ ...KEYS, LLM_MODLE: 'demo/writer' })).toThrow('LLM_MODLE is not known; did you mean LLM_MODEL?');
    // Those of the commands are no mistake.
    expect(loadConfig({ ...KEYS, STEPCAST_URL: 'http://localhost:3000', STEPCAST_API_KEY: 'k' }).port).toBe(3000);
    expect(() => loadConfig({ ...KEYS, STEPCAST_HEARTBEAT: '1000' })).toThrow('STEPCAST_HEARTBEAT is not known; did you mean STEPCAST_HEARTBEAT_MS? known are ');
  });
});

describe('the environment of the service', () => {
  let dataDir: string;
  beforeEach(() => void (dataDir = mkdtempSync(join(tmpdir(), 'stepcast-config-'))));
  afterEach(() => rmSync(dataDir, { recursive: true }));

  it('has a default for everything but who may come in', () => {
    const config = loadConfig(KEYS);
    expect(config).toEqual({
      port: 3000, host: '127.0.0.1', production: false, corsOrigins: [], openDocs: true, openMetrics: false,
      streaming: Object.assign(new StreamingOptions(), { apiKeys: [{ user: 'ann', key: 'ann-key', roles: [] }], jwt: undefined, llm: llmOptionsFrom({}).options }),
    });
    expect(config.streaming).toMatchObject({
      dataDir: './data', heartbeatMs: 15_000, retentionMs: 7 * 86_400_000, maxStreamsPerUser: 100, maxExecutionsPerUser: 100, rateLimit: { points: 300, seconds: 60 },
    });
  });

  it('sets everything', () => {
    const config = loadConfig({
      PORT: '0', HOST: '0.0.0.0', NODE_ENV: 'production', STEPCAST_DATA_DIR: '/srv/data', STEPCAST_SYNCHRONOUS: 'full', STEPCAST_API_KEYS: ' ann:a , bob:b:admin', STEPCAST_JWT_SECRET: SECRET, STEPCAST_JWT_ISSUER: 'https://id.example.com',
      STEPCAST_JWT_AUDIENCE: 'stepcast', STEPCAST_HEARTBEAT_MS: '100', STEPCAST_RETENTION_MS: '1000', STEPCAST_MAX_STREAMS_PER_USER: '1', STEPCAST_MAX_EXECUTIONS_PER_USER: '1000000',
      STEPCAST_MAX_STREAMS: '7', STEPCAST_MAX_QUEUED_PER_USER: '0', STEPCAST_MAX_EXECUTIONS: '8', STEPCAST_MAX_QUEUED: '9', STEPCAST_START_LIMIT: '3/4', STEPCAST_TRUST_PROXY: 'loopback, 10.0.0.0/8',
      STEPCAST_SLOS: '[{"name":"runs","measure":"success","target":0.99,"windowMs":3600000}]',
      STEPCAST_MAX_OUTPUT_BYTES: '2048', STEPCAST_MAX_EVENTS_PER_EXECUTION: '500', STEPCAST_CACHE_TTL_MS: '1000', STEPCAST_CACHE_MAX_ENTRIES_PER_USER: '0', STEPCAST_CACHE_MAX_BYTES_PER_USER: '5', STEPCAST_CACHE_SIMILARITY: '0.8', STEPCAST_OPEN_DOCS: 'true', STEPCAST_OPEN_METRICS: 'true',
      STEPCAST_RATE_LIMIT: '5/10', STEPCAST_CORS_ORIGINS: 'https://app.example.com, http://localhost:5173', UNRELATED: 'x',
    });
    expect(config).toMatchObject({
      port: 0, host: '0.0.0.0', production: true, openDocs: true, openMetrics: true, corsOrigins: ['https://app.example.com', 'http://localhost:5173'], trustProxy: ['loopback', '10.0.0.0/8'],
      streaming: {
        dataDir: '/srv/data', synchronous: 'full', apiKeys: [{ user: 'ann', key: 'a', roles: [] }, { user: 'bob', key: 'b', roles: ['admin'] }], jwt: { secret: SECRET, issuer: 'https://id.example.com', audience: 'stepcast' },
        heartbeatMs: 100, retentionMs: 1000, maxStreamsPerUser: 1, maxExecutionsPerUser: 1_000_000, rateLimit: { points: 5, seconds: 10 },
        maxStreams: 7, maxQueuedPerUser: 0, maxExecutions: 8, maxQueued: 9, startLimit: { points: 3, seconds: 4 }, slos: [{ name: 'runs', measure: 'success', target: 0.99, windowMs: 3_600_000 }],
        webSocketOrigins: ['https://app.example.com', 'http://localhost:5173'], maxOutputBytes: 2048, maxEventsPerExecution: 500, cache: { ttlMs: 1000, maxEntriesPerUser: 0, maxBytesPerUser: 5, similarity: 0.8 },
      },
    });
    expect(config.developmentKey).toBeUndefined();
  });

  it('may hold names without a value, which count as absent', () => {
    expect(loadConfig({ ...KEYS, PORT: '', STEPCAST_JWT_SECRET: '', STEPCAST_RATE_LIMIT: '', STEPCAST_CORS_ORIGINS: '' })).toMatchObject({ port: 3000, corsOrigins: [] });
  });

  it('opens the documentation outside production, and where it is told to', () => {
    const openDocs = (env: Record<string, string>) => loadConfig({ ...KEYS, ...env }).openDocs;
    expect([openDocs({}), openDocs({ STEPCAST_OPEN_DOCS: 'false' }), openDocs({ NODE_ENV: 'production' }), openDocs({ NODE_ENV: 'production', STEPCAST_OPEN_DOCS: 'true' })]).toEqual([true, false, false, true]);
  });

  it.each<[string, string]>([
    ['PORT', '65536'], ['PORT', '3e3'], ['PORT', '-1'], ['STEPCAST_HEARTBEAT_MS', '99'], ['STEPCAST_HEARTBEAT_MS', '15s'], ['STEPCAST_RETENTION_MS', '0'], ['STEPCAST_MAX_STREAMS_PER_USER', '0'],
    ['STEPCAST_MAX_EXECUTIONS_PER_USER', '1000001'], ['STEPCAST_RATE_LIMIT', '300'], ['STEPCAST_RATE_LIMIT', '0/60'],
    ['STEPCAST_SLOS', '{}'], ['STEPCAST_SLOS', '[{"name":"runs"'], ['STEPCAST_SLOS', '[{"name":"runs","measure":"success","target":99,"windowMs":3600000}]'],
    ['STEPCAST_START_LIMIT', '60'], ['STEPCAST_MAX_STREAMS', '0'], ['STEPCAST_MAX_EXECUTIONS', '0'], ['STEPCAST_MAX_QUEUED', '-1'], ['STEPCAST_MAX_QUEUED_PER_USER', 'x'], ['STEPCAST_TRUST_PROXY', 'true'], ['STEPCAST_TRUST_PROXY', '0'],
    ['STEPCAST_MAX_OUTPUT_BYTES', '1023'], ['STEPCAST_MAX_OUTPUT_BYTES', '1MiB'], ['STEPCAST_MAX_EVENTS_PER_EXECUTION', '99'], ['STEPCAST_OPEN_DOCS', 'yes'], ['STEPCAST_OPEN_METRICS', '1'], ['STEPCAST_SYNCHRONOUS', 'off'],
    ['STEPCAST_CACHE_TTL_MS', '999'], ['STEPCAST_CACHE_TTL_MS', '1d'], ['STEPCAST_CACHE_MAX_ENTRIES_PER_USER', '100001'], ['STEPCAST_CACHE_MAX_BYTES_PER_USER', '-1'], ['STEPCAST_CACHE_SIMILARITY', '0'], ['STEPCAST_CACHE_SIMILARITY', '95%'],
    ['STEPCAST_CORS_ORIGINS', '*'], ['STEPCAST_CORS_ORIGINS', 'https://app.example.com/'], ['STEPCAST_CORS_ORIGINS', 'ftp://x.org'], ['STEPCAST_CORS_ORIGINS', 'https://a.org,'],
    ['STEPCAST_JWKS_URL', 'id.example.com/keys'], ['STEPCAST_JWKS_URL', 'file:///keys'], ['STEPCAST_JWT_ALGORITHMS', 'RS256'], ['STEPCAST_DATABASE_URL', 'postgres://'], ['STEPCAST_REDIS_URL', ''], ['STEPCAST_HARTBEAT_MS', '1000'], ['STEPCAST_', 'x'],
  ])('stops the start for %s=%s with one line that names it', (name, value) => {
    const faults = faultsOf({ ...KEYS, [name]: value });
    expect(faults).toHaveLength(1);
    expect(faults[0]).toMatch(new RegExp(`^${name}\\b|^${name}:? `));
  });

  it('tells every fault in one go', () => {
    const faults = faultsOf({ PORT: 'x', STEPCAST_HEARTBEAT_MS: '1', STEPCAST_RATE_LIMIT: 'x', STEPCAST_NOPE: '1', STEPCAST_API_KEYS: 'ann,bob:b:root', STEPCAST_JWT_SECRET: 'short', STEPCAST_CORS_ORIGINS: 'x', NODE_ENV: 'production' });
    expect(faults.map((line) => /^[A-Z_]+/.exec(line)?.[0]).sort()).toEqual([
      'PORT', 'STEPCAST_API_KEYS', 'STEPCAST_API_KEYS', 'STEPCAST_CORS_ORIGINS', 'STEPCAST_HEARTBEAT_MS', 'STEPCAST_JWT_SECRET', 'STEPCAST_NOPE', 'STEPCAST_RATE_LIMIT',
    ]);
  });

  describe('who may come in', () => {
    it.each(['ann', 'ann:', ':key', 'ann:key:root', 'ann:key:admin:x', 'ann:a,,bob:b', 'a\u0007:key', `${'x'.repeat(201)}:key`])('is refused as %j: the entry is named and its key never told', (value) => {
      const faults = faultsOf({ STEPCAST_API_KEYS: value });
      expect(faults).toHaveLength(1);
      expect(faults[0]).toMatch(/^STEPCAST_API_KEYS: entry \d must be user:key or user:key:admin$/);
    });

    it.each(['ann:a b', 'ann:kéy', 'ann:a\u0007', `ann:${'x'.repeat(513)}`])('is refused with a key that no header carries, as %j', (value) => {
      expect(faultsOf({ STEPCAST_API_KEYS: `bob:b,${value}` })).toEqual(['STEPCAST_API_KEYS: the key of entry 2 must be 1 to 512 visible ASCII characters, without blanks']);
    });

    it('is refused with one key for two users', () => {
      expect(faultsOf({ STEPCAST_API_KEYS: 'ann:same,bob:same' })).toEqual(['STEPCAST_API_KEYS: entry 2 repeats the key of an earlier one']);
    });

    it('needs a JWT secret of 32 bytes, which is never told; issuer and audience make no sense without', () => {
      expect(faultsOf({ STEPCAST_JWT_SECRET: 'hush-hush' })).toEqual(['STEPCAST_JWT_SECRET must have at least 32 bytes']);
      expect(faultsOf({ STEPCAST_JWT_SECRET: 'ä'.repeat(16) })).toEqual([]);
      expect(faultsOf({ ...KEYS, STEPCAST_JWT_ISSUER: 'x', STEPCAST_JWT_AUDIENCE: 'y' })).toEqual([
        'STEPCAST_JWT_ISSUER is set without STEPCAST_JWT_SECRET or STEPCAST_JWKS_URL; set that, or unset STEPCAST_JWT_ISSUER', 'STEPCAST_JWT_AUDIENCE is set without STEPCAST_JWT_SECRET or STEPCAST_JWKS_URL; set that, or unset STEPCAST_JWT_AUDIENCE',
      ]);
    });

    it('takes the keys of an issuer by their URL, its algorithms, issuer and audience, and no secret beside it', () => {
      const url = 'https://id.example.com/keys';
      expect(loadConfig({ STEPCAST_JWKS_URL: url, NODE_ENV: 'production' }).streaming.jwt).toEqual({ jwksUrl: url });
      expect(loadConfig({ STEPCAST_JWKS_URL: url, STEPCAST_JWT_ALGORITHMS: 'ES256, EdDSA', STEPCAST_JWT_ISSUER: 'i', STEPCAST_JWT_AUDIENCE: 'a' }).streaming.jwt).toEqual({ jwksUrl: url, algorithms: ['ES256', 'EdDSA'], issuer: 'i', audience: 'a' });
      expect(faultsOf({ STEPCAST_JWKS_URL: url, STEPCAST_JWT_SECRET: SECRET })).toEqual(['STEPCAST_JWKS_URL and STEPCAST_JWT_SECRET are both set; unset one of them']);
      for (const name of ['HS256', 'none', 'rs256', '']) expect(faultsOf({ STEPCAST_JWKS_URL: url, STEPCAST_JWT_ALGORITHMS: `ES256,${name}` })[0]).toMatch(/^STEPCAST_JWT_ALGORITHMS must be of RS256/);
    });

    it('with neither is the developer, with a key that is kept for the next start and that nobody else can read', () => {
      const config = loadConfig({ STEPCAST_DATA_DIR: dataDir });
      expect(config.developmentKey).toEqual({ key: expect.stringMatching(/^dev_/), path: join(dataDir, 'development.key'), persisted: true });
      expect(config.streaming.apiKeys).toEqual([{ user: 'dev', key: config.developmentKey?.key, roles: ['admin'] }]);
      expect(statSync(join(dataDir, 'development.key')).mode & 0o777).toBe(0o600);
      expect(loadConfig({ STEPCAST_DATA_DIR: dataDir }).developmentKey?.key).toBe(config.developmentKey?.key);
    });

    it('with neither in production is nobody, and that is told with all other faults', () => {
      expect(faultsOf({ STEPCAST_DATA_DIR: dataDir, NODE_ENV: 'production', STEPCAST_HEARTBEAT_MS: '1' })).toEqual([
        'STEPCAST_HEARTBEAT_MS must be a whole number from 100 to 86400000, but is "1"',
        'STEPCAST_API_KEYS or STEPCAST_JWT_SECRET or STEPCAST_JWKS_URL must be set with NODE_ENV=production: nobody could authenticate',
      ]);
      expect(loadConfig({ STEPCAST_JWT_SECRET: SECRET, NODE_ENV: 'production' }).developmentKey).toBeUndefined();
    });

    it('has no development key made for a start that is refused', () => {
      faultsOf({ STEPCAST_DATA_DIR: dataDir, PORT: 'x' });
      expect(() => statSync(join(dataDir, 'development.key'))).toThrow();
    });
  });
});
