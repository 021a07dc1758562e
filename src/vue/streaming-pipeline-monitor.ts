/**
 * A workflow as it runs: how far it is, its steps, the text that is written, a log, and the questions that wait for an answer.
 * It brings its markup and no look of its own; `stepcast/vue/style.css` gives it one, made of CSS variables.
 */
import { type AllowedComponentProps, type ComponentCustomProps, defineComponent, h, type PropType, type VNode, type VNodeChild, type VNodeProps, watch } from 'vue';
import { type StepcastClient } from '../client/stepcast.client.js';
import { type GivenLabels } from '../client/view/labels.js';
import { type StepNode } from '../client/view/step.tree.js';
import { type ExecutionState } from '../contract/state.js';
import { MonitorView } from './parts/monitor-view.js';
import { useWorkflowStream, type WorkflowStream } from './use-workflow-stream.js';

/** Opens the stream of its own that a monitor without one needs. */
const FollowedMonitor = defineComponent({
  name: 'StepcastFollowedMonitor',
  props: { executionId: { type: String, default: undefined }, client: { type: Object as PropType<StepcastClient>, default: undefined }, view: { type: Function as PropType<(stream: WorkflowStream) => VNode>, required: true } },
  setup(props) {
    const stream = useWorkflowStream(() => props.executionId, { client: props.client });
    return () => props.view(stream);
  },
});

export interface StreamingPipelineMonitorProps {
  /** The execution that is followed; without one, and without a `stream`, it waits. */
  executionId?: string | null | undefined;
  /** What `useWorkflowStream` or `useRunWorkflow` gives, where the app uses that too: it is followed once then. */
  stream?: WorkflowStream | undefined;
  /** Default that of the app. */
  client?: StepcastClient | undefined;
  /** Default true. */
  showText?: boolean | undefined;
  /** Default true. */
  showLog?: boolean | undefined;
  /** Words in the place of the English ones. */
  labels?: GivenLabels | undefined;
  /** Once when the execution has ended, and when it had before; `status` of the state tells how. */
  onFinish?: ((state: ExecutionState) => void) | undefined;
}

/** Written out, as what `defineComponent` infers differs between versions of Vue. */
interface Monitor {
  new (): {
    $props: AllowedComponentProps & ComponentCustomProps & VNodeProps & StreamingPipelineMonitorProps;
    $emit: (event: 'finish', state: ExecutionState) => void;
    $slots: {
      /** In the place of the line that each step has: its name, its status and what else is told of it. */
      step?: (given: { node: StepNode }) => VNodeChild;
    };
  };
}

/**
 * @example
 * <StreamingPipelineMonitor :execution-id="id" @finish="({ result }) => (summary = result)" />
 */
export const StreamingPipelineMonitor = defineComponent({
  name: 'StreamingPipelineMonitor',
  props: {
    executionId: { type: String as PropType<string | null>, default: undefined },
    stream: { type: Object as PropType<WorkflowStream>, default: undefined },
    client: { type: Object as PropType<StepcastClient>, default: undefined },
    showText: { type: Boolean, default: true },
    showLog: { type: Boolean, default: true },
    labels: { type: Object as PropType<GivenLabels>, default: undefined },
  },
  emits: { finish: (_state: ExecutionState) => true },
  setup(props, { emit, slots }) {
    const renderStep = (node: StepNode): VNodeChild => slots['step']?.({ node });
    const onFinish = (state: ExecutionState) => emit('finish', state);
    const view = (stream: WorkflowStream): VNode => {
      const { showText, showLog, labels } = props;
      return h(MonitorView, { stream, showText, showLog, labels, onFinish, renderStep: slots['step'] ? renderStep : undefined });
    };
    // Another client opens another stream.
    let clients = 0;
    watch(() => props.client, () => void clients++, { flush: 'sync' });
    return () => (props.stream ? view(props.stream) : h(FollowedMonitor, { key: clients, executionId: props.executionId ?? undefined, client: props.client, view }));
  },
}) as unknown as Monitor;
