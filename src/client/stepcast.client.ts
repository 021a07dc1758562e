/** A client of the service, for browsers and servers: requests with their types, and streams that survive cut lines. */
import { type EventsPage, type ExecutionDefinition, type ExecutionList, type StartedExecution, type StreamTicket, type WorkflowDetail, type WorkflowSummary } from '../contract/api.js';
import { type WorkflowDefinition } from '../contract/definition.js';
import { type EventType, type ExecutionEvent } from '../contract/events.js';
import { type JsonValue } from '../contract/json.js';
import { type ExecutionState, type ExecutionStatus } from '../contract/state.js';
import { leftBy, onAbort } from './backoff.js';
import { type ClientOptions } from './client.options.js';
import { ExecutionStream, type StreamOptions } from './execution.stream.js';
import { type Connection, Follower } from './follow.js';
import { SeveralPlace } from './place.js';
import { executionPath, type RequestInit, Transport } from './transport.js';

/** What is sent as JSON. Objects may be of interfaces and classes, too, which have no index signature, as a `JsonValue` has. */
export type JsonInput = JsonValue | object;

export interface RequestOptions {
  signal?: AbortSignal | undefined;
}

export interface StartOptions extends RequestOptions {
  /** Joins executions that belong together, say those of one chat. At most 200 characters. */
  sessionId?: string | undefined;
  /** The same key and input give the same execution. Default one of its own for each call, so that a start is never doubled by a cut line. */
  idempotencyKey?: string | undefined;
}

export interface ListOptions extends RequestOptions {
  status?: ExecutionStatus | undefined;
  workflow?: string | undefined;
  sessionId?: string | undefined;
  /** 1 to 200, default 50. */
  limit?: number | undefined;
  /** The `nextCursor` of the page before. */
  cursor?: string | undefined;
}

export interface StreamSeveralOptions extends RequestOptions {
  /** Ids; default all of one's own, those to come too, without an end. */
  executions?: readonly string[] | undefined;
  /** The cursor that `onCursor` was told last. */
  after?: string | undefined;
  /** `latest` leaves the past out. */
  from?: 'latest' | undefined;
  types?: readonly EventType[] | undefined;
  onConnection?: ((connection: Connection) => void) | undefined;
  /** Told the opaque cursor after each event, to go on after it another time. */
  onCursor?: ((cursor: string) => void) | undefined;
}

/**
 * @throws RequestError from each of its methods, where the service refuses or cannot be reached; TypeError for what JSON cannot hold.
 *
 * @example
 * const client = new StepcastClient({ baseUrl: 'http://localhost:3000', auth: { apiKey } });
 * const run = await client.run('brief', { text: 'The tide comes in.' });
 * for await (const event of run) console.log(event.type, run.state.progress);
 */
export class StepcastClient {
  private readonly transport: Transport;

  constructor(options: ClientOptions = {}) {
    this.transport = new Transport(options);
  }

  /** Starts a workflow by its name, or one that is given whole. Resolves when the execution is in the journal. */
  start(workflow: string | WorkflowDefinition, input?: JsonInput, options: StartOptions = {}): Promise<StartedExecution> {
    const { sessionId, idempotencyKey = randomKey(), signal } = options;
    const init: RequestInit = { headers: { 'Idempotency-Key': idempotencyKey }, repeatable: true, signal };
    return typeof workflow === 'string'
      ? this.transport.json('POST', `${workflowPath(workflow)}/executions`, init, { input, sessionId })
      : this.transport.json('POST', '/executions', init, { workflow, input, sessionId });
  }

  /** Starts and follows. `signal` ends the following, not the execution. */
  async run(workflow: string | WorkflowDefinition, input?: JsonInput, options: StartOptions & StreamOptions = {}): Promise<ExecutionStream> {
    const { id } = await this.start(workflow, input, options);
    return this.stream(id, options);
  }

  /** Follows an execution: the past from where the options say, then what is live, to its end. */
  stream(executionId: string, options: StreamOptions = {}): ExecutionStream {
    return new ExecutionStream(this.transport, executionId, options);
  }

  /** Follows several executions over one connection: to the end of the last one, or, of all of one's own, until `signal` aborts. */
  streamSeveral(options: StreamSeveralOptions = {}): AsyncGenerator<ExecutionEvent, void> {
    const closer = new AbortController();
    return leftBy(this.readSeveral(options, closer), () => closer.abort());
  }

  private async *readSeveral(options: StreamSeveralOptions, closer: AbortController): AsyncGenerator<ExecutionEvent, void> {
    const { executions, after, from, types, signal, onConnection, onCursor } = options;
    const place = new SeveralPlace(after, executions, types, from);
    const endAbort = onAbort(signal, () => closer.abort());
    try {
      for await (const event of new Follower(this.transport, place, onConnection ?? (() => {}), closer.signal).events()) {
        yield event;
        if (place.cursor !== undefined) onCursor?.(place.cursor);
      }
    } finally {
      endAbort();
      closer.abort();
    }
  }

  status(executionId: string, { signal }: RequestOptions = {}): Promise<ExecutionState> {
    return this.transport.json('GET', executionPath(executionId), { signal });
  }

  /** What it runs, as it was at the start. */
  definition(executionId: string, { signal }: RequestOptions = {}): Promise<ExecutionDefinition> {
    return this.transport.json('GET', `${executionPath(executionId)}/definition`, { signal });
  }

  /** When it resolves, running agents have been told, and nothing new starts. Cancelling twice is like cancelling once. */
  cancel(executionId: string, { reason, signal }: RequestOptions & { reason?: string | undefined } = {}): Promise<StartedExecution> {
    return this.transport.json('POST', `${executionPath(executionId)}/cancel`, { repeatable: true, signal }, { reason });
  }

  /** Answers a step that waits for a person: the only one that does, or the one of `stepId`. */
  answer(executionId: string, value: JsonInput, { stepId, signal }: RequestOptions & { stepId?: string | undefined } = {}): Promise<StartedExecution> {
    return this.transport.json('POST', `${executionPath(executionId)}/input`, { signal }, { stepId, value });
  }

  /** One's own executions, newest first. */
  list({ signal, ...query }: ListOptions = {}): Promise<ExecutionList> {
    return this.transport.json('GET', '/executions', { query, signal });
  }

  /** A page of events: after that seq, at most 1,000. */
  events(executionId: string, { after, limit, signal }: RequestOptions & { after?: number | undefined; limit?: number | undefined } = {}): Promise<EventsPage> {
    return this.transport.json('GET', `${executionPath(executionId)}/events`, { query: { after, limit }, signal });
  }

  /** A ticket for the stream of an execution, or, without one, for that of several: what a server hands to a page. */
  ticket(executionId?: string, { signal }: RequestOptions = {}): Promise<StreamTicket> {
    const path = executionId === undefined ? '/tickets' : `${executionPath(executionId)}/tickets`;
    return this.transport.json('POST', path, { repeatable: true, signal });
  }

  async workflows({ signal }: RequestOptions = {}): Promise<WorkflowSummary[]> {
    return (await this.transport.json<{ workflows: WorkflowSummary[] }>('GET', '/workflows', { signal })).workflows;
  }

  workflow(name: string, { signal }: RequestOptions = {}): Promise<WorkflowDetail> {
    return this.transport.json('GET', workflowPath(name), { signal });
  }

  /** Stores a definition as one's own, in the place of one of that name. */
  saveWorkflow(definition: WorkflowDefinition, { signal }: RequestOptions = {}): Promise<WorkflowDetail> {
    return this.transport.json('POST', '/workflows', { repeatable: true, signal }, definition);
  }

  deleteWorkflow(name: string, { signal }: RequestOptions = {}): Promise<void> {
    return this.transport.json('DELETE', workflowPath(name), { signal });
  }
}

function workflowPath(name: string): string {
  return `/workflows/${encodeURIComponent(name)}`;
}

/** `crypto.randomUUID` is not there on pages that came by plain HTTP. */
function randomKey(): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, '0')).join('');
}
