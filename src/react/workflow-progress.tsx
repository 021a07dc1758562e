/**
 * A workflow as it runs: how far it is, its steps, the text that is written, a log, and the questions that wait for an answer.
 * It brings its markup and no look of its own; `stepcast/react/style.css` gives it one, made of CSS variables.
 */
import { type ReactNode, useEffect, useMemo, useRef, useState } from 'react';
import { type StepcastClient } from '../client/stepcast.client.js';
import { type GivenLabels, labelsOf } from '../client/view/labels.js';
import { nextView, NO_VIEW } from '../client/view/progress.view.js';
import { type StepNode } from '../client/view/step.tree.js';
import { type ExecutionState, FINISHED_STATUSES } from '../contract/state.js';
import { CancelButton } from './parts/cancel-button.js';
import { LiveRegion } from './parts/live-region.js';
import { LogPane } from './parts/log-pane.js';
import { ProgressBar } from './parts/progress-bar.js';
import { StepTree } from './parts/step-tree.js';
import { TextPane } from './parts/text-pane.js';
import { ViewContext } from './parts/view.context.js';
import { useWorkflowStream, type WorkflowStream } from './use-workflow-stream.js';

export interface WorkflowProgressProps {
  /** The execution that is followed; without one, and without a `stream`, it waits. */
  executionId?: string | null | undefined;
  /** What `useWorkflowStream` or `useRunWorkflow` gives, where the app uses that too: it is followed once then. */
  stream?: WorkflowStream | undefined;
  /** Default that of the `StepcastProvider`. */
  client?: StepcastClient | undefined;
  /** Default true. */
  showText?: boolean | undefined;
  /** Default true. */
  showLog?: boolean | undefined;
  /** In the place of the line that each step has: its name, its status and what else is told of it. */
  renderStep?: ((node: StepNode) => ReactNode) | undefined;
  /** Called once when the execution has ended, and when it had before; `status` of the state tells how. */
  onFinish?: ((state: ExecutionState) => void) | undefined;
  /** Words in the place of the English ones. Make them once, outside of components. */
  labels?: GivenLabels | undefined;
  /** Beside `stepcast`. */
  className?: string | undefined;
}

/**
 * @example
 * <WorkflowProgress executionId={id} onFinish={({ result }) => setResult(result)} />
 */
export function WorkflowProgress({ stream, executionId, client, ...view }: WorkflowProgressProps): ReactNode {
  return stream ? <ProgressView stream={stream} {...view} /> : <FollowedView executionId={executionId} client={client} {...view} />;
}

type ViewProps = Omit<WorkflowProgressProps, 'stream' | 'executionId' | 'client'>;

function FollowedView({ executionId, client, ...view }: ViewProps & Pick<WorkflowProgressProps, 'executionId' | 'client'>) {
  return <ProgressView stream={useWorkflowStream(executionId, { client })} {...view} />;
}

function ProgressView({ stream, showText = true, showLog = true, renderStep, onFinish, labels: given, className }: ViewProps & { stream: WorkflowStream }) {
  const { state, status, connection, error, text, answer, cancel } = stream;
  const labels = useMemo(() => labelsOf(given), [given]);
  const settings = useMemo(() => ({ labels, answer, renderStep }), [labels, answer, renderStep]);
  // Brought on while rendering, as React has it for what is made of the props before: no second render follows.
  const [before, setView] = useState(NO_VIEW);
  const view = nextView(before, stream, labels);
  if (view !== before) setView(view);
  useFinish(state, onFinish);
  const isOver = FINISHED_STATUSES.has(status);
  const line = isOver || error ? '' : labels.connection[connection.state];
  return (
    <ViewContext.Provider value={settings}>
      <section className={['stepcast', className].filter(Boolean).join(' ')} aria-label={labels.title(state.workflow)} data-status={status} data-connection={connection.state}>
        <header className="stepcast-head">
          <strong className="stepcast-title">{labels.title(state.workflow)}</strong> <span className="stepcast-status">{labels.status[status]}</span>
          {line !== '' && <> <span className="stepcast-connection">{line}</span></>}
          {!isOver && state.id !== '' && <> <CancelButton key={state.id} cancel={cancel} /></>}
        </header>
        <ProgressBar stream={stream} />
        {error && <p className="stepcast-fault" role="alert">{error.message}</p>}
        <StepTree nodes={view.tree} label={labels.steps} />
        {showText && text !== '' && <TextPane text={text} />}
        {showLog && <LogPane lines={view.lines} hasEarlier={view.hasEarlierLines} />}
        <LiveRegion key={state.id} said={view.said} />
      </section>
    </ViewContext.Provider>
  );
}

/** Tells once how an execution has ended, whatever StrictMode runs twice. */
function useFinish(state: ExecutionState, onFinish: WorkflowProgressProps['onFinish']): void {
  const told = useRef('');
  useEffect(() => {
    if (!FINISHED_STATUSES.has(state.status) || told.current === state.id) return;
    told.current = state.id;
    onFinish?.(state);
  }, [state, onFinish]);
}
