import { Injectable, type OnModuleDestroy, type OnModuleInit } from '@nestjs/common';
import { type Subscription } from 'rxjs';
import { type ExecutionEvent } from '../contract/events.js';
import { Journal } from '../journal/journal.js';
import { type Commit } from '../journal/journal.types.js';
import { MetricsRegistry } from './metrics.registry.js';
import { Counter, Gauge, Histogram } from './prom-client.js';

const STEP_ENDS: ReadonlySet<string> = new Set(['step_completed', 'step_failed', 'step_cancelled', 'step_skipped']);

/** What the log tells of executions: counted from its commits, like any other reader of it. */
@Injectable()
export class ExecutionMetrics implements OnModuleInit, OnModuleDestroy {
  private readonly started: Counter;
  private readonly finished: Counter<'status'>;
  private readonly resumed: Counter;
  private readonly steps: Counter<'type' | 'status'>;
  private readonly stepSeconds: Histogram<'type'>;
  private readonly retries: Counter;
  private readonly events: Counter<'type'>;
  private readonly commitSeconds: Histogram;
  private readonly commitEvents: Histogram;
  private subscription: Subscription | undefined;

  constructor(registry: MetricsRegistry, private readonly journal: Journal) {
    const registers = [registry];
    this.started = new Counter({ name: 'stepcast_executions_started_total', help: 'Executions that have begun to run', registers });
    this.finished = new Counter({ name: 'stepcast_executions_finished_total', help: 'Executions that have ended, by how', labelNames: ['status'], registers });
    this.resumed = new Counter({ name: 'stepcast_executions_resumed_total', help: 'Resumes after a crash or a deployment', registers });
    this.steps = new Counter({ name: 'stepcast_steps_total', help: 'Steps that have ended, by type and how', labelNames: ['type', 'status'], registers });
    this.stepSeconds = new Histogram({ name: 'stepcast_step_duration_seconds', help: 'How long completed steps took, by type', labelNames: ['type'], buckets: [0.001, 0.005, 0.025, 0.1, 0.5, 1, 5, 15, 60, 300, 1800], registers });
    this.retries = new Counter({ name: 'stepcast_step_retries_total', help: 'Attempts that failed and were tried again', registers });
    this.events = new Counter({ name: 'stepcast_events_total', help: 'Events committed, by type', labelNames: ['type'], registers });
    this.commitSeconds = new Histogram({ name: 'stepcast_journal_commit_seconds', help: 'How long transactions of the journal took', buckets: [0.00005, 0.0001, 0.00025, 0.0005, 0.001, 0.005, 0.025, 0.1, 1], registers });
    this.commitEvents = new Histogram({ name: 'stepcast_journal_commit_events', help: 'Events a transaction', buckets: [1, 2, 5, 10, 25, 100, 500, 2500], registers });
    const ready: Gauge = new Gauge({
      name: 'stepcast_journal_ready', help: '1 while the journal can be written', registers,
      collect: () => ready.set(journal.health$.value.ready ? 1 : 0),
    });
    const current: Gauge<'status'> = new Gauge({
      name: 'stepcast_executions', help: 'Executions that are not finished, by status', labelNames: ['status'], registers,
      collect: async () => {
        for (const [status, count] of Object.entries(await unfinishedCounts(journal))) current.set({ status }, count);
      },
    });
  }

  onModuleInit(): void {
    this.subscription = this.journal.commits$.subscribe((commit) => this.onCommit(commit));
  }

  onModuleDestroy(): void {
    this.subscription?.unsubscribe();
  }

  private onCommit({ batches, durationMs, events }: Commit): void {
    if (events === 0) return;
    this.commitSeconds.observe(durationMs / 1000);
    this.commitEvents.observe(events);
    for (const batch of batches) for (const { event } of batch.events) this.onEvent(event);
  }

  private onEvent(event: ExecutionEvent): void {
    const { type } = event;
    this.events.inc({ type });
    if (type === 'workflow_started') this.started.inc();
    else if (type === 'workflow_resumed') this.resumed.inc();
    else if (type === 'step_retrying') this.retries.inc();
    else if (type === 'workflow_completed' || type === 'workflow_failed' || type === 'workflow_cancelled') {
      this.finished.inc({ status: type.slice('workflow_'.length) });
    } else if (event.step && STEP_ENDS.has(type)) {
      const { step } = event;
      this.steps.inc({ type: step.type, status: step.status });
      if (type === 'step_completed' && step.durationMs !== undefined) this.stepSeconds.observe({ type: step.type }, step.durationMs / 1000);
    }
  }
}

/** Zeros while the journal cannot be read: the other metrics shall still be told then. */
async function unfinishedCounts(journal: Journal): Promise<Record<string, number>> {
  const none = { queued: 0, running: 0, waiting: 0 };
  return journal.countUnfinished().then((counts) => ({ ...none, ...counts }), () => none);
}
