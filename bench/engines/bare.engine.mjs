/** The floor: agents called in a loop, and their events read with a bare `for await`. No engine, nothing kept. */
import { PARALLEL_BRANCHES, range, SEQUENCE_STEPS, serveEngine, tokenPieces } from '../lib/engine.mjs';

const increment = async ({ n }) => ({ n: n + 1 });
let pieces = [];

async function* sequence() {
  let value = { n: 0 };
  for (let i = 0; i < SEQUENCE_STEPS; i++) {
    yield { type: 'started', step: i };
    value = await increment(value);
    yield { type: 'completed', step: i, output: value };
  }
}

/** The branches start together, and each is told when it completes. */
async function* parallel() {
  const queue = [];
  let wake;
  const tell = (event) => {
    queue.push(event);
    wake?.();
  };
  range(PARALLEL_BRANCHES, async (step) => {
    tell({ type: 'started', step });
    tell({ type: 'completed', step, output: await increment({ n: 0 }) });
  });
  for (let left = PARALLEL_BRANCHES; left > 0; ) {
    if (queue.length === 0) await new Promise((resolve) => (wake = resolve));
    for (const event of queue.splice(0)) {
      if (event.type === 'completed') left--;
      yield event;
    }
  }
}

async function* speak() {
  yield* pieces;
}

serveEngine({
  setup: async () => undefined,
  sequence: async () => {
    let seen = 0;
    let result;
    for await (const event of sequence()) {
      if (event.type !== 'completed') continue;
      seen++;
      result = event.output.n;
    }
    return { seen, result };
  },
  parallel: async () => {
    let seen = 0;
    let result = 0;
    for await (const event of parallel()) {
      if (event.type !== 'completed') continue;
      seen++;
      result += event.output.n;
    }
    return { seen, result };
  },
  tokens: async ({ pieces: count }) => {
    if (pieces.length !== count) pieces = tokenPieces(count);
    let seen = 0;
    let text = '';
    for await (const piece of speak()) {
      seen++;
      text += piece;
    }
    return { seen, result: text.length };
  },
});
