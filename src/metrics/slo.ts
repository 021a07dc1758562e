/**
 * Objectives against what happens: how much of their window was good, and how fast they burn what may go wrong. A burn rate
 * of 1 uses the whole budget up in exactly the window; alerts look at a long and a short time together, so that they come
 * early and end soon (Google's SRE workbook, "Alerting on SLOs"). In memory, from the start of the process on.
 */
import { Ring } from './ring.js';
import { type SloMeasure, type SloOptions } from './slo.options.js';

const STEP_MS = 60_000;
const HOUR_MS = 60 * STEP_MS;
/** Times over which burn rates are told, as far as the window of the objective reaches. */
const BURN_WINDOWS: Readonly<Record<string, number>> = { '5m': 5 * STEP_MS, '30m': 30 * STEP_MS, '1h': HOUR_MS, '6h': 6 * HOUR_MS, '1d': 24 * HOUR_MS, '3d': 72 * HOUR_MS };
const GOOD = 0;
const BAD = 1;

/** How an objective stands. */
export interface SloReport extends SloOptions {
  good: number;
  bad: number;
  /** The share that was good, over the window; null where nothing happened in it. */
  ratio: number | null;
  /** What is left of what may go wrong, over the window: 1 is all of it, below 0 the objective is missed. */
  budgetLeft: number;
  burnRates: Record<string, number>;
}

class Slo {
  private readonly ring: Ring;
  private readonly burnWindows: [name: string, ms: number][];

  constructor(readonly options: SloOptions) {
    this.ring = new Ring(STEP_MS, options.windowMs / STEP_MS, 2);
    this.burnWindows = Object.entries(BURN_WINDOWS).filter(([, ms]) => ms <= options.windowMs);
  }

  takes(measure: SloMeasure, workflow: string): boolean {
    return this.options.measure === measure && (this.options.workflow ?? workflow) === workflow;
  }

  add(now: number, good: boolean): void {
    this.ring.add(now, good ? GOOD : BAD);
  }

  report(now: number): SloReport {
    const { options } = this;
    const [good = 0, bad = 0] = this.ring.sums(now, options.windowMs);
    const ratio = good + bad === 0 ? null : good / (good + bad);
    const burnRates = Object.fromEntries(this.burnWindows.map(([name, ms]) => [name, this.burnRate(now, ms)]));
    return { ...options, good, bad, ratio, budgetLeft: rounded(1 - this.burnRate(now, options.windowMs)), burnRates };
  }

  private burnRate(now: number, windowMs: number): number {
    const [good = 0, bad = 0] = this.ring.sums(now, windowMs);
    return bad === 0 ? 0 : rounded(bad / (good + bad) / (1 - this.options.target));
  }
}

/** All that are configured. */
export class Slos {
  private readonly slos: Slo[];

  constructor(options: readonly SloOptions[]) {
    this.slos = options.map((slo) => new Slo(slo));
  }

  /** An execution has completed or failed. */
  ended(workflow: string, now: number, completed: boolean): void {
    for (const slo of this.slos) if (slo.takes('success', workflow)) slo.add(now, completed);
  }

  took(measure: Exclude<SloMeasure, 'success'>, workflow: string, now: number, ms: number): void {
    for (const slo of this.slos) if (slo.takes(measure, workflow)) slo.add(now, ms <= (slo.options.thresholdMs as number));
  }

  report(now: number): SloReport[] {
    return this.slos.map((slo) => slo.report(now));
  }
}

/** Without what floating point adds: 1 - 0.99 is not 0.01. */
function rounded(value: number): number {
  return Number(value.toPrecision(9));
}
