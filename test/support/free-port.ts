/** Ports for what is started, ended and started again on the same one. */
import { createServer } from 'node:net';

/**
 * Below those that systems give to whoever asks for any, be it a server or an outgoing connection: one of these could come
 * to hold the port while nobody listens there.
 */
const PORTS = { first: 20_000, count: 10_000 };

export async function freePort(): Promise<number> {
  for (;;) {
    const port = PORTS.first + Math.floor(Math.random() * PORTS.count);
    const free = await new Promise<boolean>((answer) => {
      const server = createServer();
      server.once('error', () => answer(false));
      server.listen(port, '127.0.0.1', () => server.close(() => answer(true)));
    });
    if (free) return port;
  }
}
