/**
 * Everything an app imports: the journal, the engine and the streaming edge, in one module.
 *
 * @example
 * ```ts
 * @Module({ imports: [StreamingModule.forRoot({ apiKeys: [{ user: 'alice', key: process.env.ALICE_KEY! }] })], providers: [Analyzer, Research] })
 * export class AppModule {}
 * ```
 */
import { type DynamicModule, Logger, Module, type Provider } from '@nestjs/common';
import { DiscoveryModule, RouterModule } from '@nestjs/core';
import { ApiKeyStore } from '../auth/api-key.store.js';
import { AuthGuard } from '../auth/auth.guard.js';
import { Authenticator } from '../auth/authenticator.js';
import { DefaultAuthenticator } from '../auth/default.authenticator.js';
import { JwtVerifier, jwtWarnings } from '../auth/jwt.verifier.js';
import { ManagedKeys } from '../auth/managed-keys.js';
import { ScopeGuard } from '../auth/scope.guard.js';
import { MemoryTicketStore, TicketStore } from '../auth/ticket.store.js';
import { TokenVerifier } from '../auth/token.verifier.js';
import { givenOf } from '../contract/definition.js';
import { CacheStore } from '../journal/cache.store.js';
import { Journal } from '../journal/journal.js';
import { ModelRegistry } from '../llm/models.registry.js';
import { ToolRegistry } from '../llm/tools/tool.registry.js';
import { RetentionService } from '../journal/retention.service.js';
import { SqliteJournal } from '../journal/sqlite/sqlite-journal.js';
import { embedderOf } from '../llm/embedding/model.embedder.js';
import { LLM_PROVIDERS, llmOptionsOf } from '../llm/llm.module.js';
import { LlmOptions } from '../llm/llm.options.js';
import { LimitsObserver } from '../llm/limits/limits.observer.js';
import { CacheMetrics } from '../metrics/cache.metrics.js';
import { ExecutionMetrics } from '../metrics/execution.metrics.js';
import { MetricsRegistry } from '../metrics/metrics.registry.js';
import { Reliability } from '../metrics/reliability.js';
import { ModelLimitsMetrics } from '../metrics/model.limits.metrics.js';
import { StreamMetrics } from '../metrics/stream.metrics.js';
import { DelayAgent } from '../orchestration/agents/delay.agent.js';
import { EchoAgent } from '../orchestration/agents/echo.agent.js';
import { FlakyAgent } from '../orchestration/agents/flaky.agent.js';
import { TokensAgent } from '../orchestration/agents/tokens.agent.js';
import { AgentCache } from '../orchestration/cache/agent.cache.js';
import { fullCacheOptions } from '../orchestration/cache/cache.options.js';
import { Embedder } from '../orchestration/cache/embedder.js';
import { Clock } from '../orchestration/clock.js';
import { ExecutionService } from '../orchestration/execution.service.js';
import { OrchestrationOptions } from '../orchestration/orchestration.options.js';
import { RecoveryService } from '../orchestration/recovery.service.js';
import { AgentRegistry } from '../orchestration/registry/agent.registry.js';
import { StepcastExplorer } from '../orchestration/registry/explorer.js';
import { WorkflowRegistry } from '../orchestration/registry/workflow.registry.js';
import { WorkflowCatalog } from '../orchestration/workflow.catalog.js';
import { AuthenticationLimiter } from '../rate-limit/authentication-limiter.js';
import { RequestLimiter } from '../rate-limit/request-limiter.js';
import { RouteLimiters } from '../rate-limit/route-limiters.js';
import { StartLimiter } from '../rate-limit/start-limiter.js';
import { StreamLimiter } from '../rate-limit/stream-limiter.js';
import { AuditLog } from './audit.log.js';
import { guardSecrets, secretsOf } from '../redaction/redact.js';
import { CacheController } from './controllers/cache.controller.js';
import { AgUiController } from './controllers/ag-ui.controller.js';
import { ChatController } from './controllers/chat.controller.js';
import { ExecutionsController } from './controllers/executions.controller.js';
import { KeysController } from './controllers/keys.controller.js';
import { ReliabilityController } from './controllers/reliability.controller.js';
import { StreamController } from './controllers/stream.controller.js';
import { WorkflowsController } from './controllers/workflows.controller.js';
import { StreamSlotGuard } from './guards/stream.guard.js';
import { Links, STREAMING_PATH } from './http/links.js';
import { ProblemFilter } from './http/problem.filter.js';
import { StartResponder } from './http/start.responder.js';
import { HeartbeatInterceptor } from './sse/heartbeat.interceptor.js';
import { StreamRights } from './sse/stream.rights.js';
import { StreamShutdown } from './sse/stream.shutdown.js';
import { StreamingService } from './sse/streaming.service.js';
import { ASYNC_OPTIONS_TYPE, ConfigurableModuleClass, MODULE_OPTIONS_TOKEN, OPTIONS_TYPE } from './streaming.module-definition.js';
import { validOptions } from './options.validation.js';
import { StreamingOptions } from './streaming.options.js';
import { SubscriberExplorer } from './subscribers/subscriber.explorer.js';
import { SubscriberMetrics } from './subscribers/subscriber.metrics.js';
import { SubscriberService } from './subscribers/subscriber.service.js';
import { SocketController } from './ws/socket.controller.js';
import { SocketDesk } from './ws/socket.desk.js';
import { SocketServer } from './ws/socket.server.js';
import { UpgradeDoor } from './ws/upgrade.door.js';

const fromOptions = <T>(provide: Provider extends infer P ? Extract<P, { provide: unknown }>['provide'] : never, make: (options: StreamingOptions) => T): Provider =>
  ({ provide, inject: [StreamingOptions], useFactory: make });

/** From here on, neither the log nor a message tells the secrets in them. */
function guarded<T>(options: T): T {
  guardSecrets(secretsOf(options));
  return options;
}

const PROVIDERS: Provider[] = [
  { provide: StreamingOptions, inject: [MODULE_OPTIONS_TOKEN], useFactory: (given: Partial<StreamingOptions>) => guarded(validOptions(Object.assign(new StreamingOptions(), givenOf(given)))) },
  fromOptions(OrchestrationOptions, ({ maxExecutionsPerUser, maxQueuedPerUser, maxExecutions, maxQueued, maxOutputBytes, maxEventsPerExecution }) => Object.assign(new OrchestrationOptions(), { maxExecutionsPerUser, maxQueuedPerUser, maxExecutions, maxQueued, maxOutputBytes, maxEventsPerExecution })),
  fromOptions(Journal, ({ journal, dataDir, synchronous }) => journal ?? new SqliteJournal({ dataDir, synchronous })),
  fromOptions(ApiKeyStore, ({ apiKeys }) => new ApiKeyStore(apiKeys)),
  fromOptions(TokenVerifier, tokenVerifierOf),
  { provide: ManagedKeys, inject: [StreamingOptions, Journal], useFactory: ({ authenticator }: StreamingOptions, journal: Journal) => (authenticator ? undefined : new ManagedKeys(journal)) },
  { provide: Authenticator, inject: [StreamingOptions, ApiKeyStore, TokenVerifier, ManagedKeys], useFactory: authenticatorOf },
  fromOptions(RequestLimiter, ({ rateLimit }) => new RequestLimiter(rateLimit)),
  { provide: AuthenticationLimiter, inject: [RequestLimiter], useFactory: (limiter: RequestLimiter) => new AuthenticationLimiter(limiter) },
  fromOptions(StreamLimiter, ({ maxStreamsPerUser, maxStreams }) => new StreamLimiter(maxStreamsPerUser, maxStreams)),
  fromOptions(StartLimiter, ({ startLimit, rateLimit }) => new StartLimiter(startLimit ?? rateLimit)),
  RouteLimiters,
  { provide: TicketStore, useFactory: () => new MemoryTicketStore() },
  { provide: RetentionService, inject: [Journal, StreamingOptions], useFactory: (journal: Journal, { retentionMs }: StreamingOptions) => new RetentionService(journal, { retentionMs }) },
  fromOptions(LlmOptions, ({ llm }) => guarded(llmOptionsOf(llm))),
  { provide: CacheStore, inject: [Journal], useFactory: (journal: Journal) => journal.cache },
  { provide: Embedder, inject: [LlmOptions, ModelRegistry], useFactory: embedderOf },
  { provide: AgentCache, inject: [CacheStore, StreamingOptions, Clock, Embedder, CacheMetrics], useFactory: agentCacheOf },
  Clock, AgentRegistry, WorkflowRegistry, StepcastExplorer, WorkflowCatalog, ExecutionService, RecoveryService,
  EchoAgent, DelayAgent, TokensAgent, FlakyAgent,
  ...LLM_PROVIDERS,
  { provide: Reliability, inject: [StreamingOptions, Clock], useFactory: ({ slos }: StreamingOptions, clock: Clock) => new Reliability(slos, () => clock.now()) },
  MetricsRegistry, CacheMetrics, StreamMetrics, ExecutionMetrics,
  ModelLimitsMetrics,
  { provide: LimitsObserver, inject: [ModelLimitsMetrics], useFactory: (metrics: ModelLimitsMetrics): LimitsObserver => metrics },
  SubscriberMetrics, SubscriberExplorer, SubscriberService,
  AuditLog, AuthGuard, ScopeGuard, StreamSlotGuard, StreamShutdown, StreamRights, StreamingService, StartResponder, Links, ProblemFilter,
  HeartbeatInterceptor,
  UpgradeDoor, SocketDesk, SocketServer,
];

@Module({
  imports: [DiscoveryModule],
  controllers: [WorkflowsController, ExecutionsController, KeysController, CacheController, ReliabilityController, StreamController, SocketController, ChatController, AgUiController],
  providers: PROVIDERS,
  exports: [ExecutionService, LlmOptions, ModelRegistry, ToolRegistry, WorkflowCatalog, Journal, CacheStore, MetricsRegistry, Reliability, StreamMetrics, Authenticator, TokenVerifier, AuditLog, AuthGuard, ScopeGuard, RequestLimiter, AuthenticationLimiter, RouteLimiters, StreamLimiter, ProblemFilter, Clock, StreamingOptions, Links],
})
export class StreamingModule extends ConfigurableModuleClass {
  static override forRoot({ path, ...options }: typeof OPTIONS_TYPE & { path?: string }): DynamicModule {
    return at(path, super.forRoot(options));
  }

  static override forRootAsync({ path, ...options }: typeof ASYNC_OPTIONS_TYPE & { path?: string }): DynamicModule {
    return at(path, super.forRootAsync(options));
  }
}

function at(path = 'api/v1', module: DynamicModule): DynamicModule {
  return {
    ...module,
    global: true,
    imports: [...(module.imports ?? []), RouterModule.register([{ path, module: StreamingModule }])],
    providers: [...(module.providers ?? []), { provide: STREAMING_PATH, useValue: path }],
  };
}

function agentCacheOf(store: CacheStore, { cache }: StreamingOptions, clock: Clock, embedder: Embedder | undefined, metrics: CacheMetrics): AgentCache {
  return new AgentCache(store, fullCacheOptions(cache), clock, embedder, (agent, result) => metrics.looked(agent, result));
}

function tokenVerifierOf({ authenticator, tokenVerifier, jwt }: StreamingOptions): TokenVerifier | undefined {
  if (authenticator || tokenVerifier || !jwt) return tokenVerifier;
  const logger = new Logger('Authentication');
  const verifier = new JwtVerifier(jwt);
  for (const warning of jwtWarnings(jwt)) logger.warn(warning);
  return verifier;
}

function authenticatorOf({ authenticator }: StreamingOptions, apiKeys: ApiKeyStore, tokens: TokenVerifier | undefined, managedKeys: ManagedKeys | undefined): Authenticator {
  return authenticator ?? new DefaultAuthenticator({ ...(apiKeys.size > 0 && { apiKeys }), ...(tokens && { tokens }), ...(managedKeys && { managedKeys }) });
}
