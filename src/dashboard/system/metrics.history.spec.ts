import { describe, expect, it } from '@jest/globals';
import { MetricsHistory } from './metrics.history.js';
import { parseMetrics, sumOf } from './prometheus.js';

describe('the history of metrics', () => {
  it('reads the text format of Prometheus', () => {
    const samples = parseMetrics('# HELP a b\n# TYPE a counter\na{x="1",y="a\\"b\\\\c\\nd, e={"} 2\na{x="2",y=""} 3.5e1\nb 7\nb_bucket{le="+Inf"} +Inf\n\nnot a line\n');
    expect(samples).toEqual([
      { name: 'a', labels: { x: '1', y: 'a"b\\c\nd, e={' }, value: 2 }, { name: 'a', labels: { x: '2', y: '' }, value: 35 }, { name: 'b', labels: {}, value: 7 }, { name: 'b_bucket', labels: { le: '+Inf' }, value: Infinity },
    ]);
    expect([sumOf(samples, 'a'), sumOf(samples, 'a', { x: '1' }), sumOf(samples, 'a', { x: '9' }), sumOf(samples, 'c')]).toEqual([37, 2, undefined, undefined]);
  });

  it('makes rates and means of two looks', () => {
    const history = new MetricsHistory();
    const look = (events: number, commits: number, seconds: number) => `stepcast_events_total{type="a"} ${events}\nstepcast_events_total{type="b"} 0\nstepcast_journal_commit_seconds_count ${commits}\nstepcast_journal_commit_seconds_sum ${seconds}\nstepcast_executions{workflow="w",status="running"} 2\nstepcast_executions{workflow="v",status="running"} 1\n`;
    history.add(look(100, 10, 0.1), 1000);
    history.add(look(150, 20, 0.2), 6000);
    expect(history.points[0]).toMatchObject({ at: 1, running: 3, queued: 0, events: null, commitMs: null, streams: null });
    expect(history.points[1]).toMatchObject({ at: 6, events: 10, running: 3 });
    expect(history.points[1]?.commitMs).toBeCloseTo(10);
    // Nothing committed since; then a process that counts anew.
    history.add(look(150, 20, 0.2), 11_000);
    expect(history.points[2]).toMatchObject({ events: 0, commitMs: null });
    history.add(look(20, 2, 0.01), 16_000);
    expect(history.points[3]).toMatchObject({ events: 4 });
  });

  it('keeps an hour', () => {
    const history = new MetricsHistory();
    for (let i = 0; i < 800; i++) history.add('', i * 5000);
    expect(history.points.length).toBe(720);
    expect(history.points.at(-1)?.at).toBe(799 * 5);
  });
});
