/**
 * A stream over as many lines as it takes: each is taken up after the last event that was handed on, so the reader sees every
 * event once and in order, whatever happens to the line, to what is between, or to the service (P1, P3). Where something
 * between holds streams back, the same events are asked for as pages.
 */
import { TERMINAL_TYPES, type EventType, type ExecutionEvent } from '../contract/events.js';
import { type EventsPage } from '../contract/api.js';
import { pause } from './backoff.js';
import { RequestError } from './client.error.js';
import { type Frame, Line, StallLimit } from './line.js';
import { executionPath, type Query, refusalOf, type Transport, unreachable } from './transport.js';
import { onWake } from './wake.js';

/** How a stream stands: its line is being made, open, or cut; or there is none, as pages are asked for; or all has come. */
export type Connection =
  | { state: 'connecting' | 'live' | 'polling' | 'ended' }
  /** The next try comes in `delayMs`. */
  | { state: 'waiting'; delayMs: number; error: RequestError | undefined };

/** What is followed, and how far a reader has come. */
export interface Place {
  /** Finds out where to begin, where that is not known yet. */
  begin?(): Promise<void>;
  /** Path of the stream. */
  readonly path: string;
  readonly query: Query;
  /** The last id that was handed on. */
  readonly cursor: string | undefined;
  /** Path of the same events as pages, where there are such. */
  readonly pages: string | undefined;
  /** Of one execution; several have none. */
  readonly executionId: string | undefined;
  /** Whether the event is to be handed on, was handed on before, or comes after one that has not come. */
  check(event: ExecutionEvent): 'next' | 'seen' | 'gap';
  /** A frame is done with. */
  advance(id: string): void;
  shows(type: EventType): boolean;
  isLast(event: ExecutionEvent): boolean;
}

const MAX_PAGE = 1000;
const SILENT_POLLS = 5;

export class Follower {
  private readonly stall: StallLimit;
  private failures = 0;
  private isBlocked = false;

  constructor(
    private readonly transport: Transport,
    private readonly place: Place,
    private readonly onConnection: (connection: Connection) => void,
    private readonly signal: AbortSignal,
  ) {
    this.stall = new StallLimit(transport.options.stallMs ?? 45_000);
  }

  /** @throws RequestError where trying again would not help. */
  async *events(): AsyncGenerator<ExecutionEvent> {
    while (!this.signal.aborted) {
      let failure: RequestError | undefined;
      const wasBlocked = this.isBlocked;
      try {
        this.onConnection({ state: wasBlocked ? 'polling' : 'connecting' });
        await this.place.begin?.();
        if (yield* wasBlocked ? this.pages() : this.line()) {
          this.onConnection({ state: 'ended' });
          return;
        }
      } catch (error) {
        if (this.signal.aborted) return;
        failure = error instanceof RequestError ? error : unreachable(error, 'the stream');
        if (!failure.isTransient) throw failure;
      }
      if (this.signal.aborted) return;
      if (wasBlocked === this.isBlocked) await this.wait(failure);
      // Pages that are cut, as they are large, are no better than a line, which brings something at least before it is cut.
      if (wasBlocked && failure?.status === 0) this.isBlocked = false;
    }
  }

  private async wait(error: RequestError | undefined): Promise<void> {
    const delayMs = Math.max(error?.retryAfterMs ?? 0, this.transport.backoffMs(this.failures++));
    this.onConnection({ state: 'waiting', delayMs, error });
    let endWake = () => {};
    // Asked to wait, it waits; otherwise a network or a page that is back need not.
    await pause(delayMs, this.signal, error?.retryAfterMs ? undefined : (skip) => (endWake = onWake(skip)));
    endWake();
  }

  /** One line. @returns whether it brought the stream to its end. */
  private async *line(): AsyncGenerator<ExecutionEvent, boolean> {
    const { place, transport, signal, stall } = this;
    let isOver = false;
    const line = new Line({
      stall, signal,
      connect: async (lineSignal) => {
        const { auth } = transport.options;
        const headers = { Accept: 'text/event-stream', ...(place.cursor === undefined ? {} : { 'Last-Event-ID': place.cursor }) };
        const send = (ticket?: string) => transport.send('GET', place.path, { query: { ...place.query, ticket }, headers, signal: lineSignal });
        if (!auth || !('ticket' in auth)) return send();
        const response = await send(await auth.ticket(place.executionId));
        if (response.status !== 401) return response;
        // It may have grown old on the way, or the service was started anew since.
        await response.body?.cancel();
        return send(await auth.ticket(place.executionId));
      },
      probe: place.pages === undefined ? undefined : { afterMs: transport.options.probeMs ?? 3000, call: (silent) => void this.probe(silent) },
    });
    const accept = async (response: Response) => {
      if (response.status !== 200 && response.status !== 204) throw await refusalOf(response);
      isOver = response.status === 204;
      if (isOver) return;
      const type = response.headers.get('Content-Type');
      if (!type?.startsWith('text/event-stream')) throw new RequestError(`what was answered is no stream, but ${type}: something else than the service is there`, 0, undefined);
      this.onConnection({ state: 'live' });
    };
    for await (const frames of line.read(accept)) {
      for (const frame of frames) {
        const event = eventOf(frame);
        const step = event ? place.check(event) : 'seen';
        if (step === 'gap') return false;
        if (event && step === 'next') {
          // Of use, so the next cut is a first one.
          this.failures = 0;
          if (frame.id !== undefined) place.advance(frame.id);
          yield event;
          if (signal.aborted) return false;
          if (place.isLast(event)) return true;
        } else if (frame.id !== undefined) {
          place.advance(frame.id);
        }
      }
    }
    return isOver;
  }

  /** Whether there are events that a silent line should have brought: then something between holds them back, and will again. */
  private async probe(line: Line): Promise<void> {
    try {
      if ((await this.page(1)).events.length && line.isSilent && !this.signal.aborted) {
        this.isBlocked = true;
        line.close();
      }
    } catch {
      // Nothing answers pages either: the line's own end will tell why.
    }
  }

  private async *pages(): AsyncGenerator<ExecutionEvent, boolean> {
    const { pollMs = 1000 } = this.transport.options;
    for (let silent = 0; !this.signal.aborted;) {
      const { events, terminal } = await this.page(MAX_PAGE);
      this.failures = 0;
      for (const event of events) {
        this.place.advance(String(event.seq));
        if (this.place.shows(event.type)) yield event;
        if (this.signal.aborted) return false;
      }
      if (terminal) return true;
      silent = events.length ? 0 : Math.min(SILENT_POLLS, silent + 1);
      if (events.length < MAX_PAGE) await pause(pollMs * Math.max(1, silent), this.signal);
    }
    return false;
  }

  private page(limit: number): Promise<EventsPage> {
    const { pages, cursor } = this.place;
    return this.transport.json('GET', pages as string, { query: { after: cursor, limit }, signal: this.signal });
  }
}

/** @returns undefined for what is no event of a log: heartbeats, what only moves the cursor, and the service's last word on a stream. */
function eventOf({ data }: Frame): ExecutionEvent | undefined {
  if (data === undefined) return undefined;
  const event = JSON.parse(data) as Partial<ExecutionEvent> | null;
  return typeof event?.seq === 'number' ? (event as ExecutionEvent) : undefined;
}

/** One execution from a seq on. */
export class ExecutionPlace implements Place {
  readonly path: string;
  readonly pages: string;
  private readonly types: ReadonlySet<EventType> | undefined;
  private after = 0;
  private hasBegun = false;

  /** @param first Finds the seq of the last event that the reader has. */
  constructor(
    readonly executionId: string,
    private readonly first: () => Promise<number>,
    types: readonly EventType[] | undefined,
  ) {
    this.path = `${executionPath(executionId)}/stream`;
    this.pages = `${executionPath(executionId)}/events`;
    this.types = types && new Set(types);
  }

  async begin(): Promise<void> {
    if (this.hasBegun) return;
    this.after = await this.first();
    this.hasBegun = true;
  }

  get query(): Query {
    return { types: this.types && [...this.types] };
  }

  get cursor(): string {
    return String(this.after);
  }

  check({ seq }: ExecutionEvent): 'next' | 'seen' | 'gap' {
    if (seq <= this.after) return 'seen';
    return this.types || seq === this.after + 1 ? 'next' : 'gap';
  }

  advance(id: string): void {
    const seq = Number(id);
    if (seq > this.after) this.after = seq;
  }

  shows(type: EventType): boolean {
    return this.types?.has(type) ?? true;
  }

  isLast({ type }: ExecutionEvent): boolean {
    return TERMINAL_TYPES.has(type);
  }
}

/** Several executions, or all of one's own, from an opaque cursor on: its service says where it ends. */
export class SeveralPlace implements Place {
  readonly path = '/stream';
  readonly pages = undefined;
  readonly executionId = undefined;

  constructor(
    public cursor: string | undefined,
    private readonly executions: readonly string[] | undefined,
    private readonly types: readonly EventType[] | undefined,
    private readonly from: 'latest' | undefined,
  ) {}

  get query(): Query {
    // The stream tells its cursor first, so where it has begun is known from then on.
    return { executions: this.executions, types: this.types, from: this.cursor === undefined ? this.from : undefined };
  }

  check(): 'next' {
    return 'next';
  }

  advance(id: string): void {
    this.cursor = id;
  }

  shows(): boolean {
    return true;
  }

  isLast(): boolean {
    return false;
  }
}
