/** One clock for all processes of a machine: microseconds of the system's monotonic clock. */
import { performance } from 'node:perf_hooks';

// `performance.now` reads that clock too, from an origin of its own, and is much cheaper than `hrtime.bigint`.
const ORIGIN = Number(process.hrtime.bigint()) / 1000 - performance.now() * 1000;

export function micros() {
  return ORIGIN + performance.now() * 1000;
}
