import { type ApiKeyEntry } from '../auth/api-key.store.js';
import { type AuthOptions } from '../auth/auth.options.js';
import { type Authenticator } from '../auth/authenticator.js';
import { type JwtOptions } from '../auth/jwt.verifier.js';
import { type TokenVerifier } from '../auth/token.verifier.js';
import { type LlmOptions } from '../llm/llm.options.js';
import { type Journal } from '../journal/journal.js';
import { type JournalOptions } from '../journal/journal.options.js';
import { AgentCacheOptions } from '../orchestration/cache/cache.options.js';
import { OrchestrationOptions } from '../orchestration/orchestration.options.js';
import { type SubscribersOptions } from './subscribers/subscriber.options.js';
import { type MetricsOptions } from '../metrics/metrics.options.js';
import { type SloOptions } from '../metrics/slo.options.js';
import { type RateLimit } from '../rate-limit/rate-limit.parser.js';
import { type RateLimitOptions } from '../rate-limit/rate-limit.options.js';

/** Options of `StreamingModule`, and with it of the features that it is made of; the defaults are the fields of this class. */
export class StreamingOptions extends OrchestrationOptions implements JournalOptions, AuthOptions, RateLimitOptions, Pick<MetricsOptions, 'slos'> {
  /** Folder of the embedded journal; `:memory:` keeps nothing. */
  dataDir = './data';
  /** `full` keeps commits through a loss of power, for one fsync a transaction; `normal` through a crash of the process. */
  synchronous: 'normal' | 'full' = 'normal';
  /** Users by API key. */
  apiKeys: ApiKeyEntry[] = [];
  /** Bearer tokens that are JWTs: the HS256 secret, at least 32 bytes, or the URL of the issuer's public keys; what `iss` and `aud` must be. */
  jwt?: JwtOptions;
  /** Bearer tokens of another kind: whose they are. `jwt` is then not looked at; keys are as before. */
  tokenVerifier?: TokenVerifier;
  /** An app that knows its users in another way gives its own authenticator; keys and tokens are then not looked at. */
  authenticator?: Authenticator;
  /** Another journal than the embedded one. */
  journal?: Journal;
  /** Who is told of all events beside the providers with `@Subscriber` and `@OnExecutionEvent`: a file, webhooks. */
  subscribers: SubscribersOptions = {};
  /** Language models, and what the agent `http` may reach; what is not given here is taken from the environment. */
  llm?: LlmOptions;
  /** Origins of browsers' pages that may open WebSockets, beside pages of the host itself; what is no browser may in any case. */
  webSocketOrigins: string[] = [];
  /** Milliseconds of silence after which a stream gets a heartbeat. */
  heartbeatMs = 15_000;
  /** Milliseconds that a reader may leave a full buffer unread before it is dropped; it can resume. */
  stalledReaderMs = 30_000;
  /** Milliseconds between two checks whether the owners of open streams may still read them; P15 promises a minute. */
  rightsCheckMs = 20_000;
  /** Milliseconds that finished executions are kept. */
  retentionMs = 7 * 24 * 60 * 60 * 1000;
  /** Open streams of a user; one more is refused. */
  maxStreamsPerUser = 100;
  /** Open streams of all users. */
  maxStreams = 50_000;
  /** Results of agents that are kept, and given again to steps with `cache`. What is not given has its default. */
  cache: Partial<AgentCacheOptions> = new AgentCacheOptions();
  /** Objectives of the success and the speed of executions. */
  slos: SloOptions[] = [];
  /** Requests of a user (of an address, where unauthenticated) per seconds. */
  rateLimit: RateLimit = { points: 300, seconds: 60 };
  /** Executions that a user may start by the routes per seconds; default as `rateLimit`. */
  startLimit?: RateLimit;
}
