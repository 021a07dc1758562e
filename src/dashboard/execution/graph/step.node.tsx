/** A step of the graph, and the frame that a step is which orders others. */
import { Handle, Position } from '@xyflow/react';
import { type StepType } from '../../../contract/definition.js';
import { duration, percent } from '../../ui/format.js';
import { type NodeStanding, type TreeNode } from './step.tree.js';

export interface StepNodeData extends Record<string, unknown> {
  node: TreeNode;
  standing: NodeStanding | undefined;
  who: string | undefined;
  isCurrent: boolean;
  isSelected: boolean;
  upright: boolean;
  onSelect: (name: string) => void;
}

const KINDS: Record<StepType, string> = { agent: 'agent', sequential: 'in order', parallel: 'side by side', conditional: 'either or', retry: 'retry', iteration: 'loop', input: 'asks a person' };

export function StepNode({ data }: { data: StepNodeData }) {
  const { node: { name, type, branch }, standing, who } = data;
  const fact = factOf(standing);
  // What stands out is why it is there more than once, or how long it took; that it is an agent goes without saying.
  const text = [type !== 'agent' ? KINDS[type] : who !== undefined ? name : fact === '' ? KINDS.agent : '', fact].filter(Boolean).join(' · ');
  return (
    <Joined upright={data.upright}>
      <Card data={data} className="step-node">
        <b><i className="dot" aria-hidden="true" /><span>{who ?? name}</span>{branch !== undefined && <span className="tag">{branch}</span>}</b>
        <span className="hint" title={text}>{text}</span>
      </Card>
    </Joined>
  );
}

export function FrameNode({ data }: { data: StepNodeData }) {
  const { node: { name, type, branch, most }, standing } = data;
  // How often it may be tried says something until it is over.
  const kind = most === undefined || standing?.step.durationMs !== undefined ? KINDS[type] : `up to ${most} ${type === 'retry' ? 'attempts' : 'rounds'}`;
  const fact = [kind, factOf(standing)].filter(Boolean).join(' · ');
  return (
    <Joined upright={data.upright}>
      <div className="frame-node" data-status={standing?.step.status ?? 'pending'} data-selected={data.isSelected}>
        <Card data={data} className="frame-title"><b><i className="dot" aria-hidden="true" /><span>{name}</span>{branch !== undefined && <span className="tag">{branch}</span>}</b><span className="hint" title={fact}>{fact}</span></Card>
      </div>
    </Joined>
  );
}

function Joined({ upright, children }: { upright: boolean; children: React.ReactNode }) {
  return (
    <>
      <Handle type="target" position={upright ? Position.Top : Position.Left} isConnectable={false} />
      {children}
      <Handle type="source" position={upright ? Position.Bottom : Position.Right} isConnectable={false} />
    </>
  );
}

function Card({ data: { node: { name, type }, standing, who, isCurrent, isSelected, onSelect }, className, children }: { data: StepNodeData; className: string; children: React.ReactNode }) {
  const status = standing?.step.status ?? 'pending';
  return (
    <button
      type="button" className={`${className} nopan`} data-node={name} data-status={status} aria-pressed={isSelected} tabIndex={isCurrent ? 0 : -1}
      aria-label={`${who ?? name}, ${KINDS[type]}, ${status}`} onClick={() => onSelect(name)}
    >
      {children}
    </button>
  );
}

function factOf(standing: NodeStanding | undefined): string {
  if (!standing) return '';
  const { step: { attempt, status, progress, durationMs }, rounds } = standing;
  return [
    rounds > 1 ? `round ${rounds}` : '', attempt > 1 ? `attempt ${attempt}` : '',
    status === 'running' && progress > 0 ? percent(progress) : '', durationMs === undefined ? '' : duration(durationMs),
  ].filter(Boolean).join(' · ');
}
