/** What tests of subscribers share: a watch that writes down what is told, and readers of a journal in memory. */
import { MetricsRegistry } from '../../src/metrics/metrics.registry.js';
import { type Journal } from '../../src/journal/journal.js';
import { EventFilter } from '../../src/streaming/subscribers/event.filter.js';
import { FailureWatch } from '../../src/streaming/subscribers/failure.watch.js';
import { type Item, LogReader, type Sink } from '../../src/streaming/subscribers/log.reader.js';
import { SubscriberMetrics } from '../../src/streaming/subscribers/subscriber.metrics.js';
import { within } from './patience.js';

export class Watched {
  readonly told: string[] = [];
  readonly registry = new MetricsRegistry();
  readonly metrics = new SubscriberMetrics(this.registry);
  readonly watch: FailureWatch;

  constructor(deadAfterMs?: number) {
    const tell = (line: unknown) => void this.told.push(String(line));
    this.watch = new FailureWatch('it', { warn: tell, error: tell, log: tell }, this.metrics, deadAfterMs);
    this.metrics.watch('it', () => 0);
  }

  async count(metric: string): Promise<number> {
    const { values } = (await this.registry.getMetricsAsJSON()).find(({ name }) => name === `stepcast_subscriber_${metric}`) ?? { values: [] };
    return Number(values[0]?.value);
  }
}

/** A sink that writes down what it takes, and waits where it is told to. */
export class TakingSink implements Sink {
  readonly json: string[] = [];
  readonly order: string[] = [];
  private gate: PromiseWithResolvers<void> | undefined;
  private waiters: { count: number; resolve: () => void }[] = [];
  closed = false;

  async take(items: readonly Item[], passed: (index: number) => void, signal: AbortSignal): Promise<void> {
    for (const [i, { executionId, events }] of items.entries()) {
      await this.gate?.promise;
      if (signal.aborted) return;
      this.json.push(...events.map(({ json }) => json));
      this.order.push(...events.map(({ seq }) => `${executionId}/${seq}`));
      passed(i);
      for (const { resolve } of this.waiters.filter(({ count }) => this.json.length >= count)) resolve();
    }
  }

  async close(): Promise<void> {
    this.closed = true;
  }

  shut(): void {
    this.gate ??= Promise.withResolvers();
  }

  open(): void {
    this.gate?.resolve();
    this.gate = undefined;
  }

  /** Resolves when so many events have come. */
  until(count: number): Promise<void> {
    if (this.json.length >= count) return Promise.resolve();
    return within(new Promise<void>((resolve) => this.waiters.push({ count, resolve })), () => `${count} events; there came ${this.json.length}`);
  }
}

/** A reader that is told of the journal's commits, as the service does it. */
export async function attach(journal: Journal, sink: Sink, { cursor, watched = new Watched(), filter = {} }: { cursor?: string; watched?: Watched; filter?: ConstructorParameters<typeof EventFilter>[0] } = {}): Promise<LogReader> {
  const reader = new LogReader(journal, { filter: new EventFilter(filter), sink, watch: watched.watch, ...(cursor === undefined ? {} : { cursor }) });
  journal.commits$.subscribe((commit) => reader.offer(commit, commit.batches.flatMap(({ events }) => events).reduce((sum, { json }) => sum + json.length, 0)));
  await reader.open();
  return reader;
}
