/** Stepcast's engine with agents that work for a while, with `streaming.enabled` and without, in one process. */
import { performance } from 'node:perf_hooks';
import { answerCalls } from '../lib/calls.mjs';
import { agentProvider, importStepcast, runAndRead, startEngine, workflowProvider } from '../lib/stepcast.mjs';

const { agent } = await importStepcast();

const STEPS = 10;
/** An agent's work comes in parts; after each it gives a piece of text, and after every fifth its progress. */
const PARTS = 10;

let executions;
let roundsOfPart = 0;

const steps = Array.from({ length: STEPS }, (_, i) => agent(`s${i}`, 'busy'));
const providers = [
  agentProvider('busy', async function* (context) {
    for (let part = 1; part <= PARTS; part++) {
      work(roundsOfPart);
      yield `part ${part} `;
      if (part % 5 === 0) yield context.progress(part / PARTS);
    }
  }),
  workflowProvider('streamed', steps, { streaming: { enabled: true } }),
  workflowProvider('silent', steps, { streaming: { enabled: false } }),
];

/** An amount of arithmetic that takes the same time every time, whatever else the process does. */
function work(rounds) {
  let x = 1;
  for (let i = 0; i < rounds; i++) x = (x * 16_807) % 2_147_483_647;
  return x;
}

/** How many rounds take so long on this machine. */
function roundsIn(ms) {
  const rounds = 100_000;
  let best = Infinity;
  for (let i = 0; i < 200; i++) {
    const started = performance.now();
    work(rounds);
    best = Math.min(best, performance.now() - started);
  }
  return Math.round((ms / best) * rounds);
}

answerCalls({
  setup: async ({ dataDir, agentMs }) => {
    executions = await startEngine(dataDir, providers);
    roundsOfPart = roundsIn(agentMs / PARTS);
  },
  /** Milliseconds an agent, over workflows run one after another. */
  run: async ({ workflow, workflows }) => {
    const started = performance.now();
    for (let i = 0; i < workflows; i++) {
      const { seen } = await runAndRead(executions, workflow, null, workflow === 'streamed' ? 'step_output' : 'step_completed');
      const expected = workflow === 'streamed' ? STEPS * PARTS : STEPS;
      if (seen !== expected) throw new Error(`${workflow}: the reader saw ${seen} events and should have seen ${expected}`);
    }
    return { value: (performance.now() - started) / (workflows * STEPS) };
  },
});
