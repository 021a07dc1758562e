/**
 * What the log tells of executions: counted from its commits, like any other reader of it. It is told of every event of the
 * process, so an event costs a lookup and an addition, and what is known of an execution is kept until it ends. Those
 * that began in another process are looked up in the journal when they are first heard of.
 */
import { Injectable, type OnModuleDestroy, type OnModuleInit } from '@nestjs/common';
import { type Subscription } from 'rxjs';
import { type EventType } from '../contract/events.js';
import { type EventBatch, type RecordedEvent } from '../journal/event-batch.js';
import { Journal } from '../journal/journal.js';
import { type Commit, type ExecutionRecord } from '../journal/journal.types.js';
import { type Count, CounterFamily, type Distribution, HistogramFamily } from './families.js';
import { LiveExecution } from './live.execution.js';
import { MetricsRegistry } from './metrics.registry.js';
import { recallPast } from './past.js';
import { Gauge } from './prom-client.js';
import { type Outcome, Reliability } from './reliability.js';
import { SloMetrics } from './slo.metrics.js';
import { StepFamilies } from './step.metrics.js';
import { WorkflowFamilies } from './workflow.metrics.js';

const UNFINISHED = ['queued', 'running', 'waiting'] as const;

@Injectable()
export class ExecutionMetrics implements OnModuleInit, OnModuleDestroy {
  private readonly workflows: WorkflowFamilies;
  private readonly steps: StepFamilies;
  private readonly events: CounterFamily;
  private readonly eventsByType = new Map<EventType, Count>();
  private readonly commitSeconds: Distribution;
  private readonly commitEvents: Distribution;
  private readonly commitCharacters: Distribution;
  private readonly live = new Map<string, LiveExecution>();
  /** What has come of executions that are being looked up. */
  private readonly unknown = new Map<string, EventBatch[]>();
  private subscription: Subscription | undefined;

  constructor(registry: MetricsRegistry, private readonly journal: Journal, private readonly reliability: Reliability) {
    this.workflows = new WorkflowFamilies(registry);
    this.steps = new StepFamilies(registry, reliability);
    this.events = new CounterFamily(registry, { name: 'stepcast_events_total', help: 'Events committed, by type', labels: ['type'] });
    const histogram = (name: string, help: string, bounds: number[]) => new HistogramFamily(registry, { name, help, bounds }).of();
    this.commitSeconds = histogram('stepcast_journal_commit_seconds', 'How long transactions of the journal took', [0.00005, 0.0001, 0.00025, 0.0005, 0.001, 0.005, 0.025, 0.1, 1]);
    this.commitEvents = histogram('stepcast_journal_commit_events', 'Events a transaction', [1, 2, 5, 10, 25, 100, 500, 2500]);
    this.commitCharacters = histogram('stepcast_journal_commit_characters', 'Characters of JSON a transaction', [256, 1024, 4096, 16_384, 65_536, 262_144, 1_048_576, 4_194_304]);
    new SloMetrics(registry, reliability);
    const ready: Gauge = new Gauge({
      name: 'stepcast_journal_ready', help: '1 while the journal can be written', registers: [registry],
      // Asked as `/health/ready` asks: while nothing is written, nothing else tells that it could not be.
      collect: async () => ready.set((await journal.check()).ready ? 1 : 0),
    });
    const current: Gauge<'workflow' | 'status'> = new Gauge({
      name: 'stepcast_executions', help: 'Executions that are not finished, by workflow and status', labelNames: ['workflow', 'status'], registers: [registry],
      collect: () => this.countUnfinished(current),
    });
  }

  onModuleInit(): void {
    this.subscription = this.journal.commits$.subscribe((commit) => this.onCommit(commit));
  }

  onModuleDestroy(): void {
    this.subscription?.unsubscribe();
  }

  private onCommit({ created, batches, durationMs, events }: Commit): void {
    for (const record of created) this.live.set(record.id, this.liveOf(record));
    if (events === 0) return;
    let length = 0;
    for (const batch of batches) {
      for (const { json, type } of batch.events) {
        length += json.length;
        this.counterOf(type).add();
      }
      const live = this.live.get(batch.executionId);
      if (live) this.take(batch, live);
      else this.lookUp(batch);
    }
    this.commitSeconds.observe(durationMs / 1000);
    this.commitEvents.observe(events);
    this.commitCharacters.observe(length);
  }

  private counterOf(type: EventType): Count {
    let count = this.eventsByType.get(type);
    if (!count) this.eventsByType.set(type, (count = this.events.of(type)));
    return count;
  }

  private liveOf({ source, workflow, createdAt, startedAt }: ExecutionRecord): LiveExecution {
    const { time } = this.reliability;
    return new LiveExecution(this.workflows.of(source, workflow), time.momentOf(createdAt), time.momentOf(startedAt ?? NaN));
  }

  private take({ executionId, events, terminal }: EventBatch, live: LiveExecution): void {
    for (const recorded of events) this.onEvent(recorded, live);
    if (terminal) this.live.delete(executionId);
  }

  private lookUp(batch: EventBatch): void {
    const { executionId } = batch;
    const waiting = this.unknown.get(executionId);
    if (waiting) {
      waiting.push(batch);
      return;
    }
    const batches = [batch];
    this.unknown.set(executionId, batches);
    const found = (live: LiveExecution | undefined) => {
      this.unknown.delete(executionId);
      if (!live) return;
      this.live.set(executionId, live);
      for (const missed of batches) this.take(missed, live);
    };
    this.recall(executionId, batch.firstSeq).then(found, () => found(undefined));
  }

  private momentOf({ event }: RecordedEvent): number {
    return this.reliability.time.momentOf(Date.parse(event.timestamp));
  }

  private async recall(executionId: string, firstSeq: number): Promise<LiveExecution | undefined> {
    const record = await this.journal.find(executionId);
    if (!record) return undefined;
    const live = this.liveOf(record);
    await recallPast(this.journal, executionId, firstSeq, live, (recorded) => this.momentOf(recorded));
    return live;
  }

  private onEvent(recorded: RecordedEvent, live: LiveExecution): void {
    const { event } = recorded;
    switch (event.type) {
      case 'step_output':
        if (!live.heard) {
          live.heard = true;
          live.workflow.firstOutput.observe(live.sinceCreation(this.momentOf(recorded)) / 1000);
        }
        break;
      case 'workflow_started':
        this.onStarted(this.momentOf(recorded), live);
        break;
      case 'workflow_resumed':
        live.compensated = true;
        live.workflow.resumed.add();
        break;
      case 'workflow_completed':
      case 'workflow_failed':
      case 'workflow_cancelled':
        this.onEnd(event.type.slice('workflow_'.length) as Outcome, this.momentOf(recorded), live);
        break;
      case 'step_completed':
        if (event.data.usage) this.workflows.used(live.workflow.label, event.data.usage);
        this.steps.ended(recorded, event.step);
        break;
      case 'step_retrying':
        live.compensated = true;
        this.steps.retried(recorded, event.step);
        live.waitsNoMore(event.step.id, this.momentOf(recorded));
        break;
      case 'step_failed':
      case 'step_cancelled':
      case 'step_skipped':
        live.waitsNoMore(event.step.id, this.momentOf(recorded));
        this.steps.ended(recorded, event.step);
        break;
      case 'tool_result':
        this.steps.calledTool(recorded, event.data, this.momentOf(recorded));
        break;
      case 'input_required':
        if (live.asks(event.step.id, this.momentOf(recorded))) this.workflows.asked(live.workflow.label);
        break;
      case 'input_received':
        this.onAnswer(event.step.id, this.momentOf(recorded), live);
        break;
      default:
        break;
    }
  }

  private onStarted(now: number, live: LiveExecution): void {
    const { workflow } = live;
    const waitedMs = live.sinceCreation(now);
    live.startedAt = now;
    workflow.started.add();
    workflow.firstEvent.observe(waitedMs / 1000);
    this.reliability.slos.took('first_event', workflow.label, now, waitedMs);
  }

  private onAnswer(stepId: string, now: number, live: LiveExecution): void {
    const waitMs = live.waitsNoMore(stepId, now);
    if (waitMs === undefined) return;
    this.workflows.answered(live.workflow.label, waitMs);
    this.reliability.answered(now, waitMs);
  }

  private onEnd(outcome: Outcome, now: number, live: LiveExecution): void {
    const { workflow, compensated, asked } = live;
    const ms = live.activeMs(now);
    workflow.finished[outcome].add();
    if (compensated) workflow.compensated.add();
    if (!Number.isNaN(ms)) workflow.duration[outcome].observe(ms / 1000);
    this.reliability.ended(workflow.label, now, { outcome, ms, compensated, asked });
  }

  /** Zeros while the journal cannot be read: the other metrics shall still be told then. */
  private async countUnfinished(gauge: Gauge<'workflow' | 'status'>): Promise<void> {
    const counts = await this.journal.countUnfinished().catch(() => []);
    gauge.reset();
    const known = new Set(this.workflows.labels);
    for (const { source, workflow } of counts) known.add(this.workflows.labelOf(source, workflow));
    for (const workflow of known) for (const status of UNFINISHED) gauge.set({ workflow, status }, 0);
    for (const { source, workflow, status, count } of counts) gauge.inc({ workflow: this.workflows.labelOf(source, workflow), status }, count);
  }
}
