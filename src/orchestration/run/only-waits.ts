import { childrenOf, isComposite, type Step } from '../../contract/definition.js';
import { type ExecutionState } from '../../contract/state.js';
import { DelayAgent } from '../agents/delay.agent.js';
import { type AgentRegistry } from '../registry/agent.registry.js';

/**
 * Whether all that an execution does just now is to wait: for its next attempt, in a `delay`, for a person. No code of an
 * agent runs in it then, so it cannot be what ends the process.
 */
export function onlyWaits({ activeSteps, steps }: ExecutionState, tree: readonly Step[], agents: AgentRegistry): boolean {
  const active = activeSteps.map((id) => steps[id]).filter((step) => step !== undefined);
  const leaves = active.filter(({ status, type }) => status === 'retrying' || !isComposite(type));
  const working = leaves.filter(({ status }) => status !== 'retrying' && status !== 'waiting');
  const delays = working.length ? new Set(delaysIn(tree, agents)) : undefined;
  return leaves.length > 0 && working.every(({ name }) => delays?.has(name));
}

/** The names of the steps that do nothing but `delay`; another agent of that name may do anything. */
function* delaysIn(tree: readonly Step[], agents: AgentRegistry): Iterable<string> {
  for (const step of tree) {
    if (step.type === 'agent' && typeof step.agent === 'string' && agents.get(step.agent)?.handler instanceof DelayAgent) yield step.name;
    yield* delaysIn(childrenOf(step), agents);
  }
}
