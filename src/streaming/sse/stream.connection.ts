/**
 * One open stream: writes what its Observable gives to the response, breaks its silence, and ends it. It is all that
 * an idle stream holds of ours, and there may be tens of thousands: hence one object with methods, and no operators.
 *
 * A chunk holds what an execution gave in one turn, encoded once and shared by all readers, and goes out in one write.
 * Back-pressure is the gate's (drain.gate.ts): a follower gives nothing while the response is full, so what waits for
 * a slow reader is bounded by one page. A reader that leaves it unread for `stalledReaderMs` is dropped, and can resume (P8).
 */
import { type ServerResponse } from 'node:http';
import { Logger } from '@nestjs/common';
import { type Observable, type Observer, type Subscriber, type Subscription } from 'rxjs';
import { isRemoved } from '../../journal/removed.js';
import { type StreamMetrics } from '../../metrics/stream.metrics.js';
import { isGone, onClosed } from '../http/response.close.js';
import { type StreamingOptions } from '../streaming.options.js';
import { headersOf } from './drain.gate.js';
import { bytesOf, chunkOf, cursorChunk, cursorFrame, farewellEvent, HEARTBEAT_COMMENT, heartbeatEvent, type StreamChunk, type StreamItem } from './frames.js';
import { idleSocketOf } from './idle.socket.js';
import { StreamBreak, StreamEnd } from './stream.end.js';
import { type StreamRequest } from './stream.request.js';

const logger = new Logger('Streams');

export class StreamConnection implements Observer<StreamItem> {
  private cursor: string | undefined;
  /** Whether the reader has been told the cursor: events that are filtered out move it in silence. */
  private told = true;
  /** What came before the headers were out. */
  private early: Bytes[] | undefined;
  private subscription: Subscription | undefined;
  private closed = false;
  /** Whether it has given an event. */
  private begun = false;
  private readonly openedAt = performance.now();
  private readonly countClosed: () => void;
  /** Pushed back by everything that is written. */
  private readonly silence: NodeJS.Timeout;
  private endStall: (() => void) | undefined;

  /** With `nest`, it is Nest that sends the headers, and that answers an error which comes before `takeOver`. */
  constructor(
    private readonly response: ServerResponse,
    private readonly asked: StreamRequest,
    private readonly options: StreamingOptions,
    private readonly metrics: StreamMetrics,
    private nest?: Subscriber<never>,
  ) {
    this.cursor = asked.start.at === 'cursor' ? asked.start.cursor : undefined;
    this.countClosed = metrics.opened(this.cursor !== undefined);
    this.silence = setTimeout(breakSilence, options.heartbeatMs, this);
  }

  /** Writes what is given until that is complete, or the reader has left. */
  open(items: Observable<StreamItem>): void {
    if (isGone(this.response)) {
      this.close();
      return;
    }
    onClosed(this.response, this.close);
    this.subscription = items.subscribe(this);
    if (this.closed) this.subscription.unsubscribe();
  }

  /** Lets Nest send the headers, and be done with the request. */
  takeOver(): void {
    const { nest } = this;
    this.nest = undefined;
    nest?.complete();
  }

  next(item: StreamItem): void {
    const chunk = chunkOf(item, this.asked.view);
    this.cursor = chunk.cursor;
    this.told = chunk.told;
    if (!this.begun && chunk.written) {
      this.begun = true;
      if (chunk.written.recordedAt === undefined) this.metrics.replaying();
    }
    if (chunk.bytes.length > 0) this.send(chunk);
  }

  error(error: unknown): void {
    if (error instanceof StreamEnd && !this.nest) {
      this.send(bytesOf(farewellEvent(error, this.cursor, this.asked.view.named)));
      this.told = true;
      this.complete();
      return;
    }
    this.close();
    if (this.nest) {
      this.nest.error(error);
      return;
    }
    // A line that breaks is resumed. An event that tells of it would need an id, and have none that is a cursor.
    // What retention has removed meanwhile, whoever reconnects is told by a 410.
    if (!(error instanceof StreamBreak || isRemoved(error))) logger.error(error);
    this.response.destroy();
  }

  complete(): void {
    if (!this.told && this.cursor !== undefined) this.next(cursorChunk(this.cursor));
    void this.whenHeadersAreOut().then(() => {
      if (this.closed) return;
      this.close();
      this.dropUnread();
      this.response.end();
    });
  }

  /** Lets go of everything; the response ends, or has ended, by itself. */
  readonly close = (): void => {
    if (this.closed) return;
    this.closed = true;
    this.countClosed();
    clearTimeout(this.silence);
    this.endStall?.();
    this.early = undefined;
    this.response.off('close', this.close);
    this.subscription?.unsubscribe();
  };

  /** Breaks the silence (P9), and brings a cursor along that hidden events have moved (P10); not for a reader that has more to read already. */
  beat(): void {
    const { response, cursor, told, asked } = this;
    this.silence.refresh();
    if (!response.headersSent || response.writableNeedDrain || asked.heartbeat === 'none') return;
    const text = asked.heartbeat === 'event' ? heartbeatEvent(cursor, asked.view.named) : HEARTBEAT_COMMENT;
    this.send(bytesOf(told || cursor === undefined || asked.heartbeat === 'event' ? text : cursorFrame(cursor) + text));
    this.told = true;
  }

  private send(chunk: Bytes): void {
    if (this.closed) return;
    this.silence.refresh();
    if (this.early) this.early.push(chunk);
    else if (this.response.headersSent) this.write(chunk);
    else {
      this.early = [chunk];
      void this.whenHeadersAreOut();
    }
  }

  private async whenHeadersAreOut(): Promise<void> {
    await headersOf(this.response);
    const early = this.early ?? [];
    this.early = undefined;
    for (const chunk of early) this.write(chunk);
  }

  private write({ bytes, framed, written }: Bytes): void {
    const { response } = this;
    if (response.destroyed || response.writableEnded) return;
    const socket = framed && idleSocketOf(response, framed.length);
    if (socket) socket.write(framed);
    else if (!response.write(bytes)) this.waitForDrain();
    this.metrics.wrote(bytes.length, written, this.openedAt);
  }

  /** Whoever does not read to the end is not waited for without bound. */
  private dropUnread(): void {
    const { response } = this;
    if (!(response.writableLength > 0)) return;
    const drop = setTimeout(() => {
      this.metrics.dropped();
      response.destroy();
    }, this.options.stalledReaderMs);
    response.once('close', () => clearTimeout(drop));
  }

  private waitForDrain(): void {
    if (this.endStall) return;
    const { response } = this;
    const drop = setTimeout(() => {
      this.metrics.dropped();
      response.destroy();
    }, this.options.stalledReaderMs);
    const end = (this.endStall = () => {
      clearTimeout(drop);
      response.off('drain', end);
      this.endStall = undefined;
    });
    response.on('drain', end);
  }
}

type Bytes = Pick<StreamChunk, 'bytes' | 'framed' | 'written'>;

/** One function for all streams, so that a stream's timer holds nothing but the stream. */
function breakSilence(connection: StreamConnection): void {
  connection.beat();
}
