/**
 * One open WebSocket as a line to write to: it is to a socket what `StreamConnection` is to a response. `ws` does the
 * handshake, reads, and says pings and goodbyes; frames of events are written past it, as bytes that all sockets share, each a whole
 * frame, so that they cannot get between the parts of one of its own.
 *
 * The bounds are those of SSE: followers give nothing while the socket has more to send than its buffer takes (`gate`), and a reader
 * that leaves that unread for `stalledReaderMs` is dropped, and can resume (P8). Meanwhile nothing is read from it either,
 * so that it cannot ask for more than it takes. A peer that does not answer two pings in a row is gone.
 */
import { type Duplex } from 'node:stream';
import { type WebSocket } from 'ws';
import { type ReadyGate } from '../../journal/journal.types.js';
import { type StreamMetrics } from '../../metrics/stream.metrics.js';
import { drainOf } from '../sse/drain.gate.js';
import { type StreamChunk } from '../sse/frames.js';
import { type StreamingOptions } from '../streaming.options.js';
import { type Closing, CLOSINGS } from './socket.close.js';
import { framesOf } from './socket.frames.js';

/** Who has the line. */
export interface LineOwner {
  /** A message has come. */
  receive(text: string): void;
  /** What breaks a silence. */
  heartbeat(): object;
  /** What the peer has to be told although no event is: where filters have moved its cursors. */
  untold(): object[];
  /** The line is closed or about to be: nothing that is sent arrives any more. */
  closed(): void;
}

type Written = Pick<StreamChunk, 'bytes' | 'written'>;
/** Why nothing is read for now: what was sent is unread, or what was asked for is not answered yet. */
type Hold = 'unread' | 'busy';

/** Milliseconds that a peer has for its answer to a ping, however short the interval of heartbeats. */
const LEAST_PATIENCE_MS = 1000;
const OPEN = 1;

export class SocketLine {
  private readonly openedAt = performance.now();
  private readonly silence: NodeJS.Timeout;
  private readonly pulse: NodeJS.Timeout;
  private readonly holds = new Set<Hold>();
  private waiting: Promise<void> | undefined;
  private stall: NodeJS.Timeout | undefined;
  /** When the first ping was sent that is not answered yet. */
  private pingedAt: number | undefined;
  private isClosed = false;

  constructor(
    private readonly ws: WebSocket,
    private readonly socket: Duplex,
    private readonly options: StreamingOptions,
    private readonly metrics: StreamMetrics,
    private readonly owner: LineOwner,
  ) {
    const countClosed = metrics.opened();
    this.silence = setTimeout(() => this.beat(), options.heartbeatMs);
    this.pulse = setInterval(() => this.checkPulse(), options.heartbeatMs);
    const letGo = () => this.letGo();
    // As ws gives messages by default: in one piece.
    ws.on('message', (data, isBinary) => this.take(data as Buffer, isBinary));
    ws.on('pong', () => (this.pingedAt = undefined));
    // What breaks the rules of the protocol is answered by ws, with the code for it.
    ws.on('error', letGo);
    ws.on('close', () => {
      countClosed();
      letGo();
    });
    socket.on('drain', () => this.drained());
  }

  /** Holds followers back while the peer has yet to read what it was sent, and for good where it has said goodbye. */
  readonly gate: ReadyGate = () => {
    const { socket } = this;
    if (this.waiting || socket.destroyed || (this.isOpen && !socket.writableNeedDrain)) return this.waiting;
    this.waiting = drainOf(socket).finally(() => (this.waiting = undefined));
    return this.waiting;
  };

  say(message: object): void {
    this.write({ bytes: framesOf([JSON.stringify(message)]) });
  }

  write({ bytes, written }: Written): void {
    if (!this.isOpen || bytes.length === 0) return;
    this.silence.refresh();
    if (!this.socket.write(bytes)) this.waitForDrain();
    this.metrics.wrote(bytes.length, written, this.openedAt);
  }

  /** Closes the line: what was sent before arrives, as far as it is read within the time that ws allows for it. */
  close({ code, reason }: Closing): void {
    if (this.isClosed) return;
    this.letGo();
    // The peer's answer has to be read.
    this.ws.resume();
    this.ws.close(code, reason);
  }

  /** Stops reading what the peer asks for. */
  hold(why: Hold): void {
    if (this.isClosed) return;
    this.holds.add(why);
    this.ws.pause();
  }

  release(why: Hold): void {
    if (this.holds.delete(why) && this.holds.size === 0 && !this.isClosed) this.ws.resume();
  }

  private get isOpen(): boolean {
    return !this.isClosed && this.ws.readyState === OPEN;
  }

  private take(data: Buffer, isBinary: boolean): void {
    if (this.isClosed) return;
    this.pingedAt = undefined;
    if (isBinary) this.close(CLOSINGS.binary);
    else this.owner.receive(data.toString('utf8'));
  }

  private letGo(): void {
    if (this.isClosed) return;
    this.isClosed = true;
    clearTimeout(this.silence);
    clearInterval(this.pulse);
    clearTimeout(this.stall);
    this.owner.closed();
  }

  /** Browsers cannot see pings (P9). Not for a peer that has more to read already. */
  private beat(): void {
    this.silence.refresh();
    if (!this.socket.writableNeedDrain) this.say(this.owner.heartbeat());
  }

  private checkPulse(): void {
    // One that is not read from cannot be heard.
    if (this.holds.size > 0) {
      this.pingedAt = undefined;
      return;
    }
    const now = performance.now();
    this.pingedAt ??= now;
    if (now - this.pingedAt >= Math.max(2 * this.options.heartbeatMs, LEAST_PATIENCE_MS)) {
      // After what has arrived meanwhile was read: it may be this process that was not listening.
      setImmediate(() => this.pingedAt !== undefined && this.ws.terminate());
      return;
    }
    for (const message of this.owner.untold()) this.say(message);
    this.ws.ping();
  }

  private waitForDrain(): void {
    if (this.stall) return;
    this.hold('unread');
    this.stall = setTimeout(() => {
      this.metrics.dropped();
      this.close(CLOSINGS.unread);
    }, this.options.stalledReaderMs);
  }

  private drained(): void {
    clearTimeout(this.stall);
    this.stall = undefined;
    this.release('unread');
  }
}
