/**
 * Progress over a whole workflow, from its step tree and the events of its steps (P7). Each level shares its part
 * equally among its children; an iteration shares it among `maxIterations`. A change walks up the tree once, so an
 * event costs the depth of its step and not the size of the workflow. Where many executions run the same steps, they
 * share the tree (`share`), and each has but a number a step of its own.
 */
import { childrenOf, type Step } from './definition.js';
import { type EventDraft } from './events.js';

interface Node {
  /** Its place in the values of a meter. */
  index: number;
  parent: Node | undefined;
  children: Node[];
  /** Whether the workflow goes on when the step has failed: a branch of a `parallel` with `onError: continue`. */
  dispensable: boolean;
  /** Share of the parent's progress, where nothing that has happened changes it. */
  weight: number;
}

interface Tree {
  size: number;
  /** By name of the step. */
  nodes: Map<string, Node>;
}

const shared = new WeakMap<readonly Step[], Tree>();

/** The most that progress shows before the workflow has completed. */
const ALMOST = 0.9999;

export class ProgressMeter {
  private readonly tree: Tree;
  /** By the index of the node. */
  private readonly values: number[];
  /** Of nodes whose weight has changed. */
  private weights: Map<Node, number> | undefined;
  private highest = 0;

  constructor(steps: readonly Step[]) {
    this.tree = shared.get(steps) ?? treeOf(steps);
    this.values = new Array<number>(this.tree.size).fill(0);
  }

  /** Makes what all meters of these steps have in common. The steps must not be changed any more. */
  static share(steps: readonly Step[]): void {
    shared.set(steps, treeOf(steps));
  }

  /** Takes an event in; answers the progress to show with it. */
  apply(event: Pick<EventDraft, 'type' | 'data' | 'step'>): number {
    if (event.type === 'workflow_completed') return (this.highest = 1);
    const node = event.step && this.tree.nodes.get(event.step.name);
    if (node) this.applyStep(node, event as EventDraft);
    const shown = Math.floor((this.values[0] as number) * 10_000 + 1e-6) / 10_000;
    this.highest = Math.max(this.highest, Math.min(ALMOST, shown));
    return this.highest;
  }

  /** Never show less than a reader has already been shown. */
  raiseTo(progress: number): void {
    this.highest = Math.max(this.highest, progress);
  }

  private applyStep(node: Node, event: EventDraft): void {
    switch (event.type) {
      case 'step_started':
      case 'step_retrying':
        this.clear(node);
        this.set(node, 0);
        break;
      case 'step_progress':
        this.set(node, event.data.progress);
        break;
      case 'step_completed':
        this.set(node, 1);
        break;
      case 'step_failed':
        if (node.dispensable) this.set(node, 1);
        break;
      case 'step_skipped':
        // The branch not taken leaves the whole share of its conditional to the other.
        if (node.parent) for (const sibling of node.parent.children) this.weigh(sibling, sibling === node ? 0 : 1);
        break;
      case 'iteration_started': {
        const child = node.children[0];
        if (child) {
          this.clear(child);
          this.values[child.index] = 0;
          this.weigh(child, 1 / event.data.maxIterations);
        }
        this.set(node, (event.data.iteration - 1) / event.data.maxIterations);
        break;
      }
      default:
        break;
    }
  }

  private set(node: Node, value: number): void {
    const { values } = this;
    let delta = value - (values[node.index] as number);
    for (let at: Node | undefined = node; at && delta !== 0; at = at.parent) {
      values[at.index] = (values[at.index] as number) + delta;
      delta *= this.weights?.get(at) ?? at.weight;
    }
  }

  private weigh(node: Node, weight: number): void {
    (this.weights ??= new Map()).set(node, weight);
  }

  private clear(node: Node): void {
    for (const child of node.children) {
      this.values[child.index] = 0;
      this.clear(child);
    }
  }
}

function treeOf(steps: readonly Step[]): Tree {
  const tree: Tree = { size: 1, nodes: new Map() };
  grow(tree, { index: 0, parent: undefined, children: [], dispensable: false, weight: 1 }, steps, false);
  return tree;
}

function grow(tree: Tree, parent: Node, steps: readonly Step[], dispensable: boolean): void {
  for (const step of steps) {
    const node: Node = { index: tree.size++, parent, children: [], dispensable, weight: 1 / steps.length };
    tree.nodes.set(step.name, node);
    parent.children.push(node);
    grow(tree, node, childrenOf(step), step.type === 'parallel' && step.onError === 'continue');
  }
}
