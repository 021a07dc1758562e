import { useCallback, useEffect, useMemo, useRef, useSyncExternalStore } from 'react';
import { type ExecutionSnapshot, ExecutionStore, NO_SNAPSHOT } from '../client/execution.store.js';
import { type JsonInput, type StepcastClient } from '../client/stepcast.client.js';
import { type ExecutionEvent } from '../contract/events.js';
import { useStepcastClient } from './stepcast.context.js';

export interface UseWorkflowStreamOptions {
  /** Default that of the `StepcastProvider`. */
  client?: StepcastClient | undefined;
  /** How many events are kept; default 1,000. `state` is of all of them. */
  maxEvents?: number | undefined;
  /** Told each event once, in order. */
  onEvent?: ((event: ExecutionEvent) => void) | undefined;
}

export interface WorkflowStream extends ExecutionSnapshot {
  /** @throws RequestError */
  cancel: (reason?: string) => Promise<void>;
  /** Answers the step that waits for a person, or the one of `stepId`. @throws RequestError */
  answer: (value: JsonInput, stepId?: string) => Promise<void>;
}

const nothing = () => NO_SNAPSHOT;
const never = () => () => {};

/**
 * Follows an execution: renders at most once a frame, keeps the last `maxEvents` events, goes on where it was after a cut.
 * Without an id, it waits for one.
 *
 * @example
 * const { text, progress, status, cancel } = useWorkflowStream(executionId);
 */
export function useWorkflowStream(executionId: string | null | undefined, options: UseWorkflowStreamOptions = {}): WorkflowStream {
  const client = useStepcastClient(options.client);
  const { maxEvents } = options;
  const onEvent = useRef(options.onEvent);
  useEffect(() => {
    onEvent.current = options.onEvent;
  });
  const store = useMemo(
    () => (executionId ? new ExecutionStore(client, executionId, { maxEvents, onEvent: (event) => onEvent.current?.(event) }) : undefined),
    [client, executionId, maxEvents],
  );
  const snapshot = useSyncExternalStore(store?.subscribe ?? never, store?.getSnapshot ?? nothing, store?.getSnapshot ?? nothing);
  const cancel = useCallback(async (reason?: string) => {
    // A button that calls it with the event of its click has told no reason.
    await client.cancel(idOf(executionId), { reason: typeof reason === 'string' ? reason : undefined });
  }, [client, executionId]);
  const answer = useCallback(async (value: JsonInput, stepId?: string) => {
    await client.answer(idOf(executionId), value, stepId === undefined ? {} : { stepId });
  }, [client, executionId]);
  return useMemo(() => ({ ...snapshot, cancel, answer }), [snapshot, cancel, answer]);
}

function idOf(executionId: string | null | undefined): string {
  if (!executionId) throw new TypeError('there is no execution yet: start one first');
  return executionId;
}
