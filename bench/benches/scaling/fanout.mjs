/** Deliveries a second to more and more subscribers of one execution. */
import { COALESCED, OURS_BY_HTTP } from '../../lib/contestants.mjs';
import { measureFanout } from '../../lib/fanout.mjs';
import { interleave } from '../../lib/interleave.mjs';
import { count } from '../../lib/numbers.mjs';
import { withServers } from '../../lib/servers.mjs';

const BURST = 16;

export async function scaleFanout(context) {
  const { ms, runs, subscribers } = context.sizes;
  const contestants = [OURS_BY_HTTP, COALESCED];
  return withServers(context, contestants, async (client, servers) => {
    const cases = [];
    for (const some of subscribers) {
      const rows = await interleave(contestants, { runs }, (contestant, { warmup }) =>
        measureFanout(client, servers.get(contestant), { subscribers: some, burst: BURST, ms: warmup ? ms / 3 : ms }),
      );
      cases.push({ name: `${count(some, 'subscriber')}, bursts of ${BURST}`, unit: 'deliveries/s', better: 'higher', plot: 'fanout', x: some, rows });
    }
    return cases;
  });
}
