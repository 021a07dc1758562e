/** Stepcast's engine: every event is in the SQLite journal, in a file, before the reader sees it. */
import { setTimeout as sleep } from 'node:timers/promises';
import { PARALLEL_BRANCHES, range, SEQUENCE_STEPS, serveEngine, tokenPieces, WAIT_MS, Waiting } from '../lib/engine.mjs';
import { agentProvider, importStepcast, runAndRead, startEngine, workflowProvider } from '../lib/stepcast.mjs';

const { agent, parallel } = await importStepcast();

const waiting = new Waiting();
let executions;
let pieces = [];

const providers = [
  agentProvider('increment', async ({ input }) => ({ n: input.n + 1 })),
  agentProvider('speak', async function* () {
    yield* pieces;
  }),
  agentProvider('sleep', async ({ signal }) => {
    waiting.add();
    await sleep(WAIT_MS, undefined, { signal });
  }),
  workflowProvider('sequence', range(SEQUENCE_STEPS, (i) => agent(`s${i}`, 'increment'))),
  workflowProvider('parallel', [parallel('all', ...range(PARALLEL_BRANCHES, (i) => agent(`b${i}`, 'increment')))]),
  workflowProvider('tokens', [agent('speak')]),
  workflowProvider('wait', [agent('sleep')]),
];

serveEngine({
  setup: async ({ dataDir }) => {
    executions = await startEngine(dataDir, providers);
  },
  sequence: async () => {
    const { seen, result } = await runAndRead(executions, 'sequence', { n: 0 }, 'step_completed');
    return { seen, result: result.n };
  },
  parallel: async () => {
    const { seen, result } = await runAndRead(executions, 'parallel', { n: 0 }, 'step_completed');
    // The composite around the branches completes as well.
    return { seen: seen - 1, result: Object.values(result).filter(({ n }) => n === 1).length };
  },
  tokens: async ({ pieces: count }) => {
    if (pieces.length !== count) pieces = tokenPieces(count);
    const { seen, result } = await runAndRead(executions, 'tokens', null, 'step_output');
    return { seen, result: result.length };
  },
  wait: ({ count }) => waiting.start(count, () => executions.start('wait', null)),
});
