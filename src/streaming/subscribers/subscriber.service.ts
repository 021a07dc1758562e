/**
 * Runs the subscribers: a reader of the log for each (log.reader.ts), so that none is held up by another. They are found
 * when the module starts, and end before the journal is closed, a moment after the executions do.
 */
import { type BeforeApplicationShutdown, Injectable, Logger, type OnModuleInit } from '@nestjs/common';
import { filter, Subscription, take } from 'rxjs';
import { StepcastError } from '../../contract/errors.js';
import { Journal } from '../../journal/journal.js';
import { type Commit } from '../../journal/journal.types.js';
import { Clock } from '../../orchestration/clock.js';
import { StreamingOptions } from '../streaming.options.js';
import { CallbackSink } from './callback.sink.js';
import { EventFilter } from './event.filter.js';
import { FailureWatch } from './failure.watch.js';
import { FileSink } from './file.sink.js';
import { LogReader, type Sink } from './log.reader.js';
import { SubscriberExplorer } from './subscriber.explorer.js';
import { type SubscriberOptions } from './subscriber.js';
import { SubscriberMetrics } from './subscriber.metrics.js';
import { WEBHOOK_DEFAULTS } from './subscriber.options.js';
import { WebhookSink } from './webhook.sink.js';

/** Milliseconds that subscribers get at the end for what is committed by then. */
const GRACE_MS = 1000;

@Injectable()
export class SubscriberService implements OnModuleInit, BeforeApplicationShutdown {
  private readonly logger = new Logger('Subscribers');
  private readonly readers: LogReader[] = [];
  private readonly subscriptions = new Subscription();
  private readonly cursors = new Set<string>();

  constructor(
    private readonly journal: Journal,
    private readonly options: StreamingOptions,
    private readonly explorer: SubscriberExplorer,
    private readonly metrics: SubscriberMetrics,
    private readonly clock: Clock,
  ) {}

  onModuleInit(): void {
    this.addCallbacks();
    this.addFile();
    this.addWebhooks();
    if (this.readers.length === 0) return;
    this.subscriptions.add(this.journal.commits$.subscribe((commit) => this.onCommit(commit)));
    // In the very turn in which the journal is opened: what a cursor begins with is set before anything can run.
    this.subscriptions.add(this.journal.health$.pipe(filter(({ ready }) => ready), take(1)).subscribe(() => {
      for (const reader of this.readers) {
        reader.open().catch((error: unknown) => this.logger.error(`the subscriber ${reader.name} cannot begin: ${(error as Error).message}`));
      }
    }));
  }

  async beforeApplicationShutdown(): Promise<void> {
    await Promise.all(this.readers.map((reader) => reader.stop(GRACE_MS)));
    this.subscriptions.unsubscribe();
  }

  private onCommit(commit: Commit): void {
    let length = 0;
    for (const { events } of commit.batches) for (const { json } of events) length += json.length;
    for (const reader of this.readers) reader.offer(commit, length);
  }

  private addCallbacks(): void {
    const random = () => this.clock.random();
    for (const { name, options, call } of this.explorer.find()) {
      const { durable } = options;
      const watch = this.watch(name);
      this.add(options, watch, new CallbackSink({ call, durable: durable !== undefined, watch, random }), durable === undefined ? undefined : `callback:${durable}`);
    }
  }

  private addFile(): void {
    const { file } = this.options.subscribers;
    if (file === undefined) return;
    const options = typeof file === 'string' ? { path: file } : file;
    const watch = this.watch('file');
    this.add(options, watch, new FileSink(options, watch));
  }

  private addWebhooks(): void {
    for (const options of this.options.subscribers.webhooks ?? []) {
      const name = `webhook:${options.name}`;
      const watch = this.watch(name, options.deadAfterMs ?? WEBHOOK_DEFAULTS.deadAfterMs);
      this.add(options, watch, new WebhookSink(options, watch, this.clock), name);
    }
  }

  private watch(name: string, deadAfterMs: number = WEBHOOK_DEFAULTS.deadAfterMs): FailureWatch {
    return new FailureWatch(name, this.logger, this.metrics, deadAfterMs);
  }

  private add({ types, workflows }: SubscriberOptions, watch: FailureWatch, sink: Sink, cursor?: string): void {
    if (cursor !== undefined && this.cursors.has(cursor)) {
      throw new StepcastError('conflict', `two subscribers are durable as "${cursor.slice('callback:'.length)}"; each needs a name of its own`);
    }
    if (cursor !== undefined) this.cursors.add(cursor);
    const selection = { ...(types ? { types } : {}), ...(workflows ? { workflows } : {}) };
    const reader = new LogReader(this.journal, { filter: new EventFilter(selection), sink, watch, ...(cursor === undefined ? {} : { cursor }) });
    this.metrics.watch(watch.name, () => reader.lag);
    this.readers.push(reader);
  }
}
