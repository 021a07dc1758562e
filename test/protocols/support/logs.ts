/** Logs to map, of workflows by chance: agents that stream, reason and call tools, that fail in the middle of it, and crashes. */
import { setImmediate as turn } from 'node:timers/promises';
import { type ExecutionEvent } from '../../../src/contract/events.js';
import { type ExecutionState, fold, initialState } from '../../../src/contract/state.js';
import { type AgentContext, type AgentFunction, type Piece } from '../../../src/orchestration/agent.js';
import { prefixesOf } from '../../property/support/crash.fixture.js';
import { Engine, journalAfterCrash, withEngine } from '../../property/support/engine.fixture.js';
import { type Tree } from '../../property/support/trees.arbitrary.js';

/** Writes, thinks, calls one tool that answers and one that fails, and writes again. */
async function* rich(context: AgentContext): AsyncGenerator<Piece, { text: string }> {
  yield context.text(`${context.stepId} `);
  yield context.reasoning('since ');
  yield context.reasoning('it is so');
  await turn();
  yield context.toolInput('{"q":1}');
  yield context.toolCall({ callId: 'c', tool: 'look', input: { q: 1 } });
  yield context.toolCall({ callId: 'd', tool: 'fail', input: null });
  yield context.progress(0.5, 'looking');
  await turn();
  yield context.toolResult('c', { output: ['found'] });
  yield context.toolResult('d', { error: new Error('not there') });
  yield context.data({ piece: 1 });
  yield context.text('\ud83d\ude00 found');
  yield context.log('a line', 'debug', 'note');
  context.usage({ inputTokens: 3, outputTokens: 2, costUsd: 0.5 });
  return { text: 'other than what it wrote' };
}

/** Fails in the middle of a text and of a call, as often as it is told to. */
async function* flaky(context: AgentContext): AsyncGenerator<Piece, unknown> {
  const { failures } = context.input as { failures: number };
  yield context.text(`try ${context.attempt} `);
  yield context.reasoning('hm');
  yield context.toolCall({ callId: 'x', tool: 'look', input: {} });
  await turn();
  if (context.attempt <= failures) throw new Error('it fails');
  yield context.toolResult('x', { output: null });
  yield context.text('works');
  return context.input;
}

export const AGENTS: Record<string, AgentFunction> = { rich, flaky: flaky as AgentFunction };

export function openEngine(): Promise<Engine> {
  return Engine.open({ agents: AGENTS });
}

/** A log of the workflow; with `crash`, of one whose process died after some event of it. */
export async function logOf(engine: Engine, { definition, input }: Tree, crash?: number): Promise<ExecutionEvent[]> {
  const log = await engine.run(definition, input);
  const ends = prefixesOf(log);
  if (crash === undefined || ends.length === 0) return log;
  const before = log.slice(0, ends[crash % ends.length]);
  const { journal, id } = await journalAfterCrash(definition, input, before);
  return withEngine({ journal, agents: AGENTS }, (other) => other.ended(id));
}

export function seedOf(log: readonly ExecutionEvent[]): ExecutionState {
  const { executionId, workflow, timestamp } = log[0] as ExecutionEvent;
  return initialState({ id: executionId, workflow, createdAt: timestamp });
}

export function stateOf(log: readonly ExecutionEvent[]): ExecutionState {
  return fold(seedOf(log), log);
}

/** The texts that a reader should have in the end, by step: those that count (P11), and the result where nothing has told it. */
export function expectedTexts(log: readonly ExecutionEvent[], kind: 'text' | 'reasoning' = 'text'): Record<string, string> {
  const { steps } = stateOf(log);
  return Object.fromEntries(Object.values(steps).filter((step) => step[kind] !== '').map((step) => [step.id, step[kind]]));
}

/** Without the result, which is told beside the steps where no step has streamed it. */
export function ofSteps(texts: Record<string, string>): Record<string, string> {
  const { '': _result, ...steps } = texts;
  return steps;
}
