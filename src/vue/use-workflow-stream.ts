import { computed, type ComputedRef, getCurrentInstance, type MaybeRefOrGetter, shallowRef, toValue, watch } from 'vue';
import { type ExecutionSnapshot, ExecutionStore, NO_SNAPSHOT } from '../client/execution.store.js';
import { type JsonInput, type StepcastClient } from '../client/stepcast.client.js';
import { type ExecutionEvent } from '../contract/events.js';
import { useStepcastClient } from './stepcast.client.js';

export interface UseWorkflowStreamOptions {
  /** Default that of the app. */
  client?: StepcastClient | undefined;
  /** How many events are kept; default 1,000. `state` is of all of them. */
  maxEvents?: number | undefined;
  /** Told each event once, in order. */
  onEvent?: ((event: ExecutionEvent) => void) | undefined;
}

/** An `ExecutionSnapshot`, each of its members as a ref. Their values are not made reactive any deeper: they are never changed, but replaced. */
export type SnapshotRefs = { readonly [K in keyof ExecutionSnapshot]: ComputedRef<ExecutionSnapshot[K]> };

export interface WorkflowStream extends SnapshotRefs {
  /** @throws RequestError */
  cancel: (reason?: string) => Promise<void>;
  /** Answers the step that waits for a person, or the one of `stepId`. @throws RequestError */
  answer: (value: JsonInput, stepId?: string) => Promise<void>;
}

/**
 * Follows an execution: changes at most once a frame, keeps the last `maxEvents` events, goes on where it was after a cut, and
 * ends with the scope that it was called in. Without an id, it waits for one.
 *
 * @example
 * const { text, progress, status, cancel } = useWorkflowStream(() => props.executionId);
 */
export function useWorkflowStream(executionId: MaybeRefOrGetter<string | null | undefined>, options: UseWorkflowStreamOptions = {}): WorkflowStream {
  const client = useStepcastClient(options.client);
  const snapshot = shallowRef<ExecutionSnapshot>(NO_SNAPSHOT);
  // What renders a component on a server never ends its scope, so nothing would ever close the line.
  const isOnServer = getCurrentInstance() !== null && !('document' in globalThis);
  watch(() => toValue(executionId), (id, _before, onCleanup) => {
    const store = id ? new ExecutionStore(client, id, options) : undefined;
    snapshot.value = store?.getSnapshot() ?? NO_SNAPSHOT;
    if (store && !isOnServer) onCleanup(store.subscribe(() => (snapshot.value = store.getSnapshot())));
  }, { immediate: true });
  const current = (): string => {
    const id = toValue(executionId);
    if (!id) throw new TypeError('there is no execution yet: start one first');
    return id;
  };
  return {
    ...refsOf(() => snapshot.value),
    cancel: async (reason) => {
      // A button that calls it with the event of its click has told no reason.
      await client.cancel(current(), { reason: typeof reason === 'string' ? reason : undefined });
    },
    answer: async (value, stepId) => {
      await client.answer(current(), value, stepId === undefined ? {} : { stepId });
    },
  };
}

function refsOf(read: () => ExecutionSnapshot): SnapshotRefs {
  return {
    events: computed(() => read().events), state: computed(() => read().state), status: computed(() => read().status), progress: computed(() => read().progress),
    currentStep: computed(() => read().currentStep), text: computed(() => read().text), result: computed(() => read().result), error: computed(() => read().error),
    connection: computed(() => read().connection),
  };
}
