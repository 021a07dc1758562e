import { Controller, Req, Sse, UseFilters, UseInterceptors } from '@nestjs/common';
import { type Observable, of } from 'rxjs';
import { CurrentUser } from '../../auth/auth.decorators.js';
import { type Principal } from '../../auth/principal.js';
import { type ExecutionRecord, type ReadyGate } from '../../journal/journal.types.js';
import { ForStreamOwner, ForStreamOwners } from '../guards/route.guards.js';
import { type HttpRequest } from '../http/http.types.js';
import { ProblemFilter } from '../http/problem.filter.js';
import { Gate } from '../sse/drain.gate.js';
import { HeartbeatInterceptor } from '../sse/heartbeat.interceptor.js';
import { type StreamItem } from '../sse/frames.js';
import { type StreamRequest } from '../sse/stream.request.js';
import { StreamingService } from '../sse/streaming.service.js';

/**
 * The event streams. A handler answers an Observable of one stream, which the interceptor takes out of it and
 * writes: what Nest has built around the handler's Observable is then done, and not held for as long as the stream is
 * open. What can be refused was refused by the guards: from here on every failure is an event of the log.
 */
@Controller()
@UseFilters(ProblemFilter)
@UseInterceptors(HeartbeatInterceptor)
export class StreamController {
  constructor(private readonly streaming: StreamingService) {}

  @Sse('executions/:id/stream')
  @ForStreamOwner()
  execution(@Req() request: HttpRequest, @CurrentUser() principal: Principal, @Gate() gate: ReadyGate): Observable<Observable<StreamItem>> {
    return of(this.streaming.execution(request.execution as ExecutionRecord, request.streamRequest as StreamRequest, principal, gate));
  }

  @Sse('stream')
  @ForStreamOwners()
  several(@Req() request: HttpRequest, @CurrentUser() principal: Principal, @Gate() gate: ReadyGate): Observable<Observable<StreamItem>> {
    const asked = request.streamRequest as StreamRequest;
    return of(request.executions
      ? this.streaming.several(request.executions, asked, principal, gate)
      : this.streaming.all(principal.user, asked, principal, gate));
  }
}
