import { computed, defineComponent, h, type PropType, unref, type VNodeChild, watch } from 'vue';
import { type ExecutionSnapshot } from '../../client/execution.store.js';
import { type GivenLabels, labelsOf } from '../../client/view/labels.js';
import { nextView, NO_VIEW, type ProgressView } from '../../client/view/progress.view.js';
import { type StepNode } from '../../client/view/step.tree.js';
import { type ExecutionState, FINISHED_STATUSES } from '../../contract/state.js';
import { type WorkflowStream } from '../use-workflow-stream.js';
import { CancelButton } from './cancel-button.js';
import { LiveRegion } from './live-region.js';
import { LogPane } from './log-pane.js';
import { progressBar } from './progress-bar.js';
import { stepTree } from './step-tree.js';
import { TextPane } from './text-pane.js';
import { provideView } from './view.settings.js';

/** All parts together, of a stream that somebody else opens. */
export const MonitorView = defineComponent({
  name: 'StepcastMonitorView',
  props: {
    stream: { type: Object as PropType<WorkflowStream>, required: true },
    showText: { type: Boolean, required: true },
    showLog: { type: Boolean, required: true },
    labels: { type: Object as PropType<GivenLabels>, default: undefined },
    renderStep: { type: Function as PropType<(node: StepNode) => VNodeChild>, default: undefined },
    onFinish: { type: Function as PropType<(state: ExecutionState) => void>, required: true },
  },
  setup(props) {
    const labels = computed(() => labelsOf(props.labels));
    const snapshot = computed(() => snapshotOf(props.stream));
    const view = computed<ProgressView>((before) => nextView(before ?? NO_VIEW, snapshot.value, labels.value));
    provideView({ labels, answer: (value, stepId) => props.stream.answer(value, stepId), renderStep: () => props.renderStep });
    let told = '';
    watch(() => snapshot.value.state, (state) => {
      if (!FINISHED_STATUSES.has(state.status) || told === state.id) return;
      told = state.id;
      props.onFinish(state);
    }, { immediate: true, flush: 'post' });
    return () => {
      const { state, status, connection, error, text } = snapshot.value;
      const isOver = FINISHED_STATUSES.has(status);
      const line = isOver || error ? '' : labels.value.connection[connection.state];
      const title = labels.value.title(state.workflow);
      return h('section', { class: 'stepcast', 'aria-label': title, 'data-status': status, 'data-connection': connection.state }, [
        h('header', { class: 'stepcast-head' }, [
          h('strong', { class: 'stepcast-title' }, title), ' ', h('span', { class: 'stepcast-status' }, labels.value.status[status]),
          line === '' ? null : [' ', h('span', { class: 'stepcast-connection' }, line)],
          isOver || state.id === '' ? null : [' ', h(CancelButton, { key: state.id, cancel: () => props.stream.cancel() })],
        ]),
        progressBar(snapshot.value, labels.value),
        error ? h('p', { class: 'stepcast-fault', role: 'alert' }, error.message) : null,
        stepTree(view.value.tree, labels.value.steps),
        props.showText && text !== '' ? h(TextPane, { text }) : null,
        props.showLog ? h(LogPane, { lines: view.value.lines, hasEarlier: view.value.hasEarlierLines }) : null,
        h(LiveRegion, { key: state.id, said: view.value.said }),
      ]);
    };
  },
});

/** A stream's members are refs, or their values where somebody has made it reactive. */
function snapshotOf({ events, state, status, progress, currentStep, text, result, error, connection }: WorkflowStream): ExecutionSnapshot {
  return {
    events: unref(events), state: unref(state), status: unref(status), progress: unref(progress), currentStep: unref(currentStep), text: unref(text), result: unref(result),
    error: unref(error), connection: unref(connection),
  };
}
