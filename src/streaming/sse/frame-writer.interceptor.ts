/**
 * Writes the chunks of a stream to its response, past Nest's own formatting: Nest would format every message again for
 * every subscriber and make one write of each. A chunk holds what an execution gave in one turn, encoded once and
 * shared by all readers, and goes out in one write. Nest still sends the headers and ends the response.
 *
 * Back-pressure is the gate's (drain.gate.ts): a follower gives nothing while the response is full, so what waits for
 * a slow reader is bounded by one page. A reader that leaves it unread for `stalledReaderMs` is dropped, and can resume (P8).
 */
import { type ServerResponse } from 'node:http';
import { type CallHandler, type ExecutionContext, Injectable, Logger, type NestInterceptor } from '@nestjs/common';
import { catchError, EMPTY, Observable } from 'rxjs';
import { StreamMetrics } from '../../metrics/stream.metrics.js';
import { rawResponse } from '../http/http.types.js';
import { StreamingOptions } from '../streaming.options.js';
import { headersOf } from './drain.gate.js';
import { type StreamChunk } from './frames.js';

@Injectable()
export class FrameWriterInterceptor implements NestInterceptor<StreamChunk, never> {
  private readonly logger = new Logger('Streams');

  constructor(
    private readonly options: StreamingOptions,
    private readonly metrics: StreamMetrics,
  ) {}

  intercept(context: ExecutionContext, next: CallHandler<StreamChunk>): Observable<never> {
    const response = rawResponse(context.switchToHttp().getResponse<object>());
    return this.write(next.handle(), response).pipe(
      catchError((error: unknown) => {
        if (!response.headersSent) throw error;
        // Nest would write an event of its own for it, with an id that is no cursor. A line that breaks is resumed.
        this.logger.error(error);
        response.destroy();
        return EMPTY;
      }),
    );
  }

  /** Emits nothing; completes when all is handed to the response, errors as the chunks do. */
  write(chunks: Observable<StreamChunk>, response: ServerResponse): Observable<never> {
    return new Observable((subscriber) => {
      const closed = this.metrics.opened();
      let stall: NodeJS.Timeout | undefined;
      let early: Buffer[] = [];

      const drop = () => {
        this.metrics.dropped();
        response.destroy();
      };
      const onDrain = () => {
        clearTimeout(stall);
        stall = undefined;
      };
      response.on('drain', onDrain);
      const send = (bytes: Buffer) => {
        if (bytes.length === 0 || response.destroyed || response.writableEnded) return;
        this.metrics.wrote(bytes.length);
        if (!response.write(bytes)) stall ??= setTimeout(drop, this.options.stalledReaderMs);
      };
      const whenHeadersAreOut = async () => {
        await headersOf(response);
        for (const bytes of early) send(bytes);
        early = [];
      };

      const subscription = chunks.subscribe({
        next: ({ bytes, heartbeat }) => {
          if (!response.headersSent || early.length) {
            if (early.push(bytes) === 1) void whenHeadersAreOut();
          } else if (!heartbeat || !response.writableNeedDrain) send(bytes);
        },
        error: (error: unknown) => subscriber.error(error),
        complete: () => {
          void whenHeadersAreOut().then(() => subscriber.complete());
        },
      });
      return () => {
        closed();
        early = [];
        clearTimeout(stall);
        response.off('drain', onDrain);
        subscription.unsubscribe();
      };
    });
  }
}
