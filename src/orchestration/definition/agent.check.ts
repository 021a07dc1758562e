/** Lets the agents of a workflow refuse, before it starts, what could never run. */
import { type Step, type WorkflowDefinition } from '../../contract/definition.js';
import { type Fault, StepcastError } from '../../contract/errors.js';
import { type JsonValue, memberPath } from '../../contract/json.js';
import { type AgentRegistry } from '../registry/agent.registry.js';

/**
 * @param basePath What the paths of faults start with, such as `/workflow`.
 * @throws StepcastError `invalid_definition` with the faults of all steps, each at its place in the definition; where there
 * is none of these, what else an agent refuses its step with, such as `model_not_configured`.
 */
export function checkAgents(agents: AgentRegistry, { steps }: WorkflowDefinition, input: JsonValue, basePath: string): void {
  const faults: Fault[] = [];
  const refusals: { error: StepcastError; path: string }[] = [];
  walk(steps, memberPath(basePath, 'steps'), (step, path) => {
    if (step.type !== 'agent' || typeof step.agent !== 'string') return;
    try {
      agents.get(step.agent)?.handler.check?.(step, input);
    } catch (error) {
      if (!(error instanceof StepcastError)) throw error;
      if (error.code === 'invalid_definition') faults.push(...(error.faults ?? [{ path: '', message: error.message }]).map((fault) => ({ path: path + fault.path, message: fault.message })));
      else refusals.push({ error, path });
    }
  });
  const [first] = faults;
  if (first) {
    const more = faults.length > 1 ? ` (and ${faults.length - 1} more)` : '';
    throw new StepcastError('invalid_definition', `the workflow cannot run: ${first.path} ${first.message}${more}`, { faults });
  }
  const [refusal] = refusals;
  if (refusal) throw new StepcastError(refusal.error.code, refusal.error.message, { ...refusal.error.options, faults: refusals.map(({ error, path }) => ({ path, message: error.message })) });
}

function walk(steps: readonly Step[], path: string, visit: (step: Step, path: string) => void): void {
  steps.forEach((step, i) => walkStep(step, memberPath(path, i), visit));
}

function walkStep(step: Step, path: string, visit: (step: Step, path: string) => void): void {
  visit(step, path);
  if (step.type === 'sequential' || step.type === 'parallel') walk(step.steps, memberPath(path, 'steps'), visit);
  if (step.type === 'retry' || step.type === 'iteration') walkStep(step.step, memberPath(path, 'step'), visit);
  if (step.type !== 'conditional') return;
  walkStep(step.then, memberPath(path, 'then'), visit);
  if (step.else) walkStep(step.else, memberPath(path, 'else'), visit);
}
