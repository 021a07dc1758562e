/** Where the service is, and who asks. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type ClientAuth } from '../client/client.options.js';
import { StepcastClient } from '../client/stepcast.client.js';
import { isBearerToken } from '../contract/credential.js';
import { UsageError } from './exit.codes.js';
import { type Io } from './io.js';

export interface ConnectionOptions {
  url?: string;
  /** An API key, or a bearer token. */
  key?: string;
}

const DEFAULT_URL = 'http://127.0.0.1:3000';
/** Names of this machine: a key that lies in a folder here is shown to no other. */
const LOCAL = new Set(['localhost', '127.0.0.1', '[::1]']);

/**
 * @throws UsageError where the URL is none.
 */
export function clientOf({ url, key }: ConnectionOptions, io: Io): StepcastClient {
  const { env } = io;
  const baseUrl = url ?? (env['STEPCAST_URL'] || DEFAULT_URL);
  let parsed: URL;
  try {
    parsed = new URL(baseUrl);
  } catch {
    throw new UsageError(`STEPCAST_URL or --url must be a URL like ${DEFAULT_URL}, but is "${baseUrl}"`);
  }
  if (!/^https?:$/.test(parsed.protocol)) throw new UsageError(`STEPCAST_URL or --url must begin with http:// or https://, but is "${baseUrl}"`);
  const credential = key ?? (env['STEPCAST_API_KEY'] || developmentKey(parsed, io));
  // The address of the API says where the service is, too.
  return new StepcastClient({ baseUrl: baseUrl.replace(/\/api\/v1\/?$/, ''), ...(credential ? { auth: authOf(credential) } : {}) });
}

function authOf(credential: string): ClientAuth {
  return isBearerToken(credential) ? { token: credential } : { apiKey: credential };
}

/** The key that a service started in this folder has made for its developer. */
function developmentKey({ hostname }: URL, { env, stderr }: Io): string | undefined {
  if (!LOCAL.has(hostname)) return undefined;
  const path = join(env['STEPCAST_DATA_DIR'] || './data', 'development.key');
  try {
    const key = readFileSync(path, 'utf8').trim();
    stderr.write(`stepcast: STEPCAST_API_KEY is not set; using the development key in ${path}\n`);
    return key;
  } catch {
    return undefined;
  }
}
