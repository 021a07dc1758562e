import { NEST_SSE, COALESCED, SERVERS } from '../lib/contestants.mjs';
import { measureFanout } from '../lib/fanout.mjs';
import { shareOf } from '../lib/goals.mjs';
import { interleave } from '../lib/interleave.mjs';
import { count } from '../lib/numbers.mjs';
import { withServers } from '../lib/servers.mjs';

export default {
  name: 'fanout',
  title: 'One execution and its subscribers by HTTP, events in bursts as fast as they are taken',
  sizes: {
    full: { ms: 600, runs: 3, subscribers: [1, 100, 1000], bursts: [1, 16] },
    smoke: { ms: 50, runs: 1, subscribers: [1, 20], bursts: [1, 16] },
  },
  async run(context) {
    const { ms, runs, subscribers, bursts } = context.sizes;
    const cases = await withServers(context, SERVERS, async (client, servers) => {
      const made = [];
      for (const burst of bursts) {
        for (const some of subscribers) {
          const rows = await interleave(SERVERS, { runs }, (contestant, { warmup }) =>
            measureFanout(client, servers.get(contestant), { subscribers: some, burst, ms: warmup ? ms / 3 : ms }),
          );
          made.push({ name: `${count(some, 'subscriber')}, bursts of ${burst}`, unit: 'deliveries/s', better: 'higher', subscribers: some, burst, rows });
        }
      }
      return made;
    });
    const middle = cases.find(({ subscribers: some, burst }) => some === subscribers[1] && burst === 16);
    const goals = [shareOf(middle.rows, COALESCED.name, 0.8, middle.name), shareOf(middle.rows, NEST_SSE.name, 10, middle.name)];
    return { cases, goals };
  },
};
