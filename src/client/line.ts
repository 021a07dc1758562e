/**
 * One connection of a stream: what comes over it until it is cut, ended, or as good as dead.
 *
 * A line that is dead says nothing: after a laptop slept, or where a middlebox forgot it, reading just never ends. So silence is
 * watched while something is waited for, on the clock of the wall, which goes on in sleep. Where a reader is busy with what it
 * has been given, nobody waits, and nothing is judged.
 */
import { createParser, type EventSourceMessage } from 'eventsource-parser';
import { later, onAbort, orAborted } from './backoff.js';
import { onWake } from './wake.js';

/** A message, or with `data` undefined what only brings the cursor along. */
export interface Frame {
  id: string | undefined;
  data?: string;
}

/** Between two heartbeats there is more: one that comes sooner was held up, here or on the way, or the clock was set. */
const MIN_HEARTBEAT_MS = 1000;
const MIN_STALL_MS = 5000;
const MAX_STALL_MS = 300_000;
/** How many times the silence before a heartbeat may last. */
const STALL_FACTOR = 3;

/** How long silence may last before a line counts as dead: learned from the service's heartbeats, over all lines of a stream. */
export class StallLimit {
  constructor(public ms: number) {}

  /** A heartbeat came after that much silence. */
  heard(silenceMs: number): void {
    // Longer than any line is given: it was the reader that was away.
    if (silenceMs < MIN_HEARTBEAT_MS || silenceMs > this.ms) return;
    this.ms = Math.min(MAX_STALL_MS, Math.max(MIN_STALL_MS, STALL_FACTOR * silenceMs));
  }

  /** A line was silent for too long: perhaps the heartbeats are rarer than thought, so the next one is given longer. */
  stalled(): void {
    this.ms = Math.max(this.ms, Math.min(MAX_STALL_MS, this.ms * 2));
  }
}

export interface LineOptions {
  connect: (signal: AbortSignal) => Promise<Response>;
  stall: StallLimit;
  /** Called for each heartbeat. */
  onHeartbeat: () => void;
  /** Called when nothing has come for so long, until the first byte has: it may find that the stream is held back, and abort. */
  probe: { afterMs: number; call: (line: Line) => void };
  signal: AbortSignal;
}

export class Line {
  private readonly aborter = new AbortController();
  private waitingSince: number | undefined;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private hasBytes = false;
  private hasProbed = false;

  constructor(private readonly options: LineOptions) {}

  /** Whether it is open, and nothing has come over it. */
  get isSilent(): boolean {
    return !this.hasBytes && !this.aborter.signal.aborted;
  }

  close(): void {
    this.aborter.abort();
  }

  /**
   * Hands the response to `accept`, which throws where it is no stream, then what comes over it, a list for each piece.
   *
   * @throws what `connect` and `accept` throw, and what cuts the line.
   */
  async *read(accept: (response: Response) => Promise<void>): AsyncGenerator<Frame[]> {
    const endAbort = onAbort(this.options.signal, () => this.close());
    const endWake = onWake(this.check);
    try {
      const response = await this.waited(this.options.connect(this.aborter.signal));
      await this.waited(accept(response));
      if (response.body) yield* this.frames(response.body.getReader());
    } finally {
      clearTimeout(this.timer);
      endWake();
      endAbort();
      this.close();
    }
  }

  private async *frames(reader: ReadableStreamDefaultReader<Uint8Array>): AsyncGenerator<Frame[]> {
    const decoder = new TextDecoder();
    let frames: Frame[] = [];
    let id: string | undefined;
    let heardAt = Date.now();
    let silenceMs = 0;
    const parser = createParser({
      onId: (given) => {
        id = given;
        frames.push({ id });
      },
      onEvent: ({ data }: EventSourceMessage) => {
        // The `id` of the same frame has just been told.
        if (frames.at(-1)?.data === undefined) frames.pop();
        frames.push({ id, data });
        id = undefined;
      },
      onComment: (comment) => {
        if (comment.trim() !== 'heartbeat') return;
        this.options.stall.heard(silenceMs);
        this.options.onHeartbeat();
      },
    });
    for (;;) {
      const { done, value } = await this.waited(reader.read());
      if (done) return;
      silenceMs = Date.now() - heardAt;
      heardAt += silenceMs;
      this.hasBytes = true;
      parser.feed(decoder.decode(value, { stream: true }));
      if (frames.length) yield frames;
      frames = [];
    }
  }

  private async waited<T>(work: Promise<T>): Promise<T> {
    this.waitingSince = Date.now();
    this.check();
    try {
      return await orAborted(work, this.aborter.signal);
    } finally {
      this.waitingSince = undefined;
      clearTimeout(this.timer);
    }
  }

  /** Looks how long the silence has lasted, and when to look again. */
  private readonly check = (): void => {
    if (this.waitingSince === undefined) return;
    const now = Date.now();
    // A clock that was set back since makes no silence longer than it may be.
    this.waitingSince = Math.min(this.waitingSince, now);
    const silenceMs = now - this.waitingSince;
    const { stall, probe } = this.options;
    if (silenceMs >= stall.ms) {
      const { ms } = stall;
      stall.stalled();
      return this.aborter.abort(new Error(`nothing has come for ${ms} ms`));
    }
    let nextMs = stall.ms - silenceMs;
    if (!this.hasBytes && !this.hasProbed) {
      if (silenceMs >= probe.afterMs) {
        this.hasProbed = true;
        probe.call(this);
      } else {
        nextMs = Math.min(nextMs, probe.afterMs - silenceMs);
      }
    }
    clearTimeout(this.timer);
    this.timer = later(this.check, nextMs);
  };
}
