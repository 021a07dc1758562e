import { Controller, Get, Res, UseFilters, UseGuards } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import { AuthGuard } from './auth/auth.guard.js';
import { RequireScope, ScopeGuard } from './auth/scope.guard.js';
import { MetricsRegistry } from './metrics/metrics.registry.js';
import { AuthenticationLimitGuard } from './rate-limit/authentication-limit.guard.js';
import { RateLimitGuard } from './rate-limit/rate-limit.guard.js';
import { ApiHeadersGuard } from './streaming/guards/api-headers.guard.js';
import { ProblemFilter } from './streaming/http/problem.filter.js';

/** Executions, steps, events, streams and commits, for Prometheus. */
@Controller('metrics')
@UseFilters(ProblemFilter)
export class MetricsController {
  constructor(
    protected readonly registry: MetricsRegistry,
    protected readonly adapterHost: HttpAdapterHost,
  ) {}

  @Get()
  @RequireScope('metrics:read')
  @UseGuards(ApiHeadersGuard, AuthenticationLimitGuard, AuthGuard, RateLimitGuard, ScopeGuard)
  async metrics(@Res() response: object): Promise<void> {
    const { httpAdapter } = this.adapterHost;
    const text = await this.registry.metrics();
    httpAdapter.setHeader(response, 'Content-Type', this.registry.contentType);
    httpAdapter.reply(response, text, 200);
  }
}

/** The same for everybody, where an operator has opened it. */
@Controller('metrics')
@UseFilters(ProblemFilter)
export class OpenMetricsController extends MetricsController {
  @Get()
  @UseGuards(ApiHeadersGuard)
  override metrics(@Res() response: object): Promise<void> {
    return super.metrics(response);
  }
}
