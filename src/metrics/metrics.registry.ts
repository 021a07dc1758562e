import { Injectable } from '@nestjs/common';
import { type MetricObjectWithValues, type MetricValue } from 'prom-client';
import { collectDefaultMetrics, Registry } from './prom-client.js';

/**
 * Where all metrics are kept; one a module, so that two apps in one process do not share them. Those of the process are
 * there from the first time that metrics are asked for: what grew before is in no rate that a reader can form.
 */
@Injectable()
export class MetricsRegistry extends Registry {
  private withProcess = false;

  override metrics(): Promise<string> {
    this.addProcess();
    return super.metrics();
  }

  override getMetricsAsJSON(): Promise<MetricObjectWithValues<MetricValue<string>>[]> {
    this.addProcess();
    return super.getMetricsAsJSON();
  }

  private addProcess(): void {
    if (this.withProcess) return;
    collectDefaultMetrics(this);
    this.withProcess = true;
  }
}
