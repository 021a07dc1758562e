/**
 * The steps of a workflow as a tree, with what is not yet run in it: from its definition where that can be had, else from the
 * steps that have begun. Rounds of a loop are one node.
 */
import { childrenOf, type Step, type StepType } from '../../../contract/definition.js';
import { type StepState } from '../../../contract/state.js';
import { placeOf } from '../timeline/timeline.js';

export interface TreeNode {
  name: string;
  type: StepType;
  /** What an edge to it says: which way of a condition. */
  branch?: string;
  children: TreeNode[];
  /** Of a retry or a loop. */
  most?: number;
}

export function treeOf(steps: readonly Step[]): TreeNode[] {
  return steps.map((step) => nodeOf(step));
}

function nodeOf(step: Step, branch?: string): TreeNode {
  const children = step.type === 'conditional' ? [nodeOf(step.then, 'yes'), ...(step.else ? [nodeOf(step.else, 'no')] : [])] : treeOf(childrenOf(step));
  const most = step.type === 'retry' ? step.maxAttempts : step.type === 'iteration' ? step.maxIterations : undefined;
  return { name: step.name, type: step.type, children, ...(branch === undefined ? {} : { branch }), ...(most === undefined ? {} : { most }) };
}

/** As far as it has begun. @param states By id, in the order they started. */
export function grownTree(states: Readonly<Record<string, StepState>>): TreeNode[] {
  const roots: TreeNode[] = [];
  const byPath = new Map<string, TreeNode>();
  for (const { id, name, type } of Object.values(states)) {
    const path = withoutRounds(id);
    if (byPath.has(path)) continue;
    const { parent } = placeOf(path);
    const node: TreeNode = { name, type, children: [] };
    byPath.set(path, node);
    (parent === undefined ? roots : (byPath.get(parent)?.children ?? roots)).push(node);
  }
  return roots;
}

export function namesOf(nodes: readonly TreeNode[]): string[] {
  return nodes.flatMap((node) => [node.name, ...namesOf(node.children)]);
}

export interface NodeStanding {
  /** The latest run of it. */
  step: StepState;
  /** In how many rounds it has begun. */
  rounds: number;
}

/** How each step stands, by its name, which is its own in the whole workflow. */
export function standings(states: Readonly<Record<string, StepState>>): Map<string, NodeStanding> {
  const byName = new Map<string, NodeStanding>();
  for (const step of Object.values(states)) {
    const before = byName.get(step.name);
    const isLater = !before || step.iteration >= before.step.iteration;
    byName.set(step.name, { step: isLater ? step : before.step, rounds: (before?.rounds ?? 0) + 1 });
  }
  return byName;
}

function withoutRounds(id: string): string {
  return id.replaceAll(/\[\d+\]/g, '');
}
