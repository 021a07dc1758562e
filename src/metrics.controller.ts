import { Controller, Get, Res, UseFilters, UseGuards } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import { ApiOperation, ApiResponse } from '@nestjs/swagger';
import { AuthGuard } from './auth/auth.guard.js';
import { MetricsRegistry } from './metrics/metrics.registry.js';
import { AuthenticationLimitGuard } from './rate-limit/authentication-limit.guard.js';
import { RateLimitGuard } from './rate-limit/rate-limit.guard.js';
import { ProblemFilter } from './streaming/http/problem.filter.js';
import { ApiProblems, ApiUser } from './streaming/openapi/route.decorators.js';

const METRICS_EXAMPLE = '# TYPE stepcast_streams_open gauge\nstepcast_streams_open 3\n';

/** Executions, steps, events, streams and commits, for Prometheus. */
@Controller('metrics')
@UseFilters(ProblemFilter)
export class MetricsController {
  constructor(
    private readonly registry: MetricsRegistry,
    private readonly adapterHost: HttpAdapterHost,
  ) {}

  @Get()
  @UseGuards(AuthenticationLimitGuard, AuthGuard, RateLimitGuard)
  @ApiOperation({ tags: ['metrics'], operationId: 'getMetrics', summary: 'Get metrics', description: 'Executions, steps, events, open streams and commit times, in the text format of Prometheus.' })
  @ApiUser()
  @ApiResponse({ status: 200, description: 'The metrics', content: { 'text/plain': { schema: { type: 'string' }, example: METRICS_EXAMPLE } } })
  @ApiProblems(['unauthenticated', 'rate_limited', 'internal'])
  async metrics(@Res() response: object): Promise<void> {
    const { httpAdapter } = this.adapterHost;
    const text = await this.registry.metrics();
    httpAdapter.setHeader(response, 'Content-Type', this.registry.contentType);
    httpAdapter.reply(response, text, 200);
  }
}
