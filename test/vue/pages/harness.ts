/** The page that the tests of Vue open. */
import { type App, createApp, defineComponent, h, shallowRef, version, type VNode } from 'vue';
import { type StepcastClient } from '../../../src/client/stepcast.client.js';
import { type JsonValue } from '../../../src/contract/json.js';
import { stepcastPlugin, StreamingPipelineMonitor, useRunWorkflow, useWorkflowStream, type WorkflowStream } from '../../../src/vue/index.js';
import { type Harness, type Target } from '../../views/harness.types.js';
import { clientOf, GERMAN, PAGE, Recorder } from '../../views/recorder.js';

let app: App | undefined;
let recorder = new Recorder();
const executionId = shallowRef<string>();
const lent = shallowRef<StepcastClient>();
let shown: Target | undefined;

function record(stream: WorkflowStream): void {
  const { events, state, status, progress, currentStep, text, result, error, connection } = stream;
  recorder.rendered({
    events: events.value, state: state.value, status: status.value, progress: progress.value, currentStep: currentStep.value, text: text.value, result: result.value,
    error: error.value, connection: connection.value,
  });
}

const Probe = defineComponent((target: Target) => {
  const stream = useWorkflowStream(executionId, { maxEvents: target.maxEvents, onEvent: recorder.onEvent });
  return () => {
    record(stream);
    return h('p', stream.status.value);
  };
}, { props: ['maxEvents'] });

const Shown = defineComponent(({ target }: { target: Target }) => {
  const own = target.ownStream ? useWorkflowStream(executionId) : undefined;
  return (): VNode => {
    const { showText, showLog, german, ownStep } = target;
    const look = { class: 'own', labels: german ? GERMAN : undefined, onFinish: recorder.onFinish, ...(showText === undefined ? {} : { showText }), ...(showLog === undefined ? {} : { showLog }) };
    const slots = ownStep ? { step: ({ node: { step } }: { node: { step: { name: string; status: string } } }) => h('em', `${step.name} is ${step.status}`) } : {};
    return own ? h(StreamingPipelineMonitor, { stream: own, ...look }, slots) : h(StreamingPipelineMonitor, { executionId: executionId.value, client: lent.value, ...look }, slots);
  };
}, { props: ['target'] });

const Runner = defineComponent(({ workflow = '', input = 'null' }: Target) => {
  const stream = useRunWorkflow(workflow);
  return () => {
    record(stream);
    return [
      h('button', { onClick: () => void stream.run(JSON.parse(input) as JsonValue) }, stream.isStarting.value ? 'Starting' : 'Start'),
      h('button', { onClick: stream.reset }, 'Reset'),
      h('button', { onClick: (event: MouseEvent) => void (stream.cancel as (given: unknown) => Promise<void>)(event) }, 'Stop'),
      h('output', stream.executionId.value ?? 'none'),
      h('p', { id: 'error' }, stream.error.value?.message),
      h(StreamingPipelineMonitor, { stream, onFinish: recorder.onFinish }),
    ];
  };
}, { props: ['workflow', 'input'] });

function mount(target: Target, made: App): void {
  recorder = new Recorder();
  executionId.value = target.executionId;
  lent.value = undefined;
  shown = target;
  app = made;
  app.use(stepcastPlugin, clientOf(target)).mount('#root');
}

const harness: Harness = {
  version,
  probe: (target) => mount(target, createApp(Probe, { maxEvents: target.maxEvents })),
  show: (target) => mount(target, createApp(Shown, { target })),
  runner: (target) => mount(target, createApp(Runner, { workflow: target.workflow, input: target.input })),
  follow: (id) => void (executionId.value = id),
  lend: (apiKey) => void (shown && (lent.value = clientOf({ ...shown, apiKey }))),
  unmount: () => app?.unmount(),
  seen: () => recorder.read(),
  brief: () => recorder.brief(),
  page: PAGE,
};
Object.assign(globalThis, { harness });
