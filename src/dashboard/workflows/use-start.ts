import { useRef } from 'react';
import { RequestError } from '../../client/client.error.js';
import { type StepcastClient } from '../../client/stepcast.client.js';
import { type StartedExecution } from '../../contract/api.js';
import { type WorkflowDefinition } from '../../contract/definition.js';
import { type JsonValue } from '../../contract/json.js';

/** A start that is pressed again because no answer came starts nothing twice: what is the same is sent with the same key. */
export function useStart(client: StepcastClient): (workflow: string | WorkflowDefinition, input: JsonValue | undefined, sessionId?: string) => Promise<StartedExecution> {
  const unanswered = useRef<{ content: string; key: string }>(undefined);
  return async (workflow, input, sessionId) => {
    const content = JSON.stringify([workflow, input, sessionId]);
    if (unanswered.current?.content !== content) unanswered.current = { content, key: newKey() };
    try {
      const started = await client.start(workflow, input, { idempotencyKey: unanswered.current.key, ...(sessionId ? { sessionId } : {}) });
      unanswered.current = undefined;
      return started;
    } catch (error) {
      if (error instanceof RequestError && !error.isTransient) unanswered.current = undefined;
      throw error;
    }
  };
}

/** `crypto.randomUUID` is not there on pages that came by plain HTTP. */
function newKey(): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, '0')).join('');
}
