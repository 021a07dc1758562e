import { type CanActivate, type ExecutionContext, HttpException, HttpStatus, Injectable } from '@nestjs/common';
import { principalOf } from '../../auth/request-principal.js';
import { StepcastError } from '../../contract/errors.js';
import { hasSeenEnd } from '../../contract/state.js';
import { type HttpAnswer, tellConcurrency } from '../../rate-limit/rate-limit.headers.js';
import { StreamLimiter } from '../../rate-limit/stream-limiter.js';
import { rawResponse, requestOf } from '../http/http.types.js';
import { isGone, onClosed } from '../http/response.close.js';
import { firstAfter, parseStreamRequest } from '../sse/stream.request.js';
import { StreamShutdown } from '../sse/stream.shutdown.js';

/** Checks what a stream is asked for while a real status can still answer (P14), and the cursor of `:id` (P3, P4). */
@Injectable()
export class StreamRequestGuard implements CanActivate {
  canActivate(context: ExecutionContext): boolean {
    const request = requestOf(context);
    const asked = (request.streamRequest = parseStreamRequest(request));
    const { execution } = request;
    if (!execution) return true;
    const after = firstAfter(asked.start, execution.lastSeq);
    // 204 tells an EventSource to stop reconnecting.
    if (hasSeenEnd(execution, after)) throw new StreamHasEnded();
    return true;
  }
}

export class StreamHasEnded extends HttpException {
  constructor() {
    super('', HttpStatus.NO_CONTENT);
  }
}

/** Takes a place among the user's open streams until the response is closed. Last in line: what is refused takes none. */
@Injectable()
export class StreamSlotGuard implements CanActivate {
  constructor(
    private readonly limiter: StreamLimiter,
    private readonly shutdown: StreamShutdown,
  ) {}

  canActivate(context: ExecutionContext): boolean {
    if (this.shutdown.begun) throw new StepcastError('shutting_down', 'the service is shutting down; reconnect in a moment', { retryAfterSeconds: 1 });
    this.take(principalOf(requestOf(context)).user, context.switchToHttp().getResponse<HttpAnswer>());
    return true;
  }

  /** @throws StepcastError `too_many_streams`, `capacity_exceeded` */
  take(user: string, response: HttpAnswer): void {
    const { limiter } = this;
    try {
      this.whenOver(response, limiter.acquire(user));
    } finally {
      tellConcurrency(response, 'streams', limiter.maxStreamsPerUser, limiter.remaining(user));
    }
  }

  protected whenOver(response: HttpAnswer, release: () => void): void {
    const raw = rawResponse(response);
    if (isGone(raw)) release();
    else onClosed(raw, release);
  }
}
