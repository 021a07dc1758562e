/** Agents to build trees of, and a register that keeps account of every call. */
import { setImmediate as turn, setTimeout as sleep } from 'node:timers/promises';
import { DelayAgent } from '../../../src/orchestration/agents/delay.agent.js';
import { EchoAgent } from '../../../src/orchestration/agents/echo.agent.js';
import { FlakyAgent } from '../../../src/orchestration/agents/flaky.agent.js';
import { TokensAgent } from '../../../src/orchestration/agents/tokens.agent.js';
import { type AgentContext, type AgentFunction, type Piece } from '../../../src/orchestration/agent.js';
import { AgentRegistry } from '../../../src/orchestration/registry/agent.registry.js';

export interface Call {
  executionId: string;
  stepId: string;
  attempt: number;
  idempotencyKey: string;
  signal: AbortSignal;
  /** Whether the agent has ended. */
  settled: boolean;
}

/** Tells everything an agent can tell; its output is the text and the attempt's share of it. */
async function* rich(context: AgentContext): AsyncGenerator<Piece, { text: string }> {
  yield context.progress(0.25, 'begun');
  yield context.text('rich ');
  yield context.reasoning('because');
  context.usage({ inputTokens: 3, outputTokens: 2, costUsd: 0.5 });
  await turn();
  yield context.data({ piece: 1 });
  yield context.text(`of ${context.stepId} \ud83d\ude00`);
  yield context.log('a line', 'debug', 'note');
  yield context.progress(0.75);
  return { text: `rich of ${context.stepId} \ud83d\ude00` };
}

/** Works until it is told to stop, and obeys. */
async function hang({ signal }: AgentContext): Promise<never> {
  return sleep(60_000, undefined as never, { signal, ref: false });
}

/** Goes on for a while whatever its signal says. */
async function deaf(context: AgentContext): Promise<string> {
  for (let i = 0; i < 12; i++) {
    context.text(`${i} `);
    context.progress(i / 12);
    if (i % 3 === 2) await turn();
  }
  return 'deaf';
}

function breaks(): never {
  throw Object.assign(new Error('it breaks'), { code: 'E_BROKEN' });
}

const echo = new EchoAgent();
const delay = new DelayAgent();
const tokens = new TokensAgent();
const flaky = new FlakyAgent();

export const AGENTS: Readonly<Record<string, AgentFunction>> = {
  echo: (context) => echo.execute(context),
  delay: (context) => delay.execute(context),
  tokens: (context) => tokens.execute(context),
  flaky: (context) => flaky.execute(context),
  rich, hang, deaf, breaks,
};

/** All agents of the fixture and those given; every call goes into `calls` before the agent runs. */
export function registryOf(calls: Call[], more: Readonly<Record<string, AgentFunction>> = {}): AgentRegistry {
  const registry = new AgentRegistry();
  for (const [name, run] of Object.entries({ ...AGENTS, ...more })) {
    const execute: AgentFunction = (context) => {
      const { executionId, stepId, attempt, idempotencyKey, signal } = context;
      const call: Call = { executionId, stepId, attempt, idempotencyKey, signal, settled: false };
      calls.push(call);
      return watched(() => run(context), call);
    };
    registry.register({ name, handler: { execute } });
  }
  return registry;
}

/** What the agent gives, as it is; `call` takes note of its end. */
function watched(run: () => ReturnType<AgentFunction>, call: Call): ReturnType<AgentFunction> {
  const settle = () => {
    call.settled = true;
  };
  let given: unknown;
  try {
    given = run();
  } catch (error) {
    settle();
    throw error;
  }
  if (given instanceof Promise) return given.finally(settle);
  if (given !== null && typeof given === 'object' && Symbol.asyncIterator in given) return watchedGenerator(given as AsyncGenerator, settle);
  settle();
  return given as ReturnType<AgentFunction>;
}

async function* watchedGenerator(given: AsyncGenerator, settle: () => void): AsyncGenerator {
  try {
    return (yield* given) as unknown;
  } finally {
    settle();
  }
}
