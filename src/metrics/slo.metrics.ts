import { type MetricsRegistry } from './metrics.registry.js';
import { Gauge } from './prom-client.js';
import { type Reliability } from './reliability.js';

/** The objectives as gauges, computed when they are asked for. */
export class SloMetrics {
  constructor(registry: MetricsRegistry, reliability: Reliability) {
    const registers = [registry];
    const target: Gauge<'slo'> = new Gauge({
      name: 'stepcast_slo_target', help: 'The share that has to be good', labelNames: ['slo'], registers,
      collect: () => {
        for (const slo of reliability.sloReports()) target.set({ slo: slo.name }, slo.target);
      },
    });
    const ratio: Gauge<'slo'> = new Gauge({
      name: 'stepcast_slo_ratio', help: 'The share that was good, over the window of the objective; absent where nothing happened in it', labelNames: ['slo'], registers,
      collect: () => {
        ratio.reset();
        for (const slo of reliability.sloReports()) if (slo.ratio !== null) ratio.set({ slo: slo.name }, slo.ratio);
      },
    });
    const burnRate: Gauge<'slo' | 'window'> = new Gauge({
      name: 'stepcast_slo_burn_rate', help: 'How many times faster than allowed the error budget is used up, over this time', labelNames: ['slo', 'window'], registers,
      collect: () => {
        for (const { name, burnRates } of reliability.sloReports()) for (const [window, rate] of Object.entries(burnRates)) burnRate.set({ slo: name, window }, rate);
      },
    });
  }
}
