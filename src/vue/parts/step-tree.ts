/**
 * The steps as lists within lists, which every reader of a screen can walk, and in which buttons and fields may stand: a
 * `role="tree"` would take both away. A step of which nothing has changed is not rendered again.
 */
import { type Component, defineComponent, h, type PropType, type VNode, type VNodeChild } from 'vue';
import { factsOf } from '../../client/view/facts.js';
import { type ViewLabels } from '../../client/view/labels.js';
import { type StepNode } from '../../client/view/step.tree.js';
import { AnswerForm } from './answer-form.js';
import { parallelCards } from './parallel-cards.js';
import { useView } from './view.settings.js';

const NODE = { node: { type: Object as PropType<StepNode>, required: true } } as const;

export function stepTree(nodes: readonly StepNode[], label: string): VNode {
  return h('ol', { class: 'stepcast-steps', role: 'list', 'aria-label': label }, nodes.map((node) => {
    const { id, status, type } = node.step;
    return h('li', { key: id, class: 'stepcast-step', 'data-step': id, 'data-status': status, 'data-type': type }, [body(node)]);
  }));
}

const StepBody: Component<{ node: StepNode }> = defineComponent({
  name: 'StepcastStep',
  props: NODE,
  setup(props) {
    const { labels, renderStep } = useView();
    return (): VNodeChild => {
      const { node } = props;
      const { step, children, earlierRounds } = node;
      const render = renderStep();
      return [
        h('div', { class: 'stepcast-step-head', tabindex: -1 }, [render ? render(node) : stepHead(node, labels.value)]),
        step.error ? h('p', { class: 'stepcast-fault' }, step.error.message) : null,
        step.status === 'waiting' && step.type === 'input' ? h(AnswerForm, { key: step.attempt, step }) : null,
        earlierRounds > 0 ? h('p', { class: 'stepcast-note' }, labels.value.earlierRounds(earlierRounds)) : null,
        children.length === 0 ? null : step.type === 'parallel' ? parallelCards(children, step.name, body) : stepTree(children, step.name),
      ];
    };
  },
});

function body(node: StepNode): VNode {
  return h(StepBody, { node });
}

function stepHead(node: StepNode, labels: ViewLabels): VNodeChild {
  const { name, status } = node.step;
  const facts = factsOf(node, labels);
  return [
    h('span', { class: 'stepcast-mark', 'aria-hidden': 'true' }),
    h('span', { class: 'stepcast-name' }, name), ' ', h('span', { class: 'stepcast-status' }, labels.stepStatus[status]),
    ...(facts === '' ? [] : [' ', h('span', { class: 'stepcast-facts' }, facts)]),
  ];
}
