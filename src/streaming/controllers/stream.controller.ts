import { Controller, Req, Sse, UseFilters, UseInterceptors } from '@nestjs/common';
import { type Observable } from 'rxjs';
import { CurrentUser } from '../../auth/auth.decorators.js';
import { type Principal } from '../../auth/principal.js';
import { type ExecutionRecord, type ReadyGate } from '../../journal/journal.types.js';
import { ForStreamOwner, ForStreamOwners } from '../guards/route.guards.js';
import { type HttpRequest } from '../http/http.types.js';
import { ProblemFilter } from '../http/problem.filter.js';
import { ApiStreamExecution, ApiStreamExecutions } from '../openapi/streams.docs.js';
import { Gate } from '../sse/drain.gate.js';
import { FrameWriterInterceptor } from '../sse/frame-writer.interceptor.js';
import { type StreamChunk } from '../sse/frames.js';
import { HeartbeatInterceptor } from '../sse/heartbeat.interceptor.js';
import { type StreamRequest } from '../sse/stream.request.js';
import { StreamingService } from '../sse/streaming.service.js';

/**
 * The event streams. A handler answers an Observable of chunks; the interceptors break its silence and write it. What can
 * be refused was refused by the guards: from here on every failure is an event of the log.
 */
@Controller()
@UseFilters(ProblemFilter)
@UseInterceptors(FrameWriterInterceptor, HeartbeatInterceptor)
export class StreamController {
  constructor(private readonly streaming: StreamingService) {}

  @Sse('executions/:id/stream')
  @ApiStreamExecution()
  @ForStreamOwner()
  execution(@Req() request: HttpRequest, @CurrentUser() principal: Principal, @Gate() gate: ReadyGate): Observable<StreamChunk> {
    return this.streaming.execution(request.execution as ExecutionRecord, request.streamRequest as StreamRequest, principal, gate);
  }

  @Sse('stream')
  @ApiStreamExecutions()
  @ForStreamOwners()
  several(@Req() request: HttpRequest, @CurrentUser() principal: Principal, @Gate() gate: ReadyGate): Observable<StreamChunk> {
    const asked = request.streamRequest as StreamRequest;
    return request.executions
      ? this.streaming.several(request.executions, asked, principal, gate)
      : this.streaming.all(principal.user, asked, principal, gate);
  }
}
