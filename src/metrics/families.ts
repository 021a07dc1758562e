/**
 * Counters and histograms for the way of an event. prom-client makes a text of the labels for every single addition and
 * looks it up; here whoever counts takes the child of its labels once, or finds it through maps, and adding is an addition.
 * They stand in the same registry, and what is told of them is the same.
 */
import { type MetricsRegistry } from './metrics.registry.js';

export interface FamilySpec {
  /** As Prometheus wants it: with its unit, and `_total` for a counter. */
  name: string;
  help: string;
  labels?: readonly string[];
}

interface Sample {
  labels: Record<string, string>;
  value: number;
  metricName?: string;
}

/** All metrics of one name, by the values of up to three labels. */
abstract class Family<Child> {
  readonly name: string;
  readonly help: string;
  abstract readonly type: 'counter' | 'histogram';
  private readonly labels: readonly string[];
  private readonly children = new Map<string, Map<string, Map<string, Child>>>();

  constructor(registry: MetricsRegistry, { name, help, labels = [] }: FamilySpec) {
    this.name = name;
    this.help = help;
    this.labels = labels;
    registry.registerMetric(this as never);
  }

  /** The child with these values of the labels, in their order. */
  of(first = '', second = '', third = ''): Child {
    const leaves = branch(branch(this.children, first), second);
    let child = leaves.get(third);
    if (!child) leaves.set(third, (child = this.make()));
    return child;
  }

  /** For prom-client. */
  async get(): Promise<object> {
    // Without labels there is one, from the beginning.
    if (this.labels.length === 0) this.of();
    const values: Sample[] = [];
    for (const [first, seconds] of this.children) {
      for (const [second, thirds] of seconds) {
        for (const [third, child] of thirds) {
          const given = [first, second, third];
          values.push(...this.samples(child, Object.fromEntries(this.labels.map((label, i) => [label, given[i] as string]))));
        }
      }
    }
    return { name: this.name, help: this.help, type: this.type, values, aggregator: 'sum' };
  }

  /** For prom-client. */
  reset(): void {
    this.children.clear();
  }

  protected abstract make(): Child;
  protected abstract samples(child: Child, labels: Record<string, string>): Sample[];
}

function branch<T>(tree: Map<string, Map<string, T>>, name: string): Map<string, T> {
  let found = tree.get(name);
  if (!found) tree.set(name, (found = new Map<string, T>()));
  return found;
}

export class Count {
  value = 0;

  add(more = 1): void {
    this.value += more;
  }
}

export class CounterFamily extends Family<Count> {
  readonly type = 'counter';

  protected make(): Count {
    return new Count();
  }

  protected samples({ value }: Count, labels: Record<string, string>): Sample[] {
    return [{ labels, value }];
  }
}

export class Distribution {
  readonly counts: number[];
  sum = 0;

  constructor(private readonly bounds: readonly number[]) {
    this.counts = new Array<number>(bounds.length + 1).fill(0);
  }

  observe(value: number): void {
    const { bounds } = this;
    let i = 0;
    while (i < bounds.length && value > (bounds[i] as number)) i++;
    (this.counts[i] as number)++;
    this.sum += value;
  }
}

export class HistogramFamily extends Family<Distribution> {
  readonly type = 'histogram';
  private readonly bounds: readonly number[];

  /** @param spec With `bounds`: the upper bounds of its buckets, rising. */
  constructor(registry: MetricsRegistry, { bounds, ...spec }: FamilySpec & { bounds: readonly number[] }) {
    super(registry, spec);
    this.bounds = bounds;
  }

  protected make(): Distribution {
    return new Distribution(this.bounds);
  }

  protected samples({ counts, sum }: Distribution, labels: Record<string, string>): Sample[] {
    let total = 0;
    const buckets = counts.map((count, i) => ({ labels: { ...labels, le: String(this.bounds[i] ?? '+Inf') }, value: (total += count), metricName: `${this.name}_bucket` }));
    return [...buckets, { labels, value: sum, metricName: `${this.name}_sum` }, { labels, value: total, metricName: `${this.name}_count` }];
  }
}
