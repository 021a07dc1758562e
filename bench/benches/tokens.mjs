import { AI_SDK, BARE_LOOP, ENGINES } from '../lib/contestants.mjs';
import { measureEngines } from '../lib/engines.mjs';
import { atMost } from '../lib/goals.mjs';
import { number } from '../lib/numbers.mjs';

export default {
  name: 'tokens',
  title: 'An agent that gives 1,000 pieces of text, read as a stream; only Stepcast keeps the pieces',
  sizes: { full: { ms: 1000, runs: 5, pieces: 1000 }, smoke: { ms: 50, runs: 1, pieces: 100 } },
  async run(context) {
    const { pieces } = context.sizes;
    const rows = await measureEngines(context, [...ENGINES, AI_SDK, BARE_LOOP], 'tokens', { pieces });
    const cases = [{ name: `${number(pieces)} pieces`, unit: 'µs a piece', better: 'lower', rows }];
    return { cases, goals: [atMost(rows, 5, 'µs a piece', ', durable')] };
  },
};
