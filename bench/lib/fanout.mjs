/** Deliveries a second of one stream to many subscribers. */
import { runStreams } from './servers.mjs';

/** Bytes that may wait in a server for all its subscribers together, about; and pieces that may wait for each. */
const AHEAD = { deliveries: 200_000, mostPieces: 1024, every: 32 };

/** Runs once; answers `{ value }`, deliveries a second from the first receipt to the last. */
export async function measureFanout(client, server, { subscribers, burst, ms }) {
  const window = Math.max(4 * AHEAD.every, Math.min(AHEAD.mostPieces, Math.floor(AHEAD.deliveries / subscribers)));
  const plan = { kind: 'bursts', streams: 1, burst, ms, window, every: AHEAD.every };
  const { deliveries, elapsedMs } = await runStreams(client, server, plan, { each: subscribers });
  return { value: (deliveries * 1000) / elapsedMs, deliveries };
}
