/** Servers beside one another, each in a process and a folder of its own, and one load client for all of them. */
import { join } from 'node:path';
import { BENCH, serverFile, withFolder } from './paths.mjs';

export const CLIENT_FILE = join(BENCH, 'client', 'load.client.mjs');

/** Starts a server, runs `work` with `{ child, port, ackPort }`, and stops it. */
export function withServer(context, contestant, work, params = {}) {
  return withFolder(async (dataDir) => {
    const child = await context.start(serverFile(contestant.server), contestant);
    try {
      return await work({ child, ...(await child.call('listen', { dataDir, ...params })) });
    } finally {
      await child.stop();
    }
  });
}

/** Runs `work` with the load client. */
export async function withClient(context, work) {
  const client = await context.start(CLIENT_FILE);
  try {
    await client.call('configure', { check: context.check });
    return await work(client);
  } finally {
    await client.stop();
  }
}

/** Runs `work` with a load client and a Map of started servers. */
export function withServers(context, contestants, work) {
  const startNext = (client, servers) => {
    const next = contestants[servers.size];
    if (!next) return work(client, servers);
    return withServer(context, next, (server) => startNext(client, servers.set(next, server)));
  };
  return withClient(context, (client) => startNext(client, new Map()));
}

/**
 * One run: opens the streams of `plan`, subscribes, makes the pieces, waits until all have come, and answers what the client
 * saw. Anything lost is an error: a server that loses events has no figure.
 */
export async function runStreams(client, { child, port, ackPort }, plan, { each = 1, latency } = {}) {
  try {
    const opened = await child.call('open', plan);
    const ack = plan.window ? { port: ackPort, every: plan.every } : undefined;
    await client.call('subscribe', { port, ...opened, each, ack, latency });
    const { pieces } = await child.call('produce');
    const seen = await client.call('finish', { pieces });
    if (seen.lost > 0) throw new Error(`${seen.lost} of ${pieces * plan.streams * each} events were lost`);
    return seen;
  } finally {
    await client.call('disconnect');
  }
}
