/**
 * A stream over as many lines as it takes: each is taken up after the last event that was handed on, so the reader sees every
 * event once and in order, whatever happens to the line, to what is between, or to the service (P1, P3). Where something
 * between holds streams back, the same events are asked for as pages.
 */
import { type ExecutionEvent } from '../contract/events.js';
import { type EventsPage } from '../contract/api.js';
import { pause } from './backoff.js';
import { RequestError } from './client.error.js';
import { type Frame, Line, StallLimit } from './line.js';
import { type Place } from './place.js';
import { refusalOf, type Transport, unreachable } from './transport.js';
import { onWake } from './wake.js';

/** How a stream stands: its line is being made, open, or cut; or there is none, as pages are asked for; or all has come. */
export type Connection =
  | { state: 'connecting' | 'live' | 'polling' | 'ended' }
  /** The next try comes in `delayMs`. */
  | { state: 'waiting'; delayMs: number; error: RequestError | undefined };

const MAX_PAGE = 1000;
const SILENT_POLLS = 5;
/** Lines that may bring nothing, one after the other, before pages are looked at. */
const FRUITLESS_LINES = 3;

export class Follower {
  private readonly stall: StallLimit;
  private failures = 0;
  private isBlocked = false;
  /** How many pages are asked for before a line is tried again: twice as many each time. */
  private polls = 60;
  private isProbing = false;
  private isToldFault = false;

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
        this.tell({ state: wasBlocked ? 'polling' : 'connecting' });
        await this.place.begin?.();
        if (yield* wasBlocked ? this.pages() : this.line()) {
          this.tell({ state: 'ended' });
          return;
        }
      } catch (error) {
        if (this.signal.aborted) return;
        if (this.isToldFault) throw error;
        failure = error instanceof RequestError ? error : unreachable(error, 'the stream');
        if (!failure.isTransient) throw failure;
      }
      if (this.signal.aborted) return;
      // Line after line brings nothing, and it is not the service that says so: perhaps something between lets none through.
      if (!wasBlocked && this.isFruitless && !failure?.code) void this.probe();
      if (wasBlocked === this.isBlocked) await this.wait(failure);
      // Pages that are cut, as they are large, are no better than a line, which brings something at least before it is cut.
      if (wasBlocked && failure?.status === 0) this.isBlocked = false;
    }
  }

  private async wait(error: RequestError | undefined): Promise<void> {
    const delayMs = Math.max(error?.retryAfterMs ?? 0, this.transport.backoffMs(this.failures++));
    this.tell({ state: 'waiting', delayMs, error });
    let endWake = () => {};
    // Asked to wait, it waits; otherwise a network or a page that is back need not.
    await pause(delayMs, this.signal, error?.retryAfterMs ? undefined : (skip) => (endWake = onWake(skip)));
    endWake();
  }

  /** Whether line after line has brought nothing. */
  private get isFruitless(): boolean {
    return this.failures >= FRUITLESS_LINES;
  }

  private tell(connection: Connection): void {
    try {
      this.onConnection(connection);
    } catch (error) {
      // Of the reader, and not of the line, which would be made again and again.
      this.isToldFault = true;
      throw error;
    }
  }

  /** One line. @returns whether it brought the stream to its end. */
  private async *line(): AsyncGenerator<ExecutionEvent, boolean> {
    const { place, transport, signal, stall } = this;
    let isOver = false;
    const line = new Line({
      stall, signal,
      // It lives, so the next cut is a first one.
      onHeartbeat: () => (this.failures = 0),
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
      probe: { afterMs: transport.options.probeMs ?? 3000, call: (silent) => void this.probe(silent) },
    });
    const accept = async (response: Response) => {
      if (response.status !== 200 && response.status !== 204) throw await refusalOf(response);
      isOver = response.status === 204;
      if (isOver) return;
      const type = response.headers.get('Content-Type');
      if (!type?.startsWith('text/event-stream')) throw new RequestError(`what was answered is no stream, but ${type}: something else than the service is there`, 0, undefined);
      this.tell({ state: 'live' });
    };
    for await (const frames of line.read(accept)) {
      for (const frame of frames) {
        const event = eventOf(frame);
        const step = event ? place.check(event) : 'seen';
        if (step === 'gap') return false;
        if (frame.id !== undefined) place.advance(frame.id);
        if (event && step === 'next') {
          // Of use, so the next cut is a first one, and whatever a late answer to a probe said is over.
          this.failures = 0;
          this.isBlocked = false;
          yield event;
          if (signal.aborted) return false;
          if (place.isLast(event)) return true;
        }
      }
    }
    return isOver;
  }

  /** Whether there are events that a silent line, or those before, should have brought: then something between holds them back, and will again. */
  private async probe(line?: Line): Promise<void> {
    if (this.place.pages === undefined || this.isProbing) return;
    this.isProbing = true;
    try {
      if ((await this.page(1, line !== undefined)).events.length && (line ? line.isSilent : this.isFruitless) && !this.signal.aborted) {
        this.isBlocked = true;
        line?.close();
      }
    } catch {
      // Nothing answers pages either: the line's own end will tell why.
    }
    this.isProbing = false;
  }

  private async *pages(): AsyncGenerator<ExecutionEvent, boolean> {
    const { pollMs = 1000 } = this.transport.options;
    for (let polls = 0, silent = 0; polls < this.polls && !this.signal.aborted;) {
      const { events, terminal } = await this.page(MAX_PAGE);
      this.failures = 0;
      for (const event of events) {
        this.place.advance(String(event.seq));
        if (this.place.shows(event.type)) yield event;
        if (this.signal.aborted) return false;
      }
      if (terminal) return true;
      silent = events.length ? 0 : Math.min(SILENT_POLLS, silent + 1);
      if (events.length === MAX_PAGE) continue;
      polls++;
      await pause(pollMs * Math.max(1, silent), this.signal);
    }
    // What held the line back may be gone.
    this.isBlocked = false;
    this.polls *= 2;
    return false;
  }

  private page(limit: number, repeatable = true): Promise<EventsPage> {
    const { pages, cursor } = this.place;
    return this.transport.json('GET', pages as string, { query: { after: cursor, limit }, repeatable, signal: this.signal });
  }
}

/** @returns undefined for what is no event of a log: heartbeats, what only moves the cursor, and the service's last word on a stream. */
function eventOf({ data }: Frame): ExecutionEvent | undefined {
  if (data === undefined) return undefined;
  const event = JSON.parse(data) as Partial<ExecutionEvent> | null;
  return typeof event?.seq === 'number' ? (event as ExecutionEvent) : undefined;
}
