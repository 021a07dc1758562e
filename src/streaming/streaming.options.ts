import { type ApiKeyEntry } from '../auth/api-key.store.js';
import { type Authenticator } from '../auth/authenticator.js';
import { type LlmOptions } from '../llm/llm.options.js';
import { type Journal } from '../journal/journal.js';

/** Options of `StreamingModule`; the defaults are the fields of this class. */
export class StreamingOptions {
  /** Folder of the embedded journal; `:memory:` keeps nothing. */
  dataDir = './data';
  /** `full` keeps commits through a loss of power, for one fsync a transaction; `normal` through a crash of the process. */
  synchronous: 'normal' | 'full' = 'normal';
  /** Users by API key. */
  apiKeys: ApiKeyEntry[] = [];
  /** HS256 secret of bearer tokens, at least 32 bytes; what `iss` and `aud` must be, where given. */
  jwt?: { secret: string; issuer?: string; audience?: string };
  /** An app with users of its own gives its own authenticator; keys and JWT are then not looked at. */
  authenticator?: Authenticator;
  /** Another journal than the embedded one. */
  journal?: Journal;
  /** Language models, and what the agent `http` may reach; what is not given here is taken from the environment. */
  llm?: LlmOptions;
  /** Milliseconds of silence after which a stream gets a heartbeat. */
  heartbeatMs = 15_000;
  /** Milliseconds that a reader may leave a full buffer unread before it is dropped; it can resume. */
  stalledReaderMs = 30_000;
  /** Milliseconds between two checks whether the owners of open streams may still read them; P15 promises a minute. */
  rightsCheckMs = 20_000;
  /** Milliseconds that finished executions are kept. */
  retentionMs = 7 * 24 * 60 * 60 * 1000;
  maxStreamsPerUser = 100;
  /** Running executions of a user; more are queued. */
  maxExecutionsPerUser = 100;
  /** Requests of a user (of an address, where unauthenticated) per seconds. */
  rateLimit: { points: number; seconds: number } = { points: 300, seconds: 60 };
}
