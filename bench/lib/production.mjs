/**
 * How pieces are made while they are measured, the same for every server: in bursts as fast as they are taken, or at a
 * steady pace.
 */
import { createServer } from 'node:net';
import { performance } from 'node:perf_hooks';
import { setImmediate } from 'node:timers';
import { micros } from './clock.mjs';

const nextTurn = () => new Promise((resolve) => setImmediate(resolve));

/** What a token of text is like. */
const PIECE = 'twelve chars';

/** Pieces that may be made ahead of what the slowest subscriber has acknowledged (client/acknowledger.mjs). */
export class Credits {
  #left = 0;
  #every = 0;
  #wake;

  /** Listens for acknowledgements; answers the port. */
  async listen() {
    const server = createServer((socket) => {
      socket.setNoDelay(true);
      socket.on('data', (bytes) => this.#add(bytes.length * this.#every));
      socket.on('error', () => undefined);
    });
    await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
    return server.address().port;
  }

  reset({ window, every }) {
    this.#left = window;
    this.#every = every;
  }

  async take(pieces) {
    while (this.#left < pieces) await new Promise((resolve) => (this.#wake = resolve));
    this.#left -= pieces;
  }

  #add(pieces) {
    this.#left += pieces;
    this.#wake?.();
  }
}

/** Gives bursts to `emit`, each in a turn of the loop of its own, for `ms`; answers how many pieces it gave. */
export async function produceBursts({ burst, ms, credits }, emit) {
  const pieces = Array.from({ length: burst }, () => PIECE);
  let made = 0;
  for (const end = performance.now() + ms; performance.now() < end; await nextTurn()) {
    await credits.take(burst);
    emit(pieces);
    made += burst;
  }
  return made;
}

/** Gives `count` pieces to `emit` as fast as it takes them, for a log to be replayed. */
export async function produceLog({ count }, emit) {
  for (let made = 0; made < count; made += 50) {
    emit(Array.from({ length: Math.min(50, count - made) }, () => PIECE));
    await nextTurn();
  }
  return count;
}

/**
 * Gives `count` pieces to `emit`, one every `intervalMs` from `phaseMs` on, each with the time of its making. Where it comes
 * too late for one it makes it at once, so a server that is full shows in the rate.
 */
export async function producePaced({ count, intervalMs, phaseMs }, emit) {
  const begin = performance.now() + phaseMs;
  for (let i = 0; i < count; i++) {
    const wait = begin + i * intervalMs - performance.now();
    if (wait > 0) await new Promise((resolve) => setTimeout(resolve, wait));
    else await nextTurn();
    emit([`@${Math.round(micros())}@`]);
  }
  return count;
}
