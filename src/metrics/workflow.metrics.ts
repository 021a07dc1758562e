/** What is counted of executions by their workflow, in as many time series as there are names that are bounded. */
import { type Usage } from '../contract/events.js';
import { type DefinitionSource } from '../journal/journal.types.js';
import { type Count, CounterFamily, type Distribution, HistogramFamily } from './families.js';
import { LabelCap } from './label.cap.js';
import { type MetricsRegistry } from './metrics.registry.js';
import { type Outcome } from './reliability.js';

/** Names of stored workflows, which any user may choose. */
const MAX_STORED_NAMES = 100;
/** Seconds. */
const DURATION_BOUNDS = [0.01, 0.05, 0.1, 0.5, 1, 5, 15, 30, 60, 120, 300, 900, 3600, 14_400, 86_400];
const FIRST_BOUNDS = [0.001, 0.005, 0.01, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 15, 60, 300];

/** The metrics of one workflow. */
export interface WorkflowMetrics {
  readonly label: string;
  readonly started: Count;
  readonly resumed: Count;
  readonly compensated: Count;
  readonly firstEvent: Distribution;
  readonly firstOutput: Distribution;
  readonly finished: Record<Outcome, Count>;
  readonly duration: Record<Outcome, Distribution>;
}

export class WorkflowFamilies {
  private readonly byLabel = new Map<string, WorkflowMetrics>();
  private readonly stored = new LabelCap(MAX_STORED_NAMES);
  private readonly started: CounterFamily;
  private readonly finished: CounterFamily;
  private readonly resumed: CounterFamily;
  private readonly compensated: CounterFamily;
  private readonly duration: HistogramFamily;
  private readonly firstEvent: HistogramFamily;
  private readonly firstOutput: HistogramFamily;
  private readonly inputs: CounterFamily;
  private readonly inputWait: HistogramFamily;
  private readonly modelSteps: CounterFamily;
  private readonly cacheHits: CounterFamily;
  private readonly tokens: CounterFamily;
  private readonly cost: CounterFamily;

  constructor(registry: MetricsRegistry) {
    const labels = ['workflow'];
    const counter = (name: string, help: string, more: string[] = []) => new CounterFamily(registry, { name, help, labels: [...labels, ...more] });
    const histogram = (name: string, help: string, bounds: number[], more: string[] = []) => new HistogramFamily(registry, { name, help, bounds, labels: [...labels, ...more] });
    this.started = counter('stepcast_executions_started_total', 'Executions that have begun to run');
    this.finished = counter('stepcast_executions_finished_total', 'Executions that have ended, by how', ['status']);
    this.resumed = counter('stepcast_executions_resumed_total', 'Resumes after a crash or a deployment');
    this.compensated = counter('stepcast_executions_compensated_total', 'Executions that have ended and in which a step was tried again, or that were resumed');
    this.duration = histogram('stepcast_execution_duration_seconds', 'How long executions took that have ended, without the time they waited for a person', DURATION_BOUNDS, ['status']);
    this.firstEvent = histogram('stepcast_execution_first_event_seconds', 'From the start of an execution being taken to its first event', FIRST_BOUNDS);
    this.firstOutput = histogram('stepcast_execution_first_output_seconds', 'From the start of an execution being taken to the first piece of output', FIRST_BOUNDS);
    this.inputs = counter('stepcast_input_requests_total', 'Questions to people');
    this.inputWait = histogram('stepcast_input_wait_seconds', 'How long people took to answer', [1, 5, 15, 60, 300, 900, 3600, 14_400, 86_400, 604_800]);
    this.modelSteps = counter('stepcast_model_steps_total', 'Completed steps that have used a language model');
    this.cacheHits = counter('stepcast_model_cache_hits_total', 'Those of them whose input the provider had in its cache, in part or whole');
    this.tokens = counter('stepcast_model_tokens_total', 'Tokens of language models; cached ones are input, reasoning ones are output too', ['kind']);
    this.cost = counter('stepcast_model_cost_usd_total', 'What language models cost, where prices are configured');
  }

  get labels(): Iterable<string> {
    return this.byLabel.keys();
  }

  /** Of code, by its name; stored by a user, by its name as long as there are few; given with a start, all together. */
  labelOf(source: DefinitionSource, workflow: string): string {
    if (source === 'code') return workflow;
    return source === 'stored' ? this.stored.of(workflow) : 'adhoc';
  }

  of(source: DefinitionSource, workflow: string): WorkflowMetrics {
    const label = this.labelOf(source, workflow);
    let metrics = this.byLabel.get(label);
    if (!metrics) this.byLabel.set(label, (metrics = this.make(label)));
    return metrics;
  }

  asked(label: string): void {
    this.inputs.of(label).add();
  }

  answered(label: string, waitMs: number): void {
    this.inputWait.of(label).observe(waitMs / 1000);
  }

  used(label: string, { inputTokens, cachedInputTokens, outputTokens, reasoningTokens, costUsd }: Usage): void {
    this.modelSteps.of(label).add();
    if (cachedInputTokens) this.cacheHits.of(label).add();
    const kinds = { input: inputTokens, cached_input: cachedInputTokens, output: outputTokens, reasoning: reasoningTokens };
    for (const [kind, tokens] of Object.entries(kinds)) if (isAmount(tokens)) this.tokens.of(label, kind).add(tokens);
    if (isAmount(costUsd)) this.cost.of(label).add(costUsd);
  }

  private make(label: string): WorkflowMetrics {
    const each = <T>(make: (status: Outcome) => T): Record<Outcome, T> => ({ completed: make('completed'), failed: make('failed'), cancelled: make('cancelled') });
    return {
      label,
      started: this.started.of(label), resumed: this.resumed.of(label), compensated: this.compensated.of(label),
      firstEvent: this.firstEvent.of(label), firstOutput: this.firstOutput.of(label),
      finished: each((status) => this.finished.of(label, status)),
      duration: each((status) => this.duration.of(label, status)),
    };
  }
}

/** A counter never falls, and agents may tell whatever they like. */
function isAmount(value: number | undefined): value is number {
  return value !== undefined && Number.isFinite(value) && value >= 0;
}
