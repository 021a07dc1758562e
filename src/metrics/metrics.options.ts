import { type SloOptions } from './slo.options.js';

/** What is promised of executions, and by which clock it is counted. */
export abstract class MetricsOptions {
  abstract slos: SloOptions[];
  /** Milliseconds since the epoch. */
  abstract now: () => number;
}
