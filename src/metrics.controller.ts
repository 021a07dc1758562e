import { Controller, Get, Res, UseFilters, UseGuards } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import { AuthGuard } from './auth/auth.guard.js';
import { MetricsRegistry } from './metrics/metrics.registry.js';
import { AuthenticationLimitGuard } from './rate-limit/authentication-limit.guard.js';
import { RateLimitGuard } from './rate-limit/rate-limit.guard.js';
import { ProblemFilter } from './streaming/http/problem.filter.js';

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
  async metrics(@Res() response: object): Promise<void> {
    const { httpAdapter } = this.adapterHost;
    const text = await this.registry.metrics();
    httpAdapter.setHeader(response, 'Content-Type', this.registry.contentType);
    httpAdapter.reply(response, text, 200);
  }
}
