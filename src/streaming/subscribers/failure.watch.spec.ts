import { describe, expect, it } from '@jest/globals';
import { MetricsRegistry } from '../../metrics/metrics.registry.js';
import { FailureWatch, SubscriberFailure } from './failure.watch.js';
import { SubscriberMetrics } from './subscriber.metrics.js';

describe('what goes wrong in a subscriber', () => {
  const watched = (deadAfterMs?: number) => {
    const told: string[] = [];
    const tell = (level: string) => (line: unknown) => void told.push(`${level} ${String(line)}`);
    const metrics = new SubscriberMetrics(new MetricsRegistry());
    const watch = new FailureWatch('crm', { warn: tell('warn'), error: tell('error'), log: tell('log') }, metrics, deadAfterMs);
    return { watch, told, errors: async () => (await metrics.errors.get()).values[0]?.value };
  };

  it('is told once of each kind and of twenty kinds at the most, and counted each time', async () => {
    const { watch, told, errors } = watched();
    for (let round = 0; round < 3; round++) for (let n = 0; n < 30; n++) watch.failed(new SubscriberFailure(`kind ${n}`, `no ${n}`));
    expect(told.map((line) => /no \d+/.exec(line)?.[0])).toEqual(Array.from({ length: 20 }, (_, n) => `no ${n}`));
    expect(await errors()).toBe(90);
  });

  it('is told anew after it was well again', () => {
    const { watch, told } = watched(0);
    const goesWrong = (): void => {
      watch.struggles();
      watch.failed(new SubscriberFailure('status 500', 'the receiver answered 500'));
    };
    goesWrong();
    watch.recovered();
    goesWrong();
    expect(told.map((line) => line.replace(/[;:].*/, ''))).toEqual([
      'warn the subscriber crm fails', 'error the subscriber crm counts as dead', 'log the subscriber crm is well again', 'warn the subscriber crm fails', 'error the subscriber crm counts as dead',
    ]);
  });
});
