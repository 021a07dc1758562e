/** What to do about a start that the service has refused, found out from what it knows. */
import { RequestError } from '../client/client.error.js';
import { type StepcastClient } from '../client/stepcast.client.js';
import { type WorkflowDefinition } from '../contract/definition.js';
import { nearestName } from '../contract/nearest.name.js';
import { HintedError } from './error.text.js';
import { inputHints } from './input.hint.js';

/** The error with what can be done about it, or as it is. */
export async function hinted(error: unknown, workflow: string | WorkflowDefinition, client: StepcastClient): Promise<unknown> {
  if (!(error instanceof RequestError)) return error;
  try {
    if (error.code === 'not_found' && typeof workflow === 'string') return await unknownWorkflow(error, workflow, client);
    if (error.code !== 'invalid_input') return error;
    const { name, inputSchema } = typeof workflow === 'string' ? await client.workflow(workflow) : workflow;
    return inputSchema ? new HintedError(error.message, error, inputHints(name, inputSchema)) : error;
  } catch {
    // What could help cannot be had: the refusal stands for itself.
    return error;
  }
}

async function unknownWorkflow(error: RequestError, given: string, client: StepcastClient): Promise<HintedError> {
  const meant = nearestName(given, (await client.workflows()).map(({ name }) => name));
  const hints = [...(meant === undefined ? [] : [`did you mean ${meant}?`]), 'stepcast workflows lists what can be run'];
  return new HintedError(`there is no workflow "${given}"`, error, hints);
}
