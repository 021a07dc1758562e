/**
 * Keeps a stream's line alive: writes its frames, and after a time of silence a heartbeat. Past Nest's own formatting, which
 * would format every message again for every subscriber and make one write of each. Nest routes, guards and sends the
 * headers; then its part ends, and all that it keeps for a request that is being handled is let go of, while the response
 * goes on in a `StreamConnection`.
 */
import { type ServerResponse } from 'node:http';
import { type CallHandler, type ExecutionContext, Injectable, type NestInterceptor } from '@nestjs/common';
import { EMPTY, Observable } from 'rxjs';
import { StreamMetrics } from '../../metrics/stream.metrics.js';
import { rawResponse, requestOf } from '../http/http.types.js';
import { StreamingOptions } from '../streaming.options.js';
import { type StreamItem } from './frames.js';
import { forgetHandling } from './response.owner.js';
import { StreamConnection } from './stream.connection.js';
import { type StreamRequest } from './stream.request.js';

@Injectable()
export class HeartbeatInterceptor implements NestInterceptor<Observable<StreamItem>, never> {
  constructor(
    private readonly options: StreamingOptions,
    private readonly metrics: StreamMetrics,
  ) {}

  intercept(context: ExecutionContext, next: CallHandler<Observable<StreamItem>>): Observable<never> {
    const request = requestOf(context);
    const response = rawResponse(context.switchToHttp().getResponse<object>());
    return new Observable((nest) => next.handle().subscribe({
      next: (given) => {
        const items = request.method === 'HEAD' ? EMPTY : given;
        const connection = new StreamConnection(response, request.streamRequest as StreamRequest, this.options, this.metrics, nest);
        let isOurs = false;
        // A turn later: what fails at once can still be answered (P14).
        const takeOver = setImmediate(() => {
          isOurs = true;
          connection.takeOver();
          forgetHandling(request);
        });
        nest.add(() => {
          clearImmediate(takeOver);
          if (!isOurs) connection.close();
        });
        connection.open(items);
      },
      error: (error: unknown) => nest.error(error),
    }));
  }

  /** Writes a stream to a response whose headers are out, and ends it with it. */
  write(items: Observable<StreamItem>, response: ServerResponse, asked: StreamRequest): void {
    new StreamConnection(response, asked, this.options, this.metrics).open(items);
  }
}
