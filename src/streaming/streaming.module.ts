/**
 * Everything an app imports: the journal, the engine and the streaming edge, in one module.
 *
 * @example
 * ```ts
 * @Module({ imports: [StreamingModule.forRoot({ apiKeys: [{ user: 'alice', key: process.env.ALICE_KEY! }] })], providers: [Analyzer, Research] })
 * export class AppModule {}
 * ```
 */
import { type DynamicModule, Module, type Provider } from '@nestjs/common';
import { DiscoveryModule, ModulesContainer, RouterModule } from '@nestjs/core';
import { AuthModule } from '../auth/auth.module.js';
import { AuthOptions } from '../auth/auth.options.js';
import { KeyBackend } from '../auth/managed-keys.js';
import { givenOf } from '../contract/definition.js';
import { CacheStore } from '../journal/cache.store.js';
import { Journal } from '../journal/journal.js';
import { JournalModule } from '../journal/journal.module.js';
import { JournalOptions } from '../journal/journal.options.js';
import { LimitsObserver } from '../llm/limits/limits.observer.js';
import { LlmModule } from '../llm/llm.module.js';
import { LlmOptions } from '../llm/llm.options.js';
import { llmOptionsOf } from '../llm/llm.options.merged.js';
import { CacheMetrics } from '../metrics/cache.metrics.js';
import { MetricsModule } from '../metrics/metrics.module.js';
import { MetricsOptions } from '../metrics/metrics.options.js';
import { ModelLimitsMetrics } from '../metrics/model.limits.metrics.js';
import { AgentCache } from '../orchestration/cache/agent.cache.js';
import { fullCacheOptions } from '../orchestration/cache/cache.options.js';
import { Embedder } from '../orchestration/cache/embedder.js';
import { Clock } from '../orchestration/clock.js';
import { OrchestrationModule } from '../orchestration/orchestration.module.js';
import { OrchestrationOptions } from '../orchestration/orchestration.options.js';
import { RateLimitModule } from '../rate-limit/rate-limit.module.js';
import { RateLimitOptions } from '../rate-limit/rate-limit.options.js';
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

/** From here on, neither the log nor a message tells the secrets in them. */
function guarded<T>(options: T): T {
  guardSecrets(secretsOf(options));
  return options;
}

/** What each of the features takes of the options. */
const OPTIONS: Provider[] = [
  { provide: StreamingOptions, inject: [MODULE_OPTIONS_TOKEN], useFactory: (given: Partial<StreamingOptions>) => guarded(validOptions(Object.assign(new StreamingOptions(), givenOf(given)))) },
  ...[JournalOptions, OrchestrationOptions, AuthOptions, RateLimitOptions].map((provide) => ({ provide, useExisting: StreamingOptions })),
  { provide: LlmOptions, inject: [StreamingOptions], useFactory: ({ llm }: StreamingOptions) => guarded(llmOptionsOf(llm)) },
  { provide: MetricsOptions, inject: [StreamingOptions, Clock], useFactory: ({ slos }: StreamingOptions, clock: Clock): MetricsOptions => ({ slos, now: () => clock.now(), ticks: () => clock.ticks() }) },
];

/** What one feature takes of another that it does not know. */
const BINDINGS: Provider[] = [
  { provide: KeyBackend, useExisting: Journal },
  { provide: LimitsObserver, useExisting: ModelLimitsMetrics },
  { provide: AgentCache, inject: [CacheStore, StreamingOptions, Clock, Embedder, CacheMetrics], useFactory: agentCacheOf },
];

/** Global, as this module is, so that all of them start before the modules of an app, and end together. */
const FEATURES = [JournalModule, OrchestrationModule, LlmModule, AuthModule, RateLimitModule, MetricsModule];

@Module({
  imports: [DiscoveryModule, ...FEATURES],
  controllers: [WorkflowsController, ExecutionsController, KeysController, CacheController, ReliabilityController, StreamController, SocketController, ChatController, AgUiController],
  providers: [
    ...OPTIONS, ...BINDINGS,
    SubscriberMetrics, SubscriberExplorer, SubscriberService,
    AuditLog, StreamSlotGuard, StreamShutdown, StreamRights, StreamingService, StartResponder, Links, ProblemFilter,
    HeartbeatInterceptor,
    UpgradeDoor, SocketDesk, SocketServer,
  ],
  exports: [...OPTIONS, ...BINDINGS, ...FEATURES, AuditLog, ProblemFilter, Links],
})
export class StreamingModule extends ConfigurableModuleClass {
  /** @throws Error where an app imports it more than once: its features would take the options of one of them. */
  constructor(modules: ModulesContainer) {
    super();
    const count = [...modules.values()].filter(({ metatype }) => metatype === StreamingModule).length;
    if (count > 1) throw new Error(`StreamingModule is imported ${count} times; import it once, in the root module: it is global`);
  }

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
