/**
 * How well executions do, live from the log: for people who look at the service now, where Prometheus keeps the history.
 * Rings of counts in memory, from the start of the process on; times are in buckets, so that a quantile is an estimate
 * within one of them.
 */
import { Ring } from './ring.js';
import { type SloReport, Slos } from './slo.js';
import { type SloOptions } from './slo.options.js';

const STEP_MS = 5 * 60_000;
const HOUR_MS = 60 * 60_000;
export const RELIABILITY_WINDOWS = { '15m': HOUR_MS / 4, '1h': HOUR_MS, '6h': 6 * HOUR_MS, '24h': 24 * HOUR_MS } as const;
export type ReliabilityWindow = keyof typeof RELIABILITY_WINDOWS;
const ROWS = RELIABILITY_WINDOWS['24h'] / STEP_MS;

/** Upper bounds of the buckets of time, in milliseconds. */
const BOUNDS = [
  1, 2, 5, 10, 25, 50, 100, 250, 500, 1000, 2500, 5000, 10_000, 30_000, 60_000, 120_000, 300_000, 600_000, 1_800_000, HOUR_MS, 3 * HOUR_MS, 12 * HOUR_MS, 24 * HOUR_MS,
];
const TIMES = BOUNDS.length + 1;
const OUTCOMES = ['completed', 'failed', 'cancelled'] as const;
const [COMPENSATED, ASKED, FIRST_TIME] = [3, 4, 5];

export type Outcome = (typeof OUTCOMES)[number];

/** Milliseconds. */
export interface Quantiles {
  p50: number;
  p95: number;
  p99: number;
}

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
  private readonly since: number;
  private readonly workflows = new Map<string, Ring>();
  private readonly tools = new Ring(STEP_MS, ROWS, 1 + TIMES);
  private readonly inputs = new Ring(STEP_MS, ROWS, TIMES);

  /** @param clock Milliseconds since the epoch, for what is told. */
  constructor(slos: readonly SloOptions[] = [], private readonly clock: () => number = Date.now) {
    this.slos = new Slos(slos);
    this.since = clock();
  }

  ended(workflow: string, now: number, { outcome, ms, compensated, asked }: Ended): void {
    let ring = this.workflows.get(workflow);
    if (!ring) this.workflows.set(workflow, (ring = new Ring(STEP_MS, ROWS, FIRST_TIME + TIMES)));
    ring.add(now, OUTCOMES.indexOf(outcome));
    if (compensated) ring.add(now, COMPENSATED);
    if (asked) ring.add(now, ASKED);
    if (outcome !== 'cancelled') this.slos.ended(workflow, now, outcome === 'completed');
    if (outcome !== 'completed' || Number.isNaN(ms)) return;
    ring.add(now, FIRST_TIME + bucketOf(ms));
    this.slos.took('completion', workflow, now, ms);
  }

  calledTool(now: number, ms: number, failed: boolean): void {
    if (failed) this.tools.add(now, 0);
    this.tools.add(now, 1 + bucketOf(ms));
  }

  answered(now: number, waitMs: number): void {
    this.inputs.add(now, bucketOf(waitMs));
  }

  report(window: ReliabilityWindow): ReliabilityReport {
    const now = this.clock();
    const windowMs = RELIABILITY_WINDOWS[window];
    const each = [...this.workflows].map(([workflow, ring]) => ({ workflow, counts: ring.sums(now, windowMs) }));
    const total = new Array<number>(FIRST_TIME + TIMES).fill(0).map((_, i) => each.reduce((sum, { counts }) => sum + (counts[i] as number), 0));
    const [failedCalls = 0, ...callTimes] = this.tools.sums(now, windowMs);
    const waits = this.inputs.sums(now, windowMs);
    return {
      window, since: new Date(this.since).toISOString(),
      ...statsOf(total),
      toolCalls: { calls: sumOf(callTimes), failed: failedCalls, durationMs: quantilesOf(callTimes) },
      inputs: { answered: sumOf(waits), waitMs: quantilesOf(waits) },
      workflows: each.filter(({ counts }) => sumOf(counts) > 0).map(({ workflow, counts }) => ({ workflow, ...statsOf(counts) })),
      slos: this.slos.report(now),
    };
  }

  sloReports(): SloReport[] {
    return this.slos.report(this.clock());
  }
}

function statsOf(counts: readonly number[]): ExecutionStats {
  const [completed = 0, failed = 0, cancelled = 0] = counts;
  const ended = completed + failed + cancelled;
  return {
    completed, failed, cancelled,
    successRate: share(completed, completed + failed),
    compensationRate: share(counts[COMPENSATED] as number, ended),
    humanInputRate: share(counts[ASKED] as number, ended),
    completionMs: quantilesOf(counts.slice(FIRST_TIME)),
  };
}

function share(part: number, whole: number): number | null {
  return whole === 0 ? null : part / whole;
}

function sumOf(counts: readonly number[]): number {
  return counts.reduce((sum, count) => sum + count, 0);
}

function bucketOf(ms: number): number {
  let i = 0;
  while (i < BOUNDS.length && ms > (BOUNDS[i] as number)) i++;
  return i;
}

function quantilesOf(counts: readonly number[]): Quantiles | null {
  const total = sumOf(counts);
  return total === 0 ? null : { p50: quantile(counts, total * 0.5), p95: quantile(counts, total * 0.95), p99: quantile(counts, total * 0.99) };
}

/** Within its bucket as if the values in it lay evenly; beyond the last bound, that. */
function quantile(counts: readonly number[], rank: number): number {
  let below = 0;
  for (const [i, count] of counts.entries()) {
    if (count > 0 && below + count >= rank) {
      const lower = BOUNDS[i - 1] ?? 0;
      const upper = BOUNDS[i] ?? lower;
      return Math.round(lower + ((rank - below) / count) * (upper - lower));
    }
    below += count;
  }
  return 0;
}
