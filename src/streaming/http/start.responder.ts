/** Answers a start: 202 with links, or, where the client accepts an event stream, the stream itself in the same request. */
import { Injectable } from '@nestjs/common';
import { type Observable } from 'rxjs';
import { HttpAdapterHost } from '@nestjs/core';
import { type Principal } from '../../auth/principal.js';
import { StepcastError } from '../../contract/errors.js';
import { hasSeenEnd } from '../../contract/state.js';
import { type ReadyGate } from '../../journal/journal.types.js';
import { ExecutionService } from '../../orchestration/execution.service.js';
import { type Started } from '../../orchestration/execution.types.js';
import { type HttpAnswer, tellConcurrency } from '../../rate-limit/rate-limit.headers.js';
import { StartLimiter } from '../../rate-limit/start-limiter.js';
import { StreamHasEnded, StreamSlotGuard } from '../guards/stream.guard.js';
import { refuseText } from '../guards/text-access.guard.js';
import { protocolHeaders } from '../protocols/protocol.request.js';
import { drainGate } from '../sse/drain.gate.js';
import { type StreamItem } from '../sse/frames.js';
import { HeartbeatInterceptor } from '../sse/heartbeat.interceptor.js';
import { firstAfter, parseStreamRequest, type StreamRequest } from '../sse/stream.request.js';
import { StreamingService } from '../sse/streaming.service.js';
import { type HttpRequest, rawResponse } from './http.types.js';
import { Links } from './links.js';
import { isGone } from './response.close.js';

const STREAM_HEADERS = { 'content-type': 'text/event-stream', 'cache-control': 'private, no-cache, no-store, no-transform', 'x-accel-buffering': 'no' };

/** A stream that is yet to be given the gate of its response. */
export type Opened = (gate: ReadyGate) => Observable<StreamItem>;

@Injectable()
export class StartResponder {
  constructor(
    private readonly adapterHost: HttpAdapterHost,
    private readonly links: Links,
    private readonly executions: ExecutionService,
    private readonly starts: StartLimiter,
    private readonly slots: StreamSlotGuard,
    private readonly streaming: StreamingService,
    private readonly writer: HeartbeatInterceptor,
  ) {}

  async respond(request: HttpRequest, response: HttpAnswer, principal: Principal, start: () => Promise<Started>): Promise<void> {
    if (!acceptsStream(request.headers['accept'])) {
      if (request.query['protocol'] !== undefined) {
        const message = 'is for starts that stream; send "Accept: text/event-stream" with it, or leave it out';
        throw new StepcastError('invalid_request', `protocol ${message}`, { faults: [{ path: '/protocol', message }] });
      }
      this.adapterHost.httpAdapter.reply(response, this.links.started((await this.start(principal, response, start)).record), 202);
      return;
    }
    // All that can refuse the stream comes before the start, so that nothing runs whose answer is an error (P14).
    const asked = parseStreamRequest(request);
    // Only a start that repeats another one, by its key, can go on in a log that holds something already.
    firstAfter(asked.start, request.headers['idempotency-key'] === undefined ? 0 : Number.MAX_SAFE_INTEGER);
    await this.stream(response, principal, asked, async () => {
      const { record } = await this.start(principal, response, start);
      const after = firstAfter(asked.start, record.lastSeq);
      if (hasSeenEnd(record, after)) throw new StreamHasEnded();
      if (asked.protocol?.name === 'text') await refuseText(record, asked.protocol.step, () => this.executions.status(record.id));
      return (gate) => this.streaming.execution(record, asked, principal, gate);
    });
  }

  /** Answers with a stream. What refuses it does so before the first byte: a place that is not free before anything is opened. */
  async stream(response: HttpAnswer, { user }: Principal, asked: StreamRequest, open: () => Promise<Opened>): Promise<void> {
    this.slots.take(user, response);
    const opened = await open();
    const raw = rawResponse(response);
    // The client has left meanwhile: nothing would tell of its leaving any more.
    if (isGone(raw)) return;
    const { hijack, getHeaders } = response as { hijack?: () => void; getHeaders?: () => Record<string, string | number | string[]> };
    hijack?.call(response);
    raw.writeHead(200, { ...getHeaders?.call(response), ...STREAM_HEADERS, ...lowerCase(protocolHeaders(asked.protocol)) });
    raw.flushHeaders();
    this.writer.write(opened(drainGate(raw)), raw, asked);
  }

  /** Within the user's limits, and tells what is left of them. */
  async start({ user }: Principal, response: HttpAnswer, start: () => Promise<Started>): Promise<Started> {
    try {
      return await this.starts.count(user, response, start);
    } finally {
      const { limit, remaining } = this.executions.quotaOf(user);
      tellConcurrency(response, 'executions', limit, remaining);
    }
  }
}

/** As the others are written: a name that is given in two ways would be sent twice. */
function lowerCase(headers: Record<string, string>): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));
}

/** RFC 9110, section 12.5.1, as far as it decides between the two forms of the answer. */
export function acceptsStream(accept: string | string[] | undefined): boolean {
  const ranges = String(accept ?? '').toLowerCase().split(',').map((range) => range.split(';').map((part) => part.trim()));
  const weightOf = (wanted: string): number => {
    const range = ranges.find(([type]) => type === wanted);
    return range ? Number(range.find((part) => part.startsWith('q='))?.slice(2) ?? 1) : 0;
  };
  const weight = weightOf('text/event-stream');
  return weight > 0 && weight >= weightOf('application/json');
}
