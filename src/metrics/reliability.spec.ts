import { describe, expect, it } from '@jest/globals';
import { type Ended, Reliability } from './reliability.js';
import { type SloOptions } from './slo.options.js';

const HOUR = 3_600_000;
const START = Date.parse('2026-11-20T08:00:00.000Z');

function at(slos: SloOptions[] = []) {
  const clock = { now: START };
  return { clock, reliability: new Reliability(slos, () => clock.now) };
}
const ended = (more: Partial<Ended> = {}): Ended => ({ outcome: 'completed', ms: 100, compensated: false, asked: false, ...more });

describe('reliability', () => {
  it('knows of nothing at first, and says so', () => {
    expect(at().reliability.report('1h')).toEqual({
      window: '1h', since: '2026-11-20T08:00:00.000Z', completed: 0, failed: 0, cancelled: 0, successRate: null, compensationRate: null, humanInputRate: null, completionMs: null,
      toolCalls: { calls: 0, failed: 0, durationMs: null }, inputs: { answered: 0, waitMs: null }, workflows: [], slos: [],
    });
  });

  it('tells shares of all and by workflow; who cancels has neither succeeded nor failed', () => {
    const { reliability } = at();
    for (let i = 0; i < 8; i++) reliability.ended('a', START, ended({ compensated: i < 2, asked: i === 0 }));
    reliability.ended('b', START, ended({ outcome: 'failed' }));
    reliability.ended('b', START, ended({ outcome: 'cancelled' }));
    expect(reliability.report('15m')).toMatchObject({
      completed: 8, failed: 1, cancelled: 1, successRate: 8 / 9, compensationRate: 0.2, humanInputRate: 0.1,
      workflows: [{ workflow: 'a', completed: 8, successRate: 1, compensationRate: 0.25 }, { workflow: 'b', failed: 1, cancelled: 1, successRate: 0, completionMs: null }],
    });
  });

  it('tells of one its own time, and of several no time beyond the shortest and the longest', () => {
    const { reliability } = at();
    reliability.ended('a', START, ended({ ms: 2860 }));
    expect(reliability.report('1h').completionMs).toEqual({ p50: 2860, p95: 2860, p99: 2860 });
    reliability.ended('b', START, ended({ ms: 10_980 }));
    expect(reliability.report('1h')).toMatchObject({
      completionMs: { p50: 2860, p95: 10_980, p99: 10_980 },
      workflows: [{ workflow: 'a', completionMs: { p50: 2860, p99: 2860 } }, { workflow: 'b', completionMs: { p50: 10_980, p99: 10_980 } }],
    });
    for (const ms of [0.2, 1e12]) reliability.ended('c', START, ended({ ms }));
    expect(reliability.report('1h').workflows.at(-1)?.completionMs).toEqual({ p50: 0, p95: 2 ** 32 - 1, p99: 2 ** 32 - 1 });
    reliability.calledTool(START, 120, false);
    reliability.answered(START, 42_000);
    expect(reliability.report('1h')).toMatchObject({ toolCalls: { durationMs: { p50: 120, p99: 120 } }, inputs: { waitMs: { p50: 42_000, p99: 42_000 } } });
  });

  it('tells quantiles between the shortest and the longest in the bucket that holds them', () => {
    const { reliability } = at();
    for (let i = 0; i < 90; i++) reliability.ended('a', START, ended({ ms: 60 + i % 30 }));
    for (let i = 0; i < 10; i++) reliability.ended('a', START, ended({ ms: 20_000 + 100 * i }));
    const { p50, p95, p99 } = reliability.report('1h').completionMs as { p50: number; p95: number; p99: number };
    expect([p50 > 60 && p50 < 89, p95 > 20_000 && p95 < p99, p99 < 20_900]).toEqual([true, true, true]);
  });

  it('forgets how short and how long what is older than its window was', () => {
    const { reliability, clock } = at();
    for (const ms of [3000, 4900]) reliability.ended('a', clock.now, ended({ ms }));
    clock.now += 2 * HOUR;
    reliability.ended('a', clock.now, ended({ ms: 4000 }));
    expect(reliability.report('1h').completionMs).toEqual({ p50: 4000, p95: 4000, p99: 4000 });
    expect(reliability.report('24h').completionMs).toMatchObject({ p50: 3950 });
  });

  it('forgets what is older than its window', () => {
    const { reliability, clock } = at();
    reliability.ended('a', clock.now, ended());
    clock.now += 2 * HOUR;
    reliability.ended('b', clock.now, ended());
    expect([reliability.report('1h').workflows.length, reliability.report('24h').completed]).toEqual([1, 2]);
  });

  it('counts one whose time nobody knows, and not its time', () => {
    const { reliability } = at([{ name: 'quick', measure: 'completion', target: 0.9, windowMs: HOUR, thresholdMs: 10 }]);
    reliability.ended('a', START, ended({ ms: NaN }));
    expect(reliability.report('1h')).toMatchObject({ completed: 1, completionMs: null, slos: [{ good: 0, bad: 0, ratio: null }] });
  });
});

describe('objectives', () => {
  const SLO: SloOptions = { name: 'works', measure: 'success', target: 0.99, windowMs: 24 * HOUR };

  it('tell what is left of the budget, and how fast it is used up over several times', () => {
    const { reliability, clock } = at([SLO]);
    for (let i = 0; i < 985; i++) reliability.ended('a', clock.now, ended());
    clock.now += 2 * HOUR;
    for (let i = 0; i < 5; i++) reliability.ended('a', clock.now, ended({ outcome: 'failed' }));
    for (let i = 0; i < 10; i++) reliability.ended('a', clock.now, ended());
    // Neither good nor bad.
    reliability.ended('a', clock.now, ended({ outcome: 'cancelled' }));
    const [slo] = reliability.sloReports();
    expect(slo).toMatchObject({ ...SLO, good: 995, bad: 5, ratio: 0.995, budgetLeft: 0.5 });
    expect(slo?.burnRates).toEqual({ '5m': 33.3333333, '30m': 33.3333333, '1h': 33.3333333, '6h': 0.5, '1d': 0.5 });
  });

  it('of times take what is at most the threshold for good, and of one workflow nothing of another', () => {
    const { reliability } = at([
      { ...SLO, name: 'quick', measure: 'completion', thresholdMs: 100 }, { ...SLO, name: 'begins', measure: 'first_event', thresholdMs: 10, workflow: 'a' },
    ]);
    for (const ms of [99, 100, 101]) reliability.ended('a', START, ended({ ms }));
    reliability.ended('a', START, ended({ ms: 500, outcome: 'failed' }));
    for (const [workflow, ms] of [['a', 10], ['a', 11], ['b', 11]] as const) reliability.slos.took('first_event', workflow, START, ms);
    expect(reliability.sloReports().map(({ good, bad }) => [good, bad])).toEqual([[2, 1], [1, 1]]);
  });
});
