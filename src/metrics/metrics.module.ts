/** What is counted: of executions, which it learns of by following the log, and of what streams, models and the cache tell it. Takes `MetricsOptions`. */
import { Global, Module } from '@nestjs/common';
import { CacheMetrics } from './cache.metrics.js';
import { ExecutionMetrics } from './execution.metrics.js';
import { MetricsOptions } from './metrics.options.js';
import { MetricsRegistry } from './metrics.registry.js';
import { ModelLimitsMetrics } from './model.limits.metrics.js';
import { Reliability } from './reliability.js';
import { StreamMetrics } from './stream.metrics.js';

@Global()
@Module({
  providers: [
    MetricsRegistry, CacheMetrics, StreamMetrics, ExecutionMetrics, ModelLimitsMetrics,
    { provide: Reliability, inject: [MetricsOptions], useFactory: ({ slos, now, ticks }: MetricsOptions) => new Reliability(slos, now, ticks) },
  ],
  exports: [MetricsRegistry, CacheMetrics, StreamMetrics, ModelLimitsMetrics, Reliability],
})
export class MetricsModule {}
