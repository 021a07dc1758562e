import { BARE_LOOP, ENGINES } from '../lib/contestants.mjs';
import { measureEngines } from '../lib/engines.mjs';
import { atMost, aheadOf } from '../lib/goals.mjs';

export default {
  name: 'engine',
  title: '10 no-op agents in sequence, one workflow after another, read as a stream',
  sizes: { full: { ms: 1000, runs: 5 }, smoke: { ms: 50, runs: 1 } },
  async run(context) {
    const rows = await measureEngines(context, [...ENGINES, BARE_LOOP], 'sequence');
    const cases = [{ name: '10 steps in sequence', unit: 'µs a step', better: 'lower', rows }];
    return { cases, goals: [atMost(rows, 25, 'µs a step', ', durable and streamed'), aheadOf(rows, 'in memory')] };
  },
};
