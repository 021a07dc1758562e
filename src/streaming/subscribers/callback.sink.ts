import { type ExecutionEvent } from '../../contract/events.js';
import { type FailureWatch } from './failure.watch.js';
import { type Item, type Sink } from './log.reader.js';
import { nextTurn, persist } from './persist.js';

/** Milliseconds after which others get a turn. */
const SLICE_MS = 5;
/** Milliseconds with one event after which that is told. */
const SLOW_MS = 60_000;
const RETRIES = { minDelayMs: 500, maxDelayMs: 60_000 };

export interface CallbackSinkOptions {
  call: (event: ExecutionEvent) => unknown;
  /** Whether it is given an event again until it takes it. */
  durable: boolean;
  watch: FailureWatch;
  random: () => number;
  slowMs?: number;
}

/** Events to a method of a provider in this process, one at a time. */
export class CallbackSink implements Sink {
  constructor(private readonly options: CallbackSinkOptions) {}

  async take(items: readonly Item[], passed: (index: number) => void, signal: AbortSignal): Promise<void> {
    const { durable, watch, random } = this.options;
    let since = performance.now();
    for (const [i, { events }] of items.entries()) {
      for (const { json } of events) {
        if (signal.aborted) return;
        // An object of its own: what a subscriber does to it reaches nobody else.
        const attempt = () => this.call(JSON.parse(json) as ExecutionEvent);
        if (!durable) await this.once(attempt);
        else if (!(await persist(attempt, { watch, signal, random, ...RETRIES }))) return;
        watch.metrics.events.inc({ subscriber: watch.name });
        if (performance.now() - since < SLICE_MS) continue;
        await nextTurn();
        since = performance.now();
      }
      passed(i);
    }
  }

  private async call(event: ExecutionEvent): Promise<void> {
    const { call, watch, slowMs = SLOW_MS } = this.options;
    const { type, executionId, seq } = event;
    const timer = setTimeout(() => watch.slow(`${type} (${executionId}/${seq})`, slowMs), slowMs);
    timer.unref();
    try {
      await call(event);
    } finally {
      clearTimeout(timer);
    }
  }

  private async once(attempt: () => unknown): Promise<void> {
    try {
      await attempt();
    } catch (error) {
      this.options.watch.failed(error);
    }
  }
}
