import { type EventType, type ExecutionEvent } from '../contract/events.js';
import { type JsonValue } from '../contract/json.js';
import { applyEvent, type ExecutionState, FINISHED_STATUSES, initialState } from '../contract/state.js';
import { leftBy, onAbort } from './backoff.js';
import { ExecutionError } from './client.error.js';
import { type Connection, Follower } from './follow.js';
import { ExecutionPlace } from './place.js';
import { executionPath, type Transport } from './transport.js';

export interface StreamOptions {
  /** The seq of the last event that the reader has; default 0, all of them. */
  after?: number | undefined;
  /** `latest`: from the live end on, with the state as it stands there. */
  from?: 'latest' | undefined;
  /** Begins with the last so many events. */
  last?: number | undefined;
  /** Only these; others neither come nor count in `state`. */
  types?: readonly EventType[] | undefined;
  /** Ends the stream, not the execution. */
  signal?: AbortSignal | undefined;
  /** Told each time the connection changes. */
  onConnection?: ((connection: Connection) => void) | undefined;
}

/**
 * The events of one execution, each once and in order, over as many connections as it takes. It is read once: by `for await`,
 * or by `result`.
 *
 * @example
 * for await (const event of client.stream(id)) console.log(event.seq, event.type);
 */
export class ExecutionStream implements AsyncIterable<ExecutionEvent> {
  /** The fold of the events handed on so far: one object, brought on in place. */
  state: ExecutionState;
  connection: Connection = { state: 'connecting' };
  private readonly closer = new AbortController();
  private isRead = false;

  constructor(
    private readonly transport: Transport,
    readonly executionId: string,
    private readonly options: StreamOptions,
  ) {
    this.state = initialState({ id: executionId, workflow: '', createdAt: '' });
  }

  /**
   * @throws RequestError where the stream cannot be had; what `signal` was aborted with.
   */
  [Symbol.asyncIterator](): AsyncGenerator<ExecutionEvent, void> {
    return leftBy(this.read(), () => this.close());
  }

  private async *read(): AsyncGenerator<ExecutionEvent, void> {
    if (this.isRead) throw new TypeError('a stream is read once: open another with client.stream(executionId)');
    this.isRead = true;
    const { signal, types, onConnection } = this.options;
    const endAbort = onAbort(signal, () => this.close());
    try {
      const follower = new Follower(this.transport, new ExecutionPlace(this.executionId, () => this.begin(), types), (connection) => {
        this.connection = connection;
        onConnection?.(connection);
      }, this.closer.signal);
      for await (const event of follower.events()) {
        this.see(event);
        yield event;
      }
      signal?.throwIfAborted();
    } finally {
      endAbort();
      this.close();
    }
  }

  /**
   * Reads to the end.
   *
   * @returns the result of the workflow.
   * @throws ExecutionError where it failed or was cancelled; RequestError; an `AbortError` where the stream was closed.
   */
  async result(): Promise<JsonValue> {
    for await (const event of this) void event;
    if (this.connection.state !== 'ended') throw new DOMException('the stream was closed before its end', 'AbortError');
    if (!FINISHED_STATUSES.has(this.state.status)) this.state = await this.transport.json('GET', executionPath(this.executionId), { signal: this.options.signal });
    if (this.state.status !== 'completed') throw new ExecutionError(this.state);
    return this.state.result;
  }

  /** Ends the stream, not the execution: that is what `cancel` of the client does. */
  close(): void {
    this.closer.abort();
  }

  /** @returns the seq that the stream goes on after. */
  private async begin(): Promise<number> {
    const { after = 0, from, last } = this.options;
    if (from !== 'latest' && last === undefined) return after;
    const state = await this.transport.json<ExecutionState>('GET', executionPath(this.executionId), { signal: this.closer.signal });
    if (last !== undefined) return Math.max(0, state.lastSeq - last);
    this.state = state;
    return state.lastSeq;
  }

  private see(event: ExecutionEvent): void {
    const { state } = this;
    if (state.workflow === '') {
      state.workflow = event.workflow;
      state.sessionId = event.sessionId ?? null;
      state.createdAt = event.timestamp;
    }
    applyEvent(state, event);
  }
}
