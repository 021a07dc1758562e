import { SERVERS } from '../lib/contestants.mjs';
import { goal } from '../lib/goals.mjs';
import { measurePaced } from '../lib/paced.mjs';

export default {
  name: 'latency',
  title: '10 executions at 20 pieces a second each, each with its own reader by HTTP: from emit to receive',
  sizes: {
    full: { streams: 10, intervalMs: 50, skipMs: 500, windowMs: 2500, warmupMs: 1000, runs: 3 },
    smoke: { streams: 3, intervalMs: 20, skipMs: 40, windowMs: 200, warmupMs: 40, runs: 1 },
  },
  async run(context) {
    const rows = await measurePaced(context, SERVERS, ({ p50 }) => p50);
    const ours = rows.find((row) => row.ours);
    const cases = [
      { name: 'light load, median', unit: 'ms (p50)', better: 'lower', rows },
      { name: 'light load, 99 of 100', unit: 'ms (p99)', better: 'lower', rows: rows.map((row) => (row.note ? row : { ...row, value: row.p99, runs: undefined })) },
    ];
    return { cases, goals: [goal('p50 ≤ 1 ms', ours.p50, 'ms', ours.p50 <= 1), goal('p99 ≤ 5 ms', ours.p99, 'ms', ours.p99 <= 5)] };
  },
};
