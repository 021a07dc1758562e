/**
 * The steps as lists within lists, which every reader of a screen can walk, and in which buttons and fields may stand: a
 * `role="tree"` would take both away. A step of which nothing has changed is not rendered again.
 */
import { memo, type ReactNode } from 'react';
import { factsOf } from '../../client/view/facts.js';
import { type StepNode } from '../../client/view/step.tree.js';
import { AnswerForm } from './answer-form.js';
import { ParallelCards } from './parallel-cards.js';
import { useView } from './view.context.js';

export function StepTree({ nodes, label }: { nodes: readonly StepNode[]; label: string }) {
  return (
    <ol className="stepcast-steps" role="list" aria-label={label}>
      {nodes.map((node) => <StepItem key={node.step.id} node={node} />)}
    </ol>
  );
}

const StepItem = memo(function StepItem({ node }: { node: StepNode }) {
  const { id, status, type } = node.step;
  return <li className="stepcast-step" data-step={id} data-status={status} data-type={type}><StepBody node={node} /></li>;
});

const StepBody = memo(function StepBody({ node }: { node: StepNode }): ReactNode {
  const { labels, renderStep } = useView();
  const { step, children, earlierRounds } = node;
  return (
    <>
      <div className="stepcast-step-head" tabIndex={-1}>{renderStep ? renderStep(node) : <StepHead node={node} />}</div>
      {step.error && <p className="stepcast-fault">{step.error.message}</p>}
      {step.status === 'waiting' && step.type === 'input' && <AnswerForm key={step.attempt} step={step} />}
      {earlierRounds > 0 && <p className="stepcast-note">{labels.earlierRounds(earlierRounds)}</p>}
      {children.length > 0 && (step.type === 'parallel'
        ? <ParallelCards nodes={children} label={step.name} renderNode={(child) => <StepBody node={child} />} />
        : <StepTree nodes={children} label={step.name} />)}
    </>
  );
});

function StepHead({ node }: { node: StepNode }) {
  const { labels } = useView();
  const { name, status } = node.step;
  const facts = factsOf(node, labels);
  return (
    <>
      <span className="stepcast-mark" aria-hidden="true" />
      <span className="stepcast-name">{name}</span> <span className="stepcast-status">{labels.stepStatus[status]}</span>
      {facts !== '' && <> <span className="stepcast-facts">{facts}</span></>}
    </>
  );
}
