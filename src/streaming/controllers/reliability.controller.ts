import { Controller, Get, Query, UseFilters } from '@nestjs/common';
import { StepcastError } from '../../contract/errors.js';
import { Reliability, RELIABILITY_WINDOWS, type ReliabilityReport, type ReliabilityWindow } from '../../metrics/reliability.js';
import { ForUsers } from '../guards/route.guards.js';
import { type HttpRequest } from '../http/http.types.js';
import { ProblemFilter } from '../http/problem.filter.js';
import { single } from '../sse/stream.request.js';

/** How well the executions of all users do, for people and dashboards. */
@Controller('reliability')
@UseFilters(ProblemFilter)
export class ReliabilityController {
  constructor(private readonly reliability: Reliability) {}

  @Get()
  @ForUsers('metrics:read')
  report(@Query() query: HttpRequest['query']): ReliabilityReport {
    const window = single(query, 'window') ?? '1h';
    if (isWindow(window)) return this.reliability.report(window);
    const message = `must be one of ${Object.keys(RELIABILITY_WINDOWS).join(', ')}`;
    throw new StepcastError('invalid_request', `window ${message}`, { faults: [{ path: '/window', message }] });
  }
}

function isWindow(text: string): text is ReliabilityWindow {
  return Object.hasOwn(RELIABILITY_WINDOWS, text);
}
