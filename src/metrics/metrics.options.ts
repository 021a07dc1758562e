import { type SloOptions } from './slo.options.js';

/** What is promised of executions, and by which clocks it is counted. */
export abstract class MetricsOptions {
  abstract slos: SloOptions[];
  /** Milliseconds since the epoch. */
  abstract now: () => number;
  /** Milliseconds of a clock that nobody sets. */
  abstract ticks: () => number;
}
