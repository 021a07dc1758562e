/** The page that the tests of React open. */
import { StrictMode, version } from 'react';
import { createRoot, type Root } from 'react-dom/client';
import { type JsonValue } from '../../../src/contract/json.js';
import { StepcastProvider, useRunWorkflow, useWorkflowStream, WorkflowProgress } from '../../../src/react/index.js';
import { type StepcastClient } from '../../../src/client/stepcast.client.js';
import { type Harness, type Target } from '../../views/harness.types.js';
import { clientOf, GERMAN, PAGE, Recorder } from '../../views/recorder.js';

let root: Root | undefined;
let recorder = new Recorder();
let again: (changed: Partial<Target>) => void = () => {};
let lent: StepcastClient | undefined;

function Probe({ executionId, maxEvents }: Target) {
  const stream = useWorkflowStream(executionId, { maxEvents, onEvent: recorder.onEvent });
  recorder.rendered(stream);
  return <p>{stream.status}</p>;
}

function Shown(target: Target) {
  const { executionId, ownStream, ownStep, german, showText, showLog } = target;
  const given = { client: lent, showText, showLog, onFinish: recorder.onFinish, labels: german ? GERMAN : undefined };
  const look = { ...given, renderStep: ownStep ? ({ step }: { step: { name: string; status: string } }) => <em>{step.name} is {step.status}</em> : undefined };
  return ownStream ? <OwnStream executionId={executionId} look={look} /> : <WorkflowProgress executionId={executionId} className="own" {...look} />;
}

function OwnStream({ executionId, look }: { executionId: string | undefined; look: Parameters<typeof WorkflowProgress>[0] }) {
  const stream = useWorkflowStream(executionId);
  return <WorkflowProgress stream={stream} className="own" {...look} />;
}

function Runner({ workflow = '', input = 'null' }: Target) {
  const stream = useRunWorkflow(workflow);
  recorder.rendered(stream);
  return (
    <>
      <button onClick={() => void stream.run(JSON.parse(input) as JsonValue)}>{stream.isStarting ? 'Starting' : 'Start'}</button>
      <button onClick={stream.reset}>Reset</button>
      <button onClick={(event) => void (stream.cancel as (given: unknown) => Promise<void>)(event)}>Stop</button>
      <output>{stream.executionId ?? 'none'}</output>
      <p id="error">{stream.error?.message}</p>
      <WorkflowProgress stream={stream} onFinish={recorder.onFinish} />
    </>
  );
}

function mount(target: Target, render: (target: Target) => React.ReactElement): void {
  recorder = new Recorder();
  root = createRoot(document.getElementById('root') as HTMLElement);
  const client = clientOf(target);
  const draw = (now: Target) => {
    const tree = <StepcastProvider client={client}>{render(now)}</StepcastProvider>;
    root?.render(now.strict ? <StrictMode>{tree}</StrictMode> : tree);
  };
  lent = undefined;
  again = (changed) => {
    if (changed.apiKey !== undefined) lent = clientOf({ ...target, ...changed });
    draw({ ...target, ...changed });
  };
  draw(target);
}

const harness: Harness = {
  version,
  probe: (target) => mount(target, (now) => <Probe {...now} />),
  show: (target) => mount(target, (now) => <Shown {...now} />),
  runner: (target) => mount(target, (now) => <Runner {...now} />),
  follow: (executionId) => again({ executionId }),
  lend: (apiKey) => again({ apiKey }),
  unmount: () => root?.unmount(),
  seen: () => recorder.read(),
  brief: () => recorder.brief(),
  page: PAGE,
};
Object.assign(globalThis, { harness });
