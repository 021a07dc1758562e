/** What an execution runs: the one thing that its log does not tell. */
import { RequestError } from '../../client/client.error.js';
import { type StepcastClient } from '../../client/stepcast.client.js';
import { type ExecutionDefinition } from '../../contract/api.js';

/** @returns null where nobody can tell any more: it was part of the service, which has changed since. */
export async function definitionOf(client: StepcastClient, id: string, signal?: AbortSignal): Promise<ExecutionDefinition | null> {
  try {
    return await client.definition(id, signal && { signal });
  } catch (error) {
    if (error instanceof RequestError && error.status === 404) return null;
    throw error;
  }
}
