import { goal } from '../lib/goals.mjs';
import { scaleEngine } from './scaling/engine.mjs';
import { scaleFanout } from './scaling/fanout.mjs';
import { scaleJournal } from './scaling/journal.mjs';

/** Between the smallest and the largest, costs that are called flat may grow so much. */
const FLAT = 2;

export default {
  name: 'scaling',
  title: 'How cost grows: with executions at once, with subscribers, and with what the journal holds',
  sizes: {
    full: { ms: 800, runs: 3, executions: [1, 10, 100, 1000], subscribers: [1, 10, 100, 1000, 5000], stored: [10_000, 1_000_000, 5_000_000], eventsEach: 200, samples: 200 },
    smoke: { ms: 50, runs: 1, executions: [1, 5], subscribers: [1, 10], stored: [1000, 2000], eventsEach: 50, samples: 20 },
  },
  quick: { stored: [10_000, 1_000_000] },
  async run(context) {
    const cases = [...(await scaleEngine(context)), ...(await scaleFanout(context)), ...(await scaleJournal(context))];
    const goals = ['engine', 'journal-append', 'journal-resume', 'journal-list'].map((plot) => flat(cases, plot));
    return { cases, goals };
  },
};

function flat(cases, plot) {
  const figures = cases.filter((one) => one.plot === plot).map(({ rows }) => rows[0].value);
  const growth = figures.at(-1) / figures[0];
  return goal(`${plot} flat: the largest at most ${FLAT} times the smallest`, growth, 'times', growth <= FLAT);
}
