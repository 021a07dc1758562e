/** A process that dies after any event of a log, and what the next one makes of it. */
import { expect } from '@jest/globals';
import { type ExecutionEvent, TERMINAL_TYPES } from '../../../src/contract/events.js';
import { type ExecutionState, fold, initialState } from '../../../src/contract/state.js';
import { type Call } from './agents.fixture.js';
import { journalAfterCrash, withEngine } from './engine.fixture.js';
import { checkLog, LogFault } from './log.checker.js';
import { type Tree } from './trees.arbitrary.js';

export interface Recovered {
  log: ExecutionEvent[];
  calls: Call[];
  status: ExecutionState;
}

/** Starts an engine on a journal that holds `before` and no more, and waits for the end of the execution. */
export async function recover({ definition, input }: Tree, before: readonly ExecutionEvent[]): Promise<Recovered> {
  const { journal, id } = await journalAfterCrash(definition, input, before);
  return withEngine({ journal }, async (engine) => ({ log: await engine.ended(id), status: await engine.executions.status(id), calls: engine.calls }));
}

/** @throws LogFault, or what `expect` throws, where the recovery lost, doubled or changed anything. */
export function checkRecovered({ definition }: Tree, before: readonly ExecutionEvent[], { log, calls, status }: Recovered): void {
  const checked = checkLog(definition, log);
  expect(log.slice(0, before.length)).toEqual(before);
  expect(log[before.length]?.type).toBe(before.length === 0 ? 'workflow_started' : 'workflow_resumed');
  expect(log.slice(before.length + 1).filter(({ type }) => type === 'workflow_resumed')).toEqual([]);

  // The checker sees to it that no completed step is started again; here, that no agent runs but for a start in the log.
  const started = new Set(checked.starts.filter(({ seq }) => seq > before.length).map(({ stepId, attempt }) => `${stepId} #${attempt}`));
  const ran = calls.map(({ stepId, attempt }) => `${stepId} #${attempt}`);
  if (new Set(ran).size !== ran.length || ran.some((one) => !started.has(one))) throw new LogFault(`ran: ${ran.join(', ')}`, log[before.length], log);
  for (const { idempotencyKey, executionId, stepId } of calls) expect(idempotencyKey).toBe(`${executionId}/${stepId}`);

  const seed = initialState({ id: status.id, workflow: definition.name, createdAt: status.createdAt });
  expect(status).toEqual(fold(seed, log));
}

/** What an execution came to. Where several steps fail side by side, which one is first is a matter of time. */
export function endOf(log: readonly ExecutionEvent[]): unknown {
  const end = log.at(-1);
  return end?.type === 'workflow_completed' ? { result: end.data.result } : end?.type;
}

/** The events after which a process may die while the execution goes on: none, the first, … all but the last. */
export function prefixesOf(log: readonly ExecutionEvent[]): number[] {
  return log.map((_event, k) => k).filter((k) => !TERMINAL_TYPES.has(log[k - 1]?.type ?? 'message'));
}
