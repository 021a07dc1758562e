import { isComposite, type Step, stepsIn } from '../../contract/definition.js';
import { parentIdOf } from '../../contract/events.js';
import { type ExecutionState, type StepState } from '../../contract/state.js';
import { DelayAgent } from '../agents/delay.agent.js';
import { type AgentRegistry } from '../registry/agent.registry.js';

/**
 * Whether all that an execution does just now is to wait: for its next attempt, in a `delay`, for a person. No code of a
 * workflow runs in it then, so it cannot be what ends the process.
 *
 * @param isDelay Whether the step of that name does nothing but `delay`.
 */
export function onlyWaits({ activeSteps, steps }: ExecutionState, isDelay: (name: string) => boolean): boolean {
  const stepOf = (id: string) => steps[id] as StepState;
  const works = ({ name, type, status }: StepState) => !isComposite(type) && status !== 'retrying' && status !== 'waiting' && !isDelay(name);
  if (activeSteps.length === 0 || activeSteps.some((id) => works(stepOf(id)))) return false;
  const around = new Set<string>();
  for (const id of activeSteps) for (let above = parentIdOf(id); above !== '' && !around.has(above); above = parentIdOf(above)) around.add(above);
  // Where nothing within it is active, a condition is looked at, which may be code.
  return activeSteps.map(stepOf).every(({ id, type, status }) => !isComposite(type) || status === 'retrying' || around.has(id));
}

/** The names of the steps that do nothing but `delay`; another agent of that name may do anything. */
export function* delaysIn(tree: readonly Step[], agents: AgentRegistry): Iterable<string> {
  for (const step of stepsIn(tree)) {
    if (step.type === 'agent' && typeof step.agent === 'string' && agents.get(step.agent)?.handler instanceof DelayAgent) yield step.name;
  }
}
