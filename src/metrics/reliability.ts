/**
 * How well executions do, live from the log: for people who look at the service now, where Prometheus keeps the history.
 * Rings of counts in memory, from the start of the process on; quantiles of times are estimates.
 */
import { type SloReport, Slos } from './slo.js';
import { type SloOptions } from './slo.options.js';
import { SteadyTime } from './steady.time.js';
import { type Quantiles, TimesOver, TimesRing } from './times.js';

const STEP_MS = 5 * 60_000;
const HOUR_MS = 60 * 60_000;
export const RELIABILITY_WINDOWS = { '15m': HOUR_MS / 4, '1h': HOUR_MS, '6h': 6 * HOUR_MS, '24h': 24 * HOUR_MS } as const;
export type ReliabilityWindow = keyof typeof RELIABILITY_WINDOWS;
const ROWS = RELIABILITY_WINDOWS['24h'] / STEP_MS;

const OUTCOMES = ['completed', 'failed', 'cancelled'] as const;
const [COMPENSATED, ASKED, COUNTERS] = [3, 4, 5];

export type Outcome = (typeof OUTCOMES)[number];

export interface ExecutionStats {
  completed: number;
  failed: number;
  cancelled: number;
  /** Of those that completed or failed; null where none did. */
  successRate: number | null;
  /** The share, of all that ended, in which a step was tried again or that were resumed. */
  compensationRate: number | null;
  /** The share, of all that ended, that asked a person. */
  humanInputRate: number | null;
  /** Of those that completed, without the time that they waited for a person. */
  completionMs: Quantiles | null;
}

export interface CallStats {
  calls: number;
  failed: number;
  durationMs: Quantiles | null;
}

export interface ReliabilityReport extends ExecutionStats {
  window: ReliabilityWindow;
  /** Since when this process counts. */
  since: string;
  toolCalls: CallStats;
  /** How long people took to answer. */
  inputs: { answered: number; waitMs: Quantiles | null };
  workflows: ({ workflow: string } & ExecutionStats)[];
  slos: SloReport[];
}

/** An execution that has ended. */
export interface Ended {
  outcome: Outcome;
  /** Milliseconds it took, without those it waited for a person; NaN where nobody knows. */
  ms: number;
  compensated: boolean;
  asked: boolean;
}

export class Reliability {
  readonly slos: Slos;
  readonly time: SteadyTime;
  private readonly since: number;
  private readonly workflows = new Map<string, TimesRing>();
  private readonly tools = new TimesRing(STEP_MS, ROWS, 1);
  private readonly inputs = new TimesRing(STEP_MS, ROWS, 0);

  /** @param clock Milliseconds since the epoch. @param ticks Milliseconds of a clock that nobody sets, which is what all `now` are of. */
  constructor(slos: readonly SloOptions[] = [], clock: () => number = Date.now, ticks: () => number = clock) {
    this.slos = new Slos(slos);
    this.time = new SteadyTime(clock, ticks);
    this.since = clock();
  }

  ended(workflow: string, now: number, { outcome, ms, compensated, asked }: Ended): void {
    let ring = this.workflows.get(workflow);
    if (!ring) this.workflows.set(workflow, (ring = new TimesRing(STEP_MS, ROWS, COUNTERS)));
    ring.add(now, OUTCOMES.indexOf(outcome));
    if (compensated) ring.add(now, COMPENSATED);
    if (asked) ring.add(now, ASKED);
    if (outcome !== 'cancelled') this.slos.ended(workflow, now, outcome === 'completed');
    if (outcome !== 'completed' || Number.isNaN(ms)) return;
    ring.addTime(now, ms);
    this.slos.took('completion', workflow, now, ms);
  }

  calledTool(now: number, ms: number, failed: boolean): void {
    if (failed) this.tools.add(now, 0);
    this.tools.addTime(now, ms);
  }

  answered(now: number, waitMs: number): void {
    this.inputs.addTime(now, waitMs);
  }

  report(window: ReliabilityWindow): ReliabilityReport {
    const now = this.time.moment;
    const windowMs = RELIABILITY_WINDOWS[window];
    const each = [...this.workflows].map(([workflow, ring]) => ({ workflow, over: ring.over(now, windowMs) }));
    const tools = this.tools.over(now, windowMs);
    const inputs = this.inputs.over(now, windowMs);
    return {
      window, since: new Date(this.since).toISOString(),
      ...statsOf(TimesOver.of(each.map(({ over }) => over), COUNTERS)),
      toolCalls: { calls: tools.times, failed: tools.count(0), durationMs: tools.quantiles },
      inputs: { answered: inputs.times, waitMs: inputs.quantiles },
      workflows: each.map(({ workflow, over }) => ({ workflow, ...statsOf(over) })).filter(({ completed, failed, cancelled }) => completed + failed + cancelled > 0),
      slos: this.slos.report(now),
    };
  }

  sloReports(): SloReport[] {
    return this.slos.report(this.time.moment);
  }
}

function statsOf(over: TimesOver): ExecutionStats {
  const [completed, failed, cancelled] = [over.count(0), over.count(1), over.count(2)];
  const ended = completed + failed + cancelled;
  return {
    completed, failed, cancelled,
    successRate: share(completed, completed + failed),
    compensationRate: share(over.count(COMPENSATED), ended),
    humanInputRate: share(over.count(ASKED), ended),
    completionMs: over.quantiles,
  };
}

function share(part: number, whole: number): number | null {
  return whole === 0 ? null : part / whole;
}
