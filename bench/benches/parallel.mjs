import { BARE_LOOP, ENGINES } from '../lib/contestants.mjs';
import { PARALLEL_BRANCHES } from '../lib/engine.mjs';
import { measureEngines } from '../lib/engines.mjs';
import { atMost } from '../lib/goals.mjs';

export default {
  name: 'parallel',
  title: `${PARALLEL_BRANCHES} no-op branches at the same time, read as a stream`,
  sizes: { full: { ms: 1000, runs: 5 }, smoke: { ms: 50, runs: 1 } },
  async run(context) {
    const rows = await measureEngines(context, [...ENGINES, BARE_LOOP], 'parallel');
    const cases = [{ name: `${PARALLEL_BRANCHES} branches`, unit: 'µs a branch', better: 'lower', rows }];
    return { cases, goals: [atMost(rows, 20, 'µs a branch')] };
  },
};
