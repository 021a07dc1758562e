/** What a step costs while more and more executions run at the same time. */
import { ENGINES } from '../../lib/contestants.mjs';
import { withEngine } from '../../lib/engines.mjs';
import { interleave } from '../../lib/interleave.mjs';
import { count } from '../../lib/numbers.mjs';

const [OURS] = ENGINES;

export async function scaleEngine(context) {
  const { ms, runs, executions } = context.sizes;
  return withEngine(context, OURS, async (child) => {
    const cases = [];
    for (const concurrency of executions) {
      const rows = await interleave([OURS], { runs }, (_contestant, { warmup }) => child.call('sequence', { concurrency, ms: warmup ? ms / 2 : ms }));
      cases.push({ name: `${count(concurrency, 'execution')} at once`, unit: 'µs a step', better: 'lower', plot: 'engine', x: concurrency, rows });
    }
    return cases;
  });
}
