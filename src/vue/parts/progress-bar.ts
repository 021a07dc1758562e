import { h, type VNode } from 'vue';
import { type ExecutionSnapshot } from '../../client/execution.store.js';
import { valueTextOf } from '../../client/view/facts.js';
import { type ViewLabels } from '../../client/view/labels.js';

/** How far the whole workflow is. The number is there in words too, so that it can be read without a stylesheet. */
export function progressBar(snapshot: ExecutionSnapshot, labels: ViewLabels): VNode {
  const { progress } = snapshot;
  const described = {
    role: 'progressbar', 'aria-label': labels.progress, 'aria-valuemin': 0, 'aria-valuemax': 100, 'aria-valuenow': Math.floor(progress * 100),
    'aria-valuetext': valueTextOf(snapshot, labels),
  };
  return h('div', { class: 'stepcast-bar', ...described }, [
    h('span', { class: 'stepcast-bar-fill', style: { width: `${progress * 100}%` } }),
    h('span', { class: 'stepcast-bar-text' }, labels.percent(progress)),
  ]);
}
