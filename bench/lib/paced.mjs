/** Streams at a steady pace: what arrives a second, and how long after it was made. */
import { interleave } from './interleave.mjs';
import { runStreams, withServers } from './servers.mjs';

/** Rows of all contestants; `rowValue` picks the figure from what the client saw: `{ perSecond, p50, p99, max }`. */
export function measurePaced(context, contestants, rowValue) {
  const { streams, intervalMs, skipMs, windowMs, warmupMs, runs } = context.sizes;
  return withServers(context, contestants, (client, servers) =>
    interleave(contestants, { runs }, async (contestant, { warmup }) => {
      const latency = warmup ? { skipMs: 0, windowMs: warmupMs } : { skipMs, windowMs };
      // A little beyond the window, so that it ends while the load still lasts.
      const count = Math.ceil(((latency.skipMs + latency.windowMs) * 1.05) / intervalMs);
      const seen = await runStreams(client, servers.get(contestant), { kind: 'paced', streams, count, intervalMs }, { latency });
      return { value: rowValue(seen), perSecond: seen.perSecond, p50: seen.p50, p99: seen.p99, max: seen.max, lost: seen.lost };
    }),
  );
}
