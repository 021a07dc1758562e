/** The front door of `stepcast/client`. */
export { type JsonInput, type ListOptions, type RequestOptions, StepcastClient, type StartOptions, type StreamSeveralOptions } from './stepcast.client.js';
export { ExecutionStream, type StreamOptions } from './execution.stream.js';
export { type Connection } from './follow.js';
export { type ClientAuth, type ClientOptions, type ReconnectOptions, type TicketSource, type TokenSource } from './client.options.js';
export { ExecutionError, RequestError } from './client.error.js';

export { type EventsPage, type ExecutionDefinition, type ExecutionList, type ExecutionSummary, type StartedExecution, type StreamTicket, type WorkflowDetail, type WorkflowSummary } from '../contract/api.js';
export { type Step, type StepType, type WorkflowDefinition } from '../contract/definition.js';
export { type ErrorCode, type ErrorInfo, type Fault } from '../contract/errors.js';
export { type EventData, type EventType, type ExecutionEvent, TERMINAL_TYPES, type StepInfo, type StepStatus, type Usage } from '../contract/events.js';
export { type JsonObject, type JsonValue } from '../contract/json.js';
export { type PlannedStage, type WorkflowPlan } from '../contract/plan.js';
export { applyEvent, type ExecutionState, type ExecutionStatus, FINISHED_STATUSES, fold, initialState, type StepState } from '../contract/state.js';
