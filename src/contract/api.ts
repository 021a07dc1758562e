/** What the routes of the HTTP API answer (CONTRACT section 3), for the service that writes it and the clients that read it. */
import { type StreamConfig, type Step, type WorkflowDefinition } from './definition.js';
import { type ExecutionEvent } from './events.js';
import { type JsonValue } from './json.js';
import { type ExecutionState, type ExecutionStatus } from './state.js';

/** An execution, and where to follow it. */
export interface StartedExecution {
  id: string;
  status: ExecutionStatus;
  /** Paths on the same host. */
  streamUrl: string;
  statusUrl: string;
  eventsUrl: string;
}

/** An execution in a list. */
export interface ExecutionSummary
  extends Pick<ExecutionState, 'id' | 'workflow' | 'sessionId' | 'status' | 'queuePosition' | 'progress' | 'error' | 'createdAt' | 'startedAt' | 'finishedAt' | 'lastSeq'> {
  /** Whose it is; only admins are told. */
  user?: string;
}

/** A page of executions, newest first. */
export interface ExecutionList {
  executions: ExecutionSummary[];
  /** What `cursor` continues the list with; null on its last page. */
  nextCursor: string | null;
}

/** Events as the stream would have sent them. */
export interface EventsPage {
  events: ExecutionEvent[];
  /** The seq of the last event of the execution so far, whether it is on this page or not. */
  lastSeq: number;
  /** Whether the page reaches the terminal event: nothing will follow. */
  terminal: boolean;
}

/** What an execution runs: its definition, as it was at the start. */
export interface ExecutionDefinition {
  /** Functions of code stand as `{"$function": true}`. */
  workflow: WorkflowDefinition;
  /** `code`: part of the service. `stored`: the user's, under its name. `given`: whole with the start. `built`: by code with functions, for this execution alone. */
  origin: 'code' | 'stored' | 'given' | 'built';
}

/** A workflow in a list. */
export interface WorkflowSummary {
  name: string;
  description: string | null;
  /** JSON Schema that the input must meet; null where any will do. */
  inputSchema: JsonValue;
  /** `code`: part of the service, for every user. `stored`: a definition of the user. */
  origin: 'code' | 'stored';
  /** When the definition was stored. */
  createdAt: string | null;
}

/** A workflow with its definition, where functions of code stand as `{"$function": true}`. */
export interface WorkflowDetail extends WorkflowSummary {
  streaming?: StreamConfig;
  /** Milliseconds. */
  timeoutMs?: number;
  steps: Step[];
}

/** Stands for the user on one connection, once. */
export interface StreamTicket {
  ticket: string;
  expiresAt: string;
  /** Path of the stream, with the ticket: what `new EventSource(…)` takes. */
  streamUrl: string;
}
