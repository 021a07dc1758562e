import { SERVERS } from '../lib/contestants.mjs';
import { goal } from '../lib/goals.mjs';
import { number } from '../lib/numbers.mjs';
import { measurePaced } from '../lib/paced.mjs';

export default {
  name: 'streams',
  title: 'Many executions, each an agent giving 50 pieces a second, each with its own reader by HTTP',
  sizes: {
    full: { streams: 1000, intervalMs: 20, skipMs: 1000, windowMs: 3000, warmupMs: 2000, runs: 3 },
    smoke: { streams: 20, intervalMs: 20, skipMs: 40, windowMs: 200, warmupMs: 40, runs: 1 },
  },
  async run(context) {
    const { streams, intervalMs } = context.sizes;
    const offered = (streams * 1000) / intervalMs;
    const rows = await measurePaced(context, SERVERS, ({ perSecond }) => perSecond);
    const ours = rows.find((row) => row.ours);
    const cases = [
      { name: `${number(streams)} streams, ${number(offered)} pieces/s offered`, unit: 'deliveries/s', better: 'higher', rows },
      { name: `${number(streams)} streams, from emit to receive`, unit: 'ms (p99)', better: 'lower', rows: rows.map((row) => (row.note ? row : { ...row, value: row.p99, runs: undefined })) },
    ];
    // Timers and the edges of the window cost a few in a hundred at most.
    const goals = [
      goal(`${number(offered)} deliveries/s, journaled, none lost`, ours.value, 'deliveries/s', ours.value >= offered * 0.98 && ours.lost === 0),
      goal('p99 ≤ 15 ms from emit to receive', ours.p99, 'ms', ours.p99 <= 15),
    ];
    return { cases, goals };
  },
};
