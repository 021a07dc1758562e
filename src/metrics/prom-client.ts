/**
 * What is used of prom-client, by file: its front door loads what measures the process as well, and OpenTelemetry with it,
 * which no start has to wait for. They are the very classes that `import 'prom-client'` gives.
 */
import { createRequire } from 'node:module';

type Library = typeof import('prom-client');

const require = createRequire(import.meta.url);

export const Registry = require('prom-client/lib/registry.js') as Library['Registry'];
export const Counter = require('prom-client/lib/counter.js') as Library['Counter'];
export const Gauge = require('prom-client/lib/gauge.js') as Library['Gauge'];
export const Histogram = require('prom-client/lib/histogram.js') as Library['Histogram'];

export type Counter<T extends string = string> = import('prom-client').Counter<T>;
export type Gauge<T extends string = string> = import('prom-client').Gauge<T>;
export type Histogram<T extends string = string> = import('prom-client').Histogram<T>;

/** Adds the metrics of the process to `register`. */
export function collectDefaultMetrics(register: import('prom-client').Registry): void {
  (require('prom-client') as Library).collectDefaultMetrics({ register });
}
