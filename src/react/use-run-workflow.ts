import { useCallback, useMemo, useRef, useState } from 'react';
import { type JsonInput, type StartOptions } from '../client/stepcast.client.js';
import { type WorkflowDefinition } from '../contract/definition.js';
import { useStepcastClient } from './stepcast.context.js';
import { useWorkflowStream, type UseWorkflowStreamOptions, type WorkflowStream } from './use-workflow-stream.js';

export interface RunWorkflow extends WorkflowStream {
  /**
   * Starts the workflow, and follows this run from then on. Resolves with its id. What it rejects with is also `error`, so nobody
   * has to catch it.
   */
  run: (input?: JsonInput, options?: StartOptions) => Promise<string>;
  /** The run that is followed. */
  executionId: string | undefined;
  /** From the call of `run` until the service has taken the start. */
  isStarting: boolean;
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
 * <button onClick={() => run({ text: chapter })} disabled={isStarting}>Summarise</button>
 */
export function useRunWorkflow(workflow: string | WorkflowDefinition, options: UseWorkflowStreamOptions = {}): RunWorkflow {
  const client = useStepcastClient(options.client);
  const [current, setCurrent] = useState(NONE);
  const last = useRef(0);
  const stream = useWorkflowStream(current.executionId, options);
  const reset = useCallback(() => {
    last.current++;
    setCurrent(NONE);
  }, []);
  const run = useCallback((input?: JsonInput, given?: StartOptions): Promise<string> => {
    const turn = ++last.current;
    // An answer that comes after another start was asked for is of interest to its caller alone.
    const settle = (outcome: Run) => void (turn === last.current && setCurrent(outcome));
    setCurrent({ isStarting: true, error: null });
    const started = client.start(workflow, input, given).then(({ id }) => {
      settle({ executionId: id, isStarting: false, error: null });
      return id;
    });
    started.catch((error: unknown) => settle({ isStarting: false, error: error as Error }));
    return started;
  }, [client, workflow]);
  return useMemo(
    () => ({ ...stream, run, reset, executionId: current.executionId, isStarting: current.isStarting, error: current.error ?? stream.error }),
    [stream, run, reset, current],
  );
}
