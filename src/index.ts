/** The front door of the package: what apps use. Everything else may change without notice. */
// First, as it says which Node is needed where this one is too old for what follows.
import './journal/sqlite/node.sqlite.js';

export { StreamingModule } from './streaming/streaming.module.js';
export { StreamingOptions } from './streaming/streaming.options.js';

export { Agent, type AgentOptions, Workflow, type WorkflowOptions, type WorkflowProvider } from './orchestration/decorators.js';
export { type AgentContext, type AgentFunction, type AgentHandler, type AgentResult, type CacheSubject, type ToolCall, type ToolOutcome } from './orchestration/agent.js';
export { agent, conditional, input, iteration, parallel, retry, sequential, workflow } from './orchestration/definition/builder.js';
export { ExecutionService } from './orchestration/execution.service.js';
export { type ExecutionHandle, type Started, type StartOptions, type WorkflowSource } from './orchestration/execution.types.js';
export {
  type BatchOptions, type OperationOptions, type OperationProgress, type ProgressFunction, type StreamingOperation,
} from './orchestration/operations/streaming-operation.js';
export { type ListedWorkflow, WorkflowCatalog } from './orchestration/workflow.catalog.js';

export { type LlmOptions, type ModelPrice, type ProviderOptions } from './llm/llm.options.js';
export { type ModelCaller } from './llm/limits/limited.model.js';
export { type BreakerOptions, type LimitsOptions, type ProviderLimits, type RequestRates } from './llm/limits/limits.options.js';
export { ModelRegistry } from './llm/models.registry.js';
export { Tool, type ToolContext, type ToolHandler, type ToolOptions } from './llm/tools/tool.js';

export { type ExecutionDefinition } from './contract/api.js';
export { type CacheOptions, type Step, type StepContext, type StepType, type StreamConfig, type WorkflowDefinition } from './contract/definition.js';
export { type EventData, type EventType, EVENT_TYPES, type ExecutionEvent, type StepInfo, type StepStatus, TERMINAL_TYPES, type Usage } from './contract/events.js';
export { type PlannedStage, type WorkflowPlan } from './contract/plan.js';
export { type ExecutionState, type ExecutionStatus, fold, initialState, type StepState } from './contract/state.js';
export { ERROR_CODES, type ErrorCode, type ErrorInfo, type Fault, StepcastError } from './contract/errors.js';
export { type JsonObject, type JsonValue } from './contract/json.js';

export { type AgentCacheDefault, type AgentCacheOptions } from './orchestration/cache/cache.options.js';
export { CacheStore } from './journal/cache.store.js';
export { Journal } from './journal/journal.js';
export { SqliteJournal } from './journal/sqlite/sqlite-journal.js';
export { MetricsRegistry } from './metrics/metrics.registry.js';
export { Reliability, type ReliabilityReport } from './metrics/reliability.js';
export { type SloOptions } from './metrics/slo.options.js';
export { type ApiKeyEntry } from './auth/api-key.store.js';
export { CurrentUser } from './auth/auth.decorators.js';
export { AuthGuard } from './auth/auth.guard.js';
export { RequireScope, ScopeGuard } from './auth/scope.guard.js';
export { type Scope, SCOPES } from './auth/scopes.js';
export { type TokenIdentity, TokenVerifier } from './auth/token.verifier.js';
export { JwtVerifier } from './auth/jwt.verifier.js';
export { type AuthenticationRequest, Authenticator } from './auth/authenticator.js';
export { type Principal } from './auth/principal.js';
export { type EventOf, OnExecutionEvent, type OnExecutionEventOptions, type StreamSubscriber, Subscriber, type SubscriberOptions } from './streaming/subscribers/subscriber.js';
export { type EventFileOptions, type SubscribersOptions, type WebhookOptions } from './streaming/subscribers/subscriber.options.js';
export { addStreamingComponents } from './streaming/openapi/components.js';
export { AuthenticationLimitGuard } from './rate-limit/authentication-limit.guard.js';
export { RateLimit, type RateLimitOptions, SkipRateLimit } from './rate-limit/rate-limit.decorators.js';
export { RateLimitGuard } from './rate-limit/rate-limit.guard.js';
export { ProblemFilter } from './streaming/http/problem.filter.js';
