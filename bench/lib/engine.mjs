/**
 * What every engine is asked to do, and the check that it did: an engine is a module with `setup`, and with a function for
 * each kind of work it knows. One call of such a function is one workflow from start to end, read as a stream, and answers
 * what its reader saw. Work that was not done right is an error and never a figure.
 */
import { performance } from 'node:perf_hooks';
import { setImmediate } from 'node:timers';
import { answerCalls } from './calls.mjs';

export const SEQUENCE_STEPS = 10;
export const PARALLEL_BRANCHES = 100;

export const range = (length, make) => Array.from({ length }, (_, i) => make(i));

/** The pieces of text that an agent gives in `tokens`: about as long as a model's tokens, and no two alike in a row. */
export function tokenPieces(count) {
  return Array.from({ length: count }, (_, i) => `tok${i % 100} `);
}

/** Units are what a figure is divided by: steps, branches, pieces. */
const WORK = {
  sequence: { units: () => SEQUENCE_STEPS, expected: () => ({ seen: SEQUENCE_STEPS, result: SEQUENCE_STEPS }) },
  parallel: { units: () => PARALLEL_BRANCHES, expected: () => ({ seen: PARALLEL_BRANCHES, result: PARALLEL_BRANCHES }) },
  tokens: { units: ({ pieces }) => pieces, expected: ({ pieces }) => ({ seen: pieces, result: tokenPieces(pieces).join('').length }) },
};

export function serveEngine({ setup, wait, ...work }) {
  const methods = { setup, memory, ...(wait ? { wait } : {}) };
  for (const [kind, once] of Object.entries(work)) methods[kind] = (params) => timed(kind, once, params);
  answerCalls(methods);
}

/** Microseconds a unit, over workflows run one after another (in each of `concurrency` lanes) for `ms`. */
async function timed(kind, once, { ms, concurrency = 1, ...params }) {
  const { units, expected } = WORK[kind];
  const right = JSON.stringify(expected(params));
  let workflows = 0;
  const started = performance.now();
  const end = started + ms;
  const lane = async () => {
    do {
      const { seen, result } = await once(params);
      const answer = JSON.stringify({ seen, result });
      if (answer !== right) throw new Error(`${kind}: the reader saw ${answer} and should have seen ${right}`);
      workflows++;
    } while (performance.now() < end);
  };
  await Promise.all(Array.from({ length: concurrency }, lane));
  const elapsed = performance.now() - started;
  return { value: (elapsed * 1000) / (workflows * units(params)), workflows };
}

/** How long an execution waits that is to be there while its memory is measured. */
export const WAIT_MS = 3_600_000;
const STARTED_TOGETHER = 100;

/** Executions that wait on a timer: each tells when its agent runs, so that none is counted that has not begun. */
export class Waiting {
  #running = 0;
  #wanted = Infinity;
  #reached;

  add() {
    if (++this.#running === this.#wanted) this.#reached();
  }

  /** Starts `count` of them, a hundred at a time; answers when all of them wait. */
  async start(count, startOne) {
    const all = new Promise((resolve) => (this.#reached = resolve));
    this.#wanted = this.#running + count;
    for (let left = count; left > 0; left -= STARTED_TOGETHER) await Promise.all(range(Math.min(STARTED_TOGETHER, left), startOne));
    await all;
  }
}

/** Bytes of this process after it has given back what it can; needs --expose-gc. */
export async function memory() {
  for (let i = 0; i < 2; i++) {
    globalThis.gc({ type: 'major', execution: 'sync', flavor: 'last-resort' });
    await new Promise((resolve) => setImmediate(resolve));
  }
  const { rss, heapTotal, heapUsed, external } = process.memoryUsage();
  return { rss, heapTotal, heapUsed, external };
}
