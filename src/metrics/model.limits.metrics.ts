import { Injectable } from '@nestjs/common';
import { type Count, CounterFamily, HistogramFamily } from './families.js';
import { MetricsRegistry } from './metrics.registry.js';
import { Gauge } from './prom-client.js';

/** How it stands with a provider of models. */
export interface ProviderReading {
  inFlight: number;
  waiting: number;
  /** Absent where it has none. */
  breaker: 'closed' | 'half_open' | 'open' | undefined;
}

/** Seconds. */
const WAIT_BOUNDS = [0.01, 0.05, 0.25, 1, 2.5, 5, 10, 30, 60, 300, 1800];
const BREAKER_VALUES = { closed: 0, half_open: 1, open: 2 } as const;

/** What limits on models do, by provider; all providers are of the configuration, so their number has a bound. */
@Injectable()
export class ModelLimitsMetrics {
  private readonly waits: HistogramFamily;
  private readonly refusals: CounterFamily;
  private readonly readings = new Map<string, () => ProviderReading>();

  constructor(registry: MetricsRegistry) {
    this.waits = new HistogramFamily(registry, {
      name: 'stepcast_model_limit_wait_seconds', bounds: WAIT_BOUNDS, labels: ['provider', 'limit'],
      help: 'How long requests waited that a limit on models held up, by the one that did so first',
    });
    this.refusals = new CounterFamily(registry, { name: 'stepcast_model_breaker_refusals_total', help: 'Requests that failed at once, as the breaker of their provider was open', labels: ['provider'] });
    const gauge = (name: string, help: string, valueOf: (reading: ProviderReading) => number | undefined): void => {
      const made: Gauge<'provider'> = new Gauge({
        name, help, labelNames: ['provider'], registers: [registry],
        collect: () => this.readings.forEach((read, provider) => {
          const value = valueOf(read());
          if (value !== undefined) made.set({ provider }, value);
        }),
      });
    };
    gauge('stepcast_model_requests_in_flight', 'Requests to models that are under way', ({ inFlight }) => inFlight);
    gauge('stepcast_model_requests_waiting', 'Requests to models that a limit holds up', ({ waiting }) => waiting);
    gauge('stepcast_model_breaker_state', 'The breaker of a provider: 0 closed, 1 half-open, 2 open', ({ breaker }) => breaker && BREAKER_VALUES[breaker]);
  }

  /** From now on `read` is asked how it stands with the provider. */
  watch(provider: string, read: () => ProviderReading): void {
    this.readings.set(provider, read);
    this.refusalsOf(provider).add(0);
  }

  waited(provider: string, limit: string, ms: number): void {
    this.waits.of(provider, limit).observe(ms / 1000);
  }

  refused(provider: string): void {
    this.refusalsOf(provider).add();
  }

  private refusalsOf(provider: string): Count {
    return this.refusals.of(provider);
  }
}
