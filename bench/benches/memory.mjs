import { setTimeout as sleep } from 'node:timers/promises';
import { COALESCED, ENGINES, NEST_SSE, OURS_BY_HTTP } from '../lib/contestants.mjs';
import { withEngine } from '../lib/engines.mjs';
import { atMost } from '../lib/goals.mjs';
import { interleave } from '../lib/interleave.mjs';
import { number } from '../lib/numbers.mjs';
import { withClient, withServer } from '../lib/servers.mjs';

/** Collected on demand, so that what is measured is held and not merely not yet collected. */
const NODE_FLAGS = ['--expose-gc'];
const SETTLE_MS = 100;

const withFlags = (contestants) => contestants.map((contestant) => ({ ...contestant, nodeFlags: NODE_FLAGS }));

export default {
  name: 'memory',
  title: 'Memory of a process that holds idle streams, and of one that holds executions waiting on a timer',
  sizes: { full: { count: 10_000, warm: 200, runs: 3 }, smoke: { count: 50, warm: 10, runs: 1 } },
  async run(context) {
    const { count, warm, runs } = context.sizes;
    const servers = withFlags([OURS_BY_HTTP, NEST_SSE, { ...COALESCED, name: 'bare node:http' }]);
    const streams = await withClient(context, (client) => interleave(servers, { runs, warmups: 0 }, (contestant) => measureStreams(context, client, contestant, { count, warm })));
    const engines = withFlags(ENGINES);
    const executions = await interleave(engines, { runs, warmups: 0 }, (contestant) =>
      withEngine(context, contestant, (child) => growth(child, { count, warm }, (some) => child.call('wait', { count: some }))),
    );
    const cases = [
      { name: `${number(count)} idle streams`, unit: 'KB a stream', better: 'lower', rows: streams },
      { name: `${number(count)} executions waiting on a timer`, unit: 'KB an execution', better: 'lower', rows: executions },
    ];
    return { cases, goals: [atMost(streams, 18, 'KB a stream'), atMost(executions, 8, 'KB an execution')] };
  },
};

function measureStreams(context, client, contestant, sizes) {
  return withServer(context, contestant, async ({ child, port }) => {
    const opened = await child.call('open', { kind: 'idle', streams: 1 });
    try {
      return await growth(child, sizes, (each) => client.call('subscribe', { port, ...opened, each }));
    } finally {
      await client.call('disconnect');
    }
  });
}

/** KB of resident memory that `count` more take, after some have warmed the process up. */
async function growth(child, { count, warm }, add) {
  await add(warm);
  await sleep(SETTLE_MS);
  const before = await child.call('memory');
  await add(count);
  await sleep(SETTLE_MS);
  const after = await child.call('memory');
  const perOne = (bytes) => bytes / count / 1000;
  return { value: perOne(after.rss - before.rss), heapKB: perOne(after.heapUsed + after.external - before.heapUsed - before.external) };
}
