import { type ReactNode } from 'react';
import { type StepNode, textBelow } from '../../client/view/step.tree.js';
import { CARD_TEXT_SHOWN, tailOf } from '../../client/view/text.tail.js';

/** The branches of a `parallel` side by side, each with the end of what it writes. */
export function ParallelCards({ nodes, label, renderNode }: { nodes: readonly StepNode[]; label: string; renderNode: (node: StepNode) => ReactNode }) {
  return (
    <ul className="stepcast-cards" role="list" aria-label={label}>
      {nodes.map((node) => (
        <li key={node.step.id} className="stepcast-card stepcast-step" data-step={node.step.id} data-status={node.step.status} data-type={node.step.type}>
          {renderNode(node)}
          <CardText text={textBelow(node)} />
        </li>
      ))}
    </ul>
  );
}

function CardText({ text }: { text: string }) {
  const { text: shown, left } = tailOf(text, CARD_TEXT_SHOWN);
  return shown === '' ? null : <p className="stepcast-card-text">{left > 0 && '… '}{shown}</p>;
}
