/** What to do about a start that the service has refused, found out from what it knows. */
import { RequestError } from '../client/client.error.js';
import { type StepcastClient } from '../client/stepcast.client.js';
import { type WorkflowDefinition } from '../contract/definition.js';
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
  const near = (await client.workflows())
    .map(({ name }) => ({ name, distance: distance(given.toLowerCase(), name.toLowerCase()) }))
    .filter(({ name, distance: far }) => far <= Math.max(2, name.length / 3))
    .toSorted((a, b) => a.distance - b.distance);
  const hints = [...(near[0] ? [`did you mean ${near[0].name}?`] : []), 'stepcast workflows lists what can be run'];
  return new HintedError(`there is no workflow "${given}"`, error, hints);
}

/** How many characters have to be put in, left out or changed to make the one of the other (Levenshtein). */
function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) next.push(Math.min((row[j] as number) + 1, (next[j - 1] as number) + 1, (row[j - 1] as number) + (a[i - 1] === b[j - 1] ? 0 : 1)));
    row = next;
  }
  return row[b.length] as number;
}
