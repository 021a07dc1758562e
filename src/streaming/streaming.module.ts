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
import { DiscoveryModule, RouterModule } from '@nestjs/core';
import { ApiKeyStore } from '../auth/api-key.store.js';
import { AuthGuard } from '../auth/auth.guard.js';
import { Authenticator } from '../auth/authenticator.js';
import { DefaultAuthenticator } from '../auth/default.authenticator.js';
import { JwtVerifier } from '../auth/jwt.verifier.js';
import { MemoryTicketStore, TicketStore } from '../auth/ticket.store.js';
import { givenOf } from '../contract/definition.js';
import { Journal } from '../journal/journal.js';
import { ModelRegistry } from '../llm/models.registry.js';
import { ToolRegistry } from '../llm/tools/tool.registry.js';
import { RetentionService } from '../journal/retention.service.js';
import { SqliteJournal } from '../journal/sqlite/sqlite-journal.js';
import { LLM_PROVIDERS, llmOptionsOf } from '../llm/llm.module.js';
import { LlmOptions } from '../llm/llm.options.js';
import { ExecutionMetrics } from '../metrics/execution.metrics.js';
import { MetricsRegistry } from '../metrics/metrics.registry.js';
import { StreamMetrics } from '../metrics/stream.metrics.js';
import { DelayAgent } from '../orchestration/agents/delay.agent.js';
import { EchoAgent } from '../orchestration/agents/echo.agent.js';
import { FlakyAgent } from '../orchestration/agents/flaky.agent.js';
import { TokensAgent } from '../orchestration/agents/tokens.agent.js';
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
import { StreamLimiter } from '../rate-limit/stream-limiter.js';
import { ExecutionsController } from './controllers/executions.controller.js';
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
import { StreamingOptions } from './streaming.options.js';

const fromOptions = <T>(provide: Provider extends infer P ? Extract<P, { provide: unknown }>['provide'] : never, make: (options: StreamingOptions) => T): Provider =>
  ({ provide, inject: [StreamingOptions], useFactory: make });

const PROVIDERS: Provider[] = [
  { provide: StreamingOptions, inject: [MODULE_OPTIONS_TOKEN], useFactory: (given: Partial<StreamingOptions>) => Object.assign(new StreamingOptions(), givenOf(given)) },
  fromOptions(OrchestrationOptions, ({ maxExecutionsPerUser }) => Object.assign(new OrchestrationOptions(), { maxExecutionsPerUser })),
  fromOptions(Journal, ({ journal, dataDir, synchronous }) => journal ?? new SqliteJournal({ dataDir, synchronous })),
  fromOptions(Authenticator, authenticatorOf),
  fromOptions(RequestLimiter, ({ rateLimit }) => new RequestLimiter(rateLimit)),
  { provide: AuthenticationLimiter, inject: [RequestLimiter], useFactory: (limiter: RequestLimiter) => new AuthenticationLimiter(limiter) },
  fromOptions(StreamLimiter, ({ maxStreamsPerUser }) => new StreamLimiter(maxStreamsPerUser)),
  { provide: TicketStore, useFactory: () => new MemoryTicketStore() },
  { provide: RetentionService, inject: [Journal, StreamingOptions], useFactory: (journal: Journal, { retentionMs }: StreamingOptions) => new RetentionService(journal, { retentionMs }) },
  fromOptions(LlmOptions, ({ llm }) => llmOptionsOf(llm)),
  Clock, AgentRegistry, WorkflowRegistry, StepcastExplorer, WorkflowCatalog, ExecutionService, RecoveryService,
  EchoAgent, DelayAgent, TokensAgent, FlakyAgent,
  ...LLM_PROVIDERS,
  MetricsRegistry, StreamMetrics, ExecutionMetrics,
  AuthGuard, StreamSlotGuard, StreamShutdown, StreamRights, StreamingService, StartResponder, Links, ProblemFilter,
  HeartbeatInterceptor,
];

@Module({
  imports: [DiscoveryModule],
  controllers: [WorkflowsController, ExecutionsController, StreamController],
  providers: PROVIDERS,
  exports: [ExecutionService, LlmOptions, ModelRegistry, ToolRegistry, WorkflowCatalog, Journal, MetricsRegistry, StreamMetrics, Authenticator, AuthGuard, RequestLimiter, AuthenticationLimiter, ProblemFilter, Clock, StreamingOptions, Links],
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

function authenticatorOf({ authenticator, apiKeys, jwt }: StreamingOptions): Authenticator {
  return authenticator ?? new DefaultAuthenticator({
    ...(apiKeys.length ? { apiKeys: new ApiKeyStore(apiKeys) } : {}),
    ...(jwt ? { jwt: new JwtVerifier(jwt) } : {}),
  });
}
