import { h, type VNode } from 'vue';
import { type StepNode, textBelow } from '../../client/view/step.tree.js';
import { CARD_TEXT_SHOWN, tailOf } from '../../client/view/text.tail.js';

/** The branches of a `parallel` side by side, each with the end of what it writes. */
export function parallelCards(nodes: readonly StepNode[], label: string, renderNode: (node: StepNode) => VNode): VNode {
  const cards = nodes.map((node) => {
    const { id, status, type } = node.step;
    return h('li', { key: id, class: 'stepcast-card stepcast-step', 'data-step': id, 'data-status': status, 'data-type': type }, [renderNode(node), cardText(textBelow(node))]);
  });
  return h('ul', { class: 'stepcast-cards', role: 'list', 'aria-label': label }, cards);
}

function cardText(text: string): VNode | null {
  const { text: shown, left } = tailOf(text, CARD_TEXT_SHOWN);
  return shown === '' ? null : h('p', { class: 'stepcast-card-text' }, left > 0 ? `… ${shown}` : shown);
}
