/** What the journal's work costs the more it holds. */
import { STEPCAST } from '../../lib/contestants.mjs';
import { number } from '../../lib/numbers.mjs';
import { engineFile, withFolder } from '../../lib/paths.mjs';
import { median } from '../../lib/stats.mjs';

const WORK = {
  append: 'append, µs an event',
  resume: 'resume from the middle',
  list: 'list of one user, 20 executions',
};

export async function scaleJournal(context) {
  const { runs, stored, eventsEach, samples } = context.sizes;
  return withFolder(async (dataDir) => {
    const child = await context.start(engineFile('journal'), STEPCAST);
    try {
      await child.call('setup', { dataDir });
      const cases = [];
      for (const events of stored) {
        await child.call('fill', { events, eventsEach }, 300_000);
        await child.call('measure', { samples });
        const measured = [];
        for (let run = 0; run < runs; run++) measured.push(await child.call('measure', { samples }));
        for (const [kind, what] of Object.entries(WORK)) {
          const values = measured.map((run) => run[kind]);
          const row = { name: STEPCAST.name, ours: true, value: median(values), runs: values };
          cases.push({ name: `${number(events)} stored events: ${what}`, unit: 'µs', better: 'lower', plot: `journal-${kind}`, x: events, rows: [row] });
        }
      }
      return cases;
    } finally {
      await child.stop();
    }
  });
}
