import { type WorkflowDefinition } from '../contract/definition.js';
import { type ErrorInfo } from '../contract/errors.js';
import { type JsonValue } from '../contract/json.js';
import { type ExecutionStatus } from '../contract/state.js';
import { type EventBatch } from './event-batch.js';

/** Where the tree of an execution comes from when it has to go on after a crash. */
export type DefinitionSource =
  /** The class with `@Workflow` of that name, whose fingerprint must be the same. */
  | 'code'
  /** The data kept with the execution. */
  | 'data'
  /** The same, of a definition that its user had stored under its name. */
  | 'stored'
  /** Built for one run out of functions; it cannot be built again. */
  | 'ephemeral';

/** What starts an execution's life in the journal. */
export interface NewExecution {
  id: string;
  user: string;
  workflow: string;
  sessionId: string | null;
  source: DefinitionSource;
  /** What to go on with after a crash, where `source` is `data`. */
  definition: JsonValue;
  fingerprint: string;
  input: JsonValue;
  /** Milliseconds since the epoch. */
  createdAt: number;
  idempotency?: { key: string; fingerprint: string };
  /** The trace it belongs to (W3C `traceparent`), where it does to one. */
  traceparent?: string | null;
}

/** An execution as the journal lists it; times are milliseconds since the epoch. */
export interface ExecutionRecord extends Pick<NewExecution, 'id' | 'user' | 'workflow' | 'sessionId' | 'createdAt' | 'source'> {
  /** Grows with every execution: the order of lists. */
  ordinal: number;
  status: ExecutionStatus;
  progress: number;
  lastSeq: number;
  startedAt: number | null;
  finishedAt: number | null;
  error: ErrorInfo | null;
  /** Who may append: raised by every `claim`, so that a former owner's writes are refused. */
  epoch: number;
  /** How often it was resumed after a crash without having got any further. */
  resumes: number;
}

/** An execution with all that it takes to run it, which may be large: only who runs it reads it, and who asks for its definition. */
export interface OwnedExecution extends ExecutionRecord, Pick<NewExecution, 'definition' | 'fingerprint' | 'input' | 'traceparent'> {}

/** What an append changes in the execution's record. */
export interface Head {
  status: ExecutionStatus;
  progress: number;
  startedAt: number | null;
  finishedAt: number | null;
  error: ErrorInfo | null;
}

/** Executions of a workflow that are in one of the states of the unfinished. */
export interface UnfinishedCount extends Pick<ExecutionRecord, 'workflow' | 'source' | 'status'> {
  count: number;
}

export interface ListQuery {
  /** Absent: of all users. */
  user?: string;
  status?: ExecutionStatus;
  workflow?: string;
  sessionId?: string;
  /** Only those with a smaller ordinal. */
  before?: number;
  /** Only those with a greater ordinal, and oldest first. */
  after?: number;
  limit: number;
}

export interface StoredWorkflow {
  user: string;
  definition: WorkflowDefinition;
  createdAt: number;
}

/** What one transaction brought, told after its commit. */
export interface Commit {
  created: readonly ExecutionRecord[];
  batches: readonly EventBatch[];
  events: number;
  durationMs: number;
  /**
   * Where the log of all executions stood before these batches and stands after them. A reader that stands at `after` has
   * missed nothing; any other one reads what lies between (`readAllAfter`).
   */
  after: number;
  position: number;
}

/** A page of the log of all executions, in the order of the commits. */
export interface LogPage {
  batches: readonly PlacedBatch[];
  /** To read on from. Beyond the last batch where what came after it is gone. */
  position: number;
  /** How many batches retention has removed that would have been in this page. */
  removed: number;
}

export interface PlacedBatch {
  batch: EventBatch;
  position: number;
}

export interface JournalHealth {
  ready: boolean;
  /** Why not, and what helps. */
  reason?: string;
}

export interface Page {
  /** Events at the most. */
  limit: number;
  /** Characters of JSON after which the page ends, at least one event. */
  maxLength?: number;
}

/** Answers a promise while a reader cannot take more, nothing when it can. */
export type ReadyGate = () => Promise<void> | undefined;
