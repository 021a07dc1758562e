/** What is counted of steps and of what agents do in them. */
import { type EventData, type StepInfo } from '../contract/events.js';
import { type RecordedEvent } from '../journal/event-batch.js';
import { type Count, CounterFamily, HistogramFamily } from './families.js';
import { LabelCap } from './label.cap.js';
import { type MetricsRegistry } from './metrics.registry.js';
import { type Reliability } from './reliability.js';

/** Seconds. */
const STEP_BOUNDS = [0.001, 0.005, 0.025, 0.1, 0.5, 1, 5, 15, 60, 300, 1800];
const TOOL_BOUNDS = [0.005, 0.025, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 120];
const MAX_AGENTS = 100;
/** A model may call tools that there are none of. */
const MAX_TOOLS = 100;

export class StepFamilies {
  private readonly steps: CounterFamily;
  private readonly seconds: HistogramFamily;
  private readonly retries: Count;
  private readonly tools: HistogramFamily;
  private readonly agentNames = new LabelCap(MAX_AGENTS);
  private readonly toolNames = new LabelCap(MAX_TOOLS);

  constructor(registry: MetricsRegistry, private readonly reliability: Reliability) {
    this.steps = new CounterFamily(registry, { name: 'stepcast_steps_total', help: 'Steps that have ended, by type and how', labels: ['type', 'status'] });
    this.seconds = new HistogramFamily(registry, {
      name: 'stepcast_step_duration_seconds', bounds: STEP_BOUNDS, labels: ['type', 'agent', 'outcome'],
      help: 'How long attempts of steps took, by type, agent and how they ended; retried are those that another one follows',
    });
    this.retries = new CounterFamily(registry, { name: 'stepcast_step_retries_total', help: 'Attempts that failed and were tried again' }).of();
    this.tools = new HistogramFamily(registry, { name: 'stepcast_tool_call_duration_seconds', help: 'How long calls of tools took', bounds: TOOL_BOUNDS, labels: ['tool', 'outcome'] });
  }

  ended({ about }: RecordedEvent, { type, status, durationMs }: StepInfo): void {
    this.steps.of(type, status).add();
    if (durationMs !== undefined) this.seconds.of(type, this.agentNames.of(about ?? ''), status).observe(durationMs / 1000);
  }

  retried({ about }: RecordedEvent, { type, durationMs }: StepInfo): void {
    this.retries.add();
    if (durationMs !== undefined) this.seconds.of(type, this.agentNames.of(about ?? ''), 'retried').observe(durationMs / 1000);
  }

  calledTool({ about }: RecordedEvent, { durationMs, error }: EventData['tool_result'], now: number): void {
    this.tools.of(this.toolNames.of(about ?? 'other'), error ? 'failed' : 'completed').observe(durationMs / 1000);
    this.reliability.calledTool(now, durationMs, error !== undefined);
  }
}
