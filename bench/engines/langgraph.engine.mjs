/** LangGraph, read with `graph.stream()`: in memory without a checkpointer, or with SqliteSaver in a file. */
import { Annotation, END, START, StateGraph } from '@langchain/langgraph';
import { SqliteSaver } from '@langchain/langgraph-checkpoint-sqlite';
import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { PARALLEL_BRANCHES, range, SEQUENCE_STEPS, serveEngine, tokenPieces, WAIT_MS, Waiting } from '../lib/engine.mjs';

const increment = async ({ n }) => ({ n: n + 1 });
const waiting = new Waiting();
let pieces = [];

function sequenceGraph() {
  const graph = new StateGraph(Annotation.Root({ n: Annotation() }));
  for (let i = 0; i < SEQUENCE_STEPS; i++) graph.addNode(`s${i}`, increment).addEdge(i === 0 ? START : `s${i - 1}`, `s${i}`);
  return graph.addEdge(`s${SEQUENCE_STEPS - 1}`, END);
}

function parallelGraph() {
  const results = Annotation({ reducer: (all, one) => ({ ...all, ...one }), default: () => ({}) });
  const graph = new StateGraph(Annotation.Root({ n: Annotation(), results }));
  for (const name of range(PARALLEL_BRANCHES, (i) => `b${i}`)) {
    graph.addNode(name, async ({ n }) => ({ results: { [name]: n + 1 } })).addEdge(START, name).addEdge(name, END);
  }
  return graph;
}

function singleGraph(node) {
  return new StateGraph(Annotation.Root({ n: Annotation(), text: Annotation() })).addNode('only', node).addEdge(START, 'only').addEdge('only', END);
}

const speak = async (_state, { writer }) => {
  let text = '';
  for (const piece of pieces) {
    writer(piece);
    text += piece;
  }
  return { text };
};

let graphs;

/** A new thread for every run: a durable graph goes on with an old one. */
const inNewThread = () => ({ configurable: { thread_id: randomUUID() } });

async function read(graph, streamMode, onChunk) {
  let seen = 0;
  for await (const chunk of await graph.stream({ n: 0 }, { streamMode, ...inNewThread() })) {
    seen++;
    onChunk(chunk);
  }
  return seen;
}

serveEngine({
  setup: async ({ dataDir, durable }) => {
    const options = durable ? { checkpointer: SqliteSaver.fromConnString(join(dataDir, 'langgraph.db')) } : {};
    const made = {
      sequence: sequenceGraph(), parallel: parallelGraph(), tokens: singleGraph(speak),
      wait: singleGraph(async () => {
        waiting.add();
        await sleep(WAIT_MS);
        return {};
      }),
    };
    graphs = Object.fromEntries(Object.entries(made).map(([name, graph]) => [name, graph.compile(options)]));
  },
  sequence: async () => {
    let result;
    const seen = await read(graphs.sequence, 'updates', (update) => ([{ n: result }] = Object.values(update)));
    return { seen, result };
  },
  parallel: async () => {
    let result = 0;
    const seen = await read(graphs.parallel, 'updates', (update) => {
      for (const { results } of Object.values(update)) for (const n of Object.values(results)) result += n;
    });
    return { seen, result };
  },
  tokens: async ({ pieces: count }) => {
    if (pieces.length !== count) pieces = tokenPieces(count);
    let result = 0;
    const seen = await read(graphs.tokens, 'custom', (piece) => (result += piece.length));
    return { seen, result };
  },
  wait: ({ count }) => waiting.start(count, async () => void graphs.wait.invoke({ n: 0 }, inNewThread())),
});
