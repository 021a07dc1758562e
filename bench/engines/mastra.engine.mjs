/** Mastra's workflows, read with `run.stream()`: in the memory store that is its default, or with LibSQL in a file. */
import { Mastra } from '@mastra/core';
import { createStep, createWorkflow } from '@mastra/core/workflows';
import { LibSQLStore } from '@mastra/libsql';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import { PARALLEL_BRANCHES, range, SEQUENCE_STEPS, serveEngine, tokenPieces, WAIT_MS, Waiting } from '../lib/engine.mjs';

const number = z.object({ n: z.number() });
const text = z.object({ text: z.string() });
const waiting = new Waiting();

const increment = (id) => createStep({ id, inputSchema: number, outputSchema: number, execute: async ({ inputData }) => ({ n: inputData.n + 1 }) });

function sequenceWorkflow() {
  let flow = createWorkflow({ id: 'sequence', inputSchema: number, outputSchema: number });
  for (const step of range(SEQUENCE_STEPS, (i) => increment(`s${i}`))) flow = flow.then(step);
  return flow.commit();
}

function parallelWorkflow() {
  return createWorkflow({ id: 'parallel', inputSchema: number, outputSchema: z.record(z.string(), number) })
    .parallel(range(PARALLEL_BRANCHES, (i) => increment(`b${i}`)))
    .commit();
}

let pieces = [];
const speak = createStep({
  id: 'speak', inputSchema: number, outputSchema: text,
  execute: async ({ writer }) => {
    let all = '';
    for (const piece of pieces) {
      await writer.write(piece);
      all += piece;
    }
    return { text: all };
  },
});
const sleepLong = createStep({
  id: 'sleep', inputSchema: number, outputSchema: number,
  execute: async ({ inputData }) => {
    waiting.add();
    await sleep(WAIT_MS);
    return inputData;
  },
});

let mastra;

async function runAndRead(name, count) {
  const run = await mastra.getWorkflow(name).createRun();
  const output = run.stream({ inputData: { n: 0 } });
  let seen = 0;
  for await (const { type } of output.fullStream) if (type === count) seen++;
  const { status, result } = await output.result;
  if (status !== 'success') throw new Error(`the workflow is ${status}`);
  return { seen, result };
}

serveEngine({
  setup: async ({ dataDir, durable }) => {
    const storage = durable ? new LibSQLStore({ id: 'bench', url: `file:${join(dataDir, 'mastra.db')}` }) : undefined;
    const single = (id, step, outputSchema) => createWorkflow({ id, inputSchema: number, outputSchema }).then(step).commit();
    mastra = new Mastra({
      workflows: { sequence: sequenceWorkflow(), parallel: parallelWorkflow(), tokens: single('tokens', speak, text), wait: single('wait', sleepLong, number) },
      logger: false,
      ...(storage ? { storage } : {}),
    });
  },
  sequence: async () => {
    const { seen, result } = await runAndRead('sequence', 'workflow-step-result');
    return { seen, result: result.n };
  },
  parallel: async () => {
    const { seen, result } = await runAndRead('parallel', 'workflow-step-result');
    return { seen, result: Object.values(result).filter(({ n }) => n === 1).length };
  },
  tokens: async ({ pieces: count }) => {
    if (pieces.length !== count) pieces = tokenPieces(count);
    const { seen, result } = await runAndRead('tokens', 'workflow-step-output');
    return { seen, result: result.text.length };
  },
  wait: ({ count }) => waiting.start(count, async () => {
    const run = await mastra.getWorkflow('wait').createRun();
    void run.start({ inputData: { n: 0 } });
  }),
});
