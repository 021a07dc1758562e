import { type CallHandler, type ExecutionContext, Injectable, type NestInterceptor } from '@nestjs/common';
import { Observable } from 'rxjs';
import { requestOf } from '../http/http.types.js';
import { StreamingOptions } from '../streaming.options.js';
import { cursorChunk, cursorFrame, HEARTBEAT_COMMENT, heartbeatEvent, type StreamChunk } from './frames.js';
import { type StreamRequest } from './stream.request.js';

/**
 * Breaks silence: after `heartbeatMs` without a chunk the reader gets a heartbeat, so that proxies keep the line open and
 * clients notice a dead one (P9). Where filtered-out events have moved the cursor meanwhile, it is brought along (P10).
 */
@Injectable()
export class HeartbeatInterceptor implements NestInterceptor<StreamChunk, StreamChunk> {
  constructor(private readonly options: StreamingOptions) {}

  intercept(context: ExecutionContext, next: CallHandler<StreamChunk>): Observable<StreamChunk> {
    const { streamRequest } = requestOf(context);
    return streamRequest ? withHeartbeats(next.handle(), this.options.heartbeatMs, streamRequest) : next.handle();
  }
}

export function withHeartbeats(chunks: Observable<StreamChunk>, ms: number, { heartbeat, view, start }: StreamRequest): Observable<StreamChunk> {
  return new Observable((subscriber) => {
    let cursor = start.at === 'cursor' ? start.cursor : undefined;
    let told = true;
    // One timer a stream; pushing it back costs nothing, so an event does not pay for it.
    const timer = setTimeout(() => {
      const parts = heartbeat === 'event' ? [heartbeatEvent(cursor, view.named)] : [HEARTBEAT_COMMENT];
      if (!told && cursor !== undefined && heartbeat === 'comment') parts.unshift(cursorFrame(cursor));
      told = true;
      subscriber.next({ bytes: Buffer.concat(parts), cursor: cursor ?? '', told, heartbeat: true });
      timer.refresh();
    }, ms);
    const subscription = chunks.subscribe({
      next: (chunk) => {
        if (chunk.bytes.length) timer.refresh();
        ({ cursor, told } = chunk);
        subscriber.next(chunk);
      },
      error: (error: unknown) => subscriber.error(error),
      complete: () => {
        if (!told && cursor !== undefined) subscriber.next(cursorChunk(cursor));
        subscriber.complete();
      },
    });
    return () => {
      clearTimeout(timer);
      subscription.unsubscribe();
    };
  });
}
