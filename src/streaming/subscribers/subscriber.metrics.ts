import { Injectable } from '@nestjs/common';
import { MetricsRegistry } from '../../metrics/metrics.registry.js';
import { Counter, Gauge } from '../../metrics/prom-client.js';

/** What subscribers do and what becomes of them, by their names. */
@Injectable()
export class SubscriberMetrics {
  readonly events: Counter<'subscriber'>;
  readonly errors: Counter<'subscriber'>;
  readonly skipped: Counter<'subscriber'>;
  readonly dead: Counter<'subscriber'>;
  private readonly lags = new Map<string, () => number>();

  constructor(registry: MetricsRegistry) {
    const labelled = { labelNames: ['subscriber'] as const, registers: [registry] };
    this.events = new Counter({ name: 'stepcast_subscriber_events_total', help: 'Events that a subscriber has taken', ...labelled });
    this.errors = new Counter({ name: 'stepcast_subscriber_errors_total', help: 'Times that a subscriber has failed', ...labelled });
    this.skipped = new Counter({ name: 'stepcast_subscriber_skipped_total', help: 'Batches of events that retention had removed before a subscriber came to them', ...labelled });
    this.dead = new Counter({ name: 'stepcast_subscriber_dead_total', help: 'Times that a subscriber was given up for dead', ...labelled });
    const lag: Gauge<'subscriber'> = new Gauge({
      name: 'stepcast_subscriber_lag', help: 'Batches of events that a subscriber has yet to take', ...labelled,
      collect: () => this.lags.forEach((of, subscriber) => lag.set({ subscriber }, of())),
    });
  }

  /** From now on `lag` is told of the subscriber, and its counters from 0. */
  watch(subscriber: string, lag: () => number): void {
    this.lags.set(subscriber, lag);
    for (const counter of [this.events, this.errors, this.skipped, this.dead]) counter.inc({ subscriber }, 0);
  }
}
