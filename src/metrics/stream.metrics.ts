import { Injectable } from '@nestjs/common';
import { type Count, CounterFamily, type Distribution, HistogramFamily } from './families.js';
import { MetricsRegistry } from './metrics.registry.js';
import { Gauge } from './prom-client.js';

/** What a stream writes at once. */
export interface Written {
  /** Shown events in it. */
  events: number;
  /** When the first of them was recorded (`performance.now()`); absent where they were read from the past. */
  recordedAt?: number | undefined;
  /** How many streams have written it. */
  writes: number;
}

/** A delivery is timed for the first reader of what many share, and for every so many after it: a look at the clock is a tenth of one. */
const TIMED_EACH = 64;
/** Seconds. */
const DELIVERY_BOUNDS = [0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1, 5, 30];

/** What the streaming edge tells of its readers. */
@Injectable()
export class StreamMetrics {
  private open = 0;
  private readonly openedStreams: Count;
  private readonly droppedReaders: Count;
  private readonly resumes: Count;
  private readonly replays: Count;
  private readonly bytes: Count;
  private readonly events: Count;
  private readonly replayedEvents: Count;
  private readonly delivery: Distribution;

  constructor(registry: MetricsRegistry) {
    const counter = (name: string, help: string) => new CounterFamily(registry, { name, help }).of();
    const openStreams: Gauge = new Gauge({ name: 'stepcast_streams_open', help: 'Event streams that are open', registers: [registry], collect: () => openStreams.set(this.open) });
    this.openedStreams = counter('stepcast_streams_opened_total', 'Event streams that were opened');
    this.droppedReaders = counter('stepcast_streams_dropped_total', 'Streams ended because their reader did not read');
    this.resumes = counter('stepcast_stream_resumes_total', 'Streams opened with a cursor, to go on where an earlier one was');
    this.replays = counter('stepcast_stream_replays_total', 'Streams that began with events of the past');
    this.bytes = counter('stepcast_stream_bytes_total', 'Bytes written to event streams');
    this.events = counter('stepcast_stream_events_total', 'Events written to event streams');
    this.replayedEvents = counter('stepcast_stream_replayed_events_total', 'Those of them that were read from the past');
    this.delivery = new HistogramFamily(registry, {
      name: 'stepcast_stream_delivery_seconds', bounds: DELIVERY_BOUNDS,
      help: `From the recording of an event to its write to a socket; of those who share a write, the first and each ${TIMED_EACH}th after it`,
    }).of();
  }

  /** A stream was opened; call the answer when it is closed. */
  opened(resumes = false): () => void {
    this.open++;
    this.openedStreams.add();
    if (resumes) this.resuming();
    return () => {
      this.open--;
    };
  }

  dropped(): void {
    this.droppedReaders.add();
  }

  /** @param since When the stream was opened: what was recorded before it has waited for nobody. */
  wrote(bytes: number, written?: Written, since = 0): void {
    this.bytes.add(bytes);
    if (!written?.events) return;
    this.events.add(written.events);
    const { recordedAt } = written;
    if (recordedAt === undefined) this.replayedEvents.add(written.events);
    else if (written.writes++ % TIMED_EACH === 0 && recordedAt >= since) this.delivery.observe((performance.now() - recordedAt) / 1000);
  }

  /** A stream goes on after a cursor. */
  resuming(): void {
    this.resumes.add();
  }

  /** A stream begins with events of the past. */
  replaying(): void {
    this.replays.add();
  }
}
