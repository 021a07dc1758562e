import { Injectable } from '@nestjs/common';
import { MetricsRegistry } from './metrics.registry.js';
import { Counter, Gauge } from './prom-client.js';

/** What the streaming edge tells of its readers. */
@Injectable()
export class StreamMetrics {
  private readonly openStreams: Gauge;
  private readonly droppedReaders: Counter;
  private readonly bytes: Counter;

  constructor(registry: MetricsRegistry) {
    const registers = [registry];
    this.openStreams = new Gauge({ name: 'stepcast_streams_open', help: 'Event streams that are open', registers });
    this.droppedReaders = new Counter({ name: 'stepcast_streams_dropped_total', help: 'Streams ended because their reader did not read', registers });
    this.bytes = new Counter({ name: 'stepcast_stream_bytes_total', help: 'Bytes written to event streams', registers });
  }

  /** A stream was opened; call the answer when it is closed. */
  opened(): () => void {
    this.openStreams.inc();
    return () => this.openStreams.dec();
  }

  dropped(): void {
    this.droppedReaders.inc();
  }

  wrote(bytes: number): void {
    this.bytes.inc(bytes);
  }
}
