import { OURS_BY_HTTP } from '../lib/contestants.mjs';
import { atLeast } from '../lib/goals.mjs';
import { interleave } from '../lib/interleave.mjs';
import { number } from '../lib/numbers.mjs';
import { withClient, withServer } from '../lib/servers.mjs';

const FILE = { name: 'file over node:http', floor: true, server: 'file' };
/** What an execution's log holds besides the pieces: the start and the end of the workflow and of its step. */
const LIFE = 4;

export default {
  name: 'replay',
  title: 'A finished log of 200,000 events, sent to one reader from the first to the last',
  sizes: { full: { events: 200_000, runs: 5 }, smoke: { events: 2000, runs: 1 } },
  async run(context) {
    const { events, runs } = context.sizes;
    const rows = await withClient(context, (client) =>
      withServer(context, OURS_BY_HTTP, async ({ child, port }) => {
        const { paths, headers } = await child.call('open', { kind: 'log', streams: 1, count: events - LIFE });
        await child.call('produce');
        return withServer(context, FILE, (file) => {
          const requests = new Map([[OURS_BY_HTTP, { port, path: paths[0], headers }], [FILE, { port: file.port, path: '/' }]]);
          return interleave([OURS_BY_HTTP, FILE], { runs }, (contestant) => fetchAll(client, requests.get(contestant), events));
        }, { frames: events });
      }),
    );
    const cases = [{ name: `${number(events)} events`, unit: 'events/s', better: 'higher', rows }];
    return { cases, goals: [atLeast(rows, 500_000, 'events/s')] };
  },
};

async function fetchAll(client, request, frames) {
  try {
    const { elapsedMs, bytes } = await client.call('fetchAll', { ...request, frames });
    return { value: (frames * 1000) / elapsedMs, bytes };
  } finally {
    await client.call('disconnect');
  }
}
