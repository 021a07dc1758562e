import { Injectable } from '@nestjs/common';
import { CounterFamily } from './families.js';
import { LabelCap } from './label.cap.js';
import { MetricsRegistry } from './metrics.registry.js';

const MAX_AGENTS = 100;

/** What became of looks into the cache of agents. The log does not tell of those that found nothing, so whoever looks tells it here. */
@Injectable()
export class CacheMetrics {
  private readonly lookups: CounterFamily;
  private readonly agents = new LabelCap(MAX_AGENTS);

  constructor(registry: MetricsRegistry) {
    this.lookups = new CounterFamily(registry, {
      name: 'stepcast_cache_lookups_total', labels: ['agent', 'result'],
      help: 'Looks for a kept result of an agent, by what was found: exact (of the same input), similar, or miss',
    });
  }

  looked(agent: string, result: 'exact' | 'similar' | 'miss'): void {
    this.lookups.of(this.agents.of(agent), result).add();
  }
}
