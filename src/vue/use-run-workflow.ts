import { computed, type ComputedRef, type MaybeRefOrGetter, shallowRef, toValue } from 'vue';
import { type JsonInput, type StartOptions } from '../client/stepcast.client.js';
import { type WorkflowDefinition } from '../contract/definition.js';
import { useStepcastClient } from './stepcast.client.js';
import { useWorkflowStream, type UseWorkflowStreamOptions, type WorkflowStream } from './use-workflow-stream.js';

export interface RunWorkflow extends WorkflowStream {
  /**
   * Starts the workflow, and follows this run from then on. Resolves with its id. What it rejects with is also `error`, so nobody
   * has to catch it.
   */
  run: (input?: JsonInput, options?: StartOptions) => Promise<string>;
  /** The run that is followed. */
  executionId: ComputedRef<string | undefined>;
  /** From the call of `run` until the service has taken the start. */
  isStarting: ComputedRef<boolean>;
  /** Forgets the run, which goes on. */
  reset: () => void;
}

interface Run {
  executionId?: string;
  isStarting: boolean;
  error: Error | null;
}

const NONE: Run = { isStarting: false, error: null };

/**
 * Starts a workflow, by its name or as a definition, and follows it: one run at a time, the one that was started last.
 *
 * @example
 * const { run, isStarting, text, error } = useRunWorkflow('brief');
 */
export function useRunWorkflow(workflow: MaybeRefOrGetter<string | WorkflowDefinition>, options: UseWorkflowStreamOptions = {}): RunWorkflow {
  const client = useStepcastClient(options.client);
  const current = shallowRef(NONE);
  let last = 0;
  const stream = useWorkflowStream(() => current.value.executionId, { ...options, client });
  return {
    ...stream,
    error: computed(() => current.value.error ?? stream.error.value),
    executionId: computed(() => current.value.executionId),
    isStarting: computed(() => current.value.isStarting),
    reset: () => {
      last++;
      current.value = NONE;
    },
    run: (input, given) => {
      const turn = ++last;
      // An answer that comes after another start was asked for is of interest to its caller alone.
      const settle = (outcome: Run) => void (turn === last && (current.value = outcome));
      current.value = { isStarting: true, error: null };
      const started = client.start(toValue(workflow), input, given).then(({ id }) => {
        settle({ executionId: id, isStarting: false, error: null });
        return id;
      });
      started.catch((error: unknown) => settle({ isStarting: false, error: error as Error }));
      return started;
    },
  };
}
