/** Ports for what is started, ended and started again on the same one. */
import { createServer } from 'node:net';

/**
 * Below those that systems give to whoever asks for any, be it a server or an outgoing connection: one of these could come
 * to hold the port while nobody listens there.
 */
const PORTS = { first: 20_000, count: 10_000 };
/** Each of Jest's workers has ports of its own, as none can see what another has chosen and does not listen on yet, or just now. */
const WORKERS = 10;
const OF_A_WORKER = PORTS.count / WORKERS;
const FIRST = PORTS.first + (Number(process.env['JEST_WORKER_ID'] ?? 0) % WORKERS) * OF_A_WORKER;
/** None is given twice within a spec, which may not listen on the one before yet. */
let last = Math.floor(Math.random() * OF_A_WORKER);

export async function freePort(): Promise<number> {
  for (;;) {
    last = (last + 1) % OF_A_WORKER;
    const port = FIRST + last;
    const free = await new Promise<boolean>((answer) => {
      const server = createServer();
      server.once('error', () => answer(false));
      server.listen(port, '127.0.0.1', () => server.close(() => answer(true)));
    });
    if (free) return port;
  }
}
