/**
 * Progress over a whole workflow, from its step tree and the events of its steps (P7). Each level shares its part
 * equally among its children; an iteration shares it among `maxIterations`. A change walks up the tree once, so an
 * event costs the depth of its step and not the size of the workflow.
 */
import { childrenOf, type Step } from './definition.js';
import { type EventDraft } from './events.js';

interface Node {
  parent: Node | undefined;
  children: Node[];
  /** Whether the workflow goes on when the step has failed: a branch of a `parallel` with `onError: continue`. */
  dispensable: boolean;
  /** Share of the parent's progress. */
  weight: number;
  value: number;
}

/** The most that progress shows before the workflow has completed. */
const ALMOST = 0.9999;

export class ProgressMeter {
  private readonly root: Node = { parent: undefined, children: [], dispensable: false, weight: 1, value: 0 };
  private readonly nodes = new Map<string, Node>();
  private highest = 0;

  constructor(steps: readonly Step[]) {
    this.grow(this.root, steps, false);
  }

  /** Takes an event in; answers the progress to show with it. */
  apply(event: Pick<EventDraft, 'type' | 'data' | 'step'>): number {
    if (event.type === 'workflow_completed') return (this.highest = 1);
    const node = event.step && this.nodes.get(event.step.name);
    if (node) this.applyStep(node, event as EventDraft);
    const shown = Math.floor(this.root.value * 10_000 + 1e-6) / 10_000;
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
        if (node.parent) for (const sibling of node.parent.children) sibling.weight = sibling === node ? 0 : 1;
        break;
      case 'iteration_started': {
        const child = node.children[0];
        if (child) {
          this.clear(child);
          child.value = 0;
          child.weight = 1 / event.data.maxIterations;
        }
        this.set(node, (event.data.iteration - 1) / event.data.maxIterations);
        break;
      }
      default:
        break;
    }
  }

  private grow(parent: Node, steps: readonly Step[], dispensable: boolean): void {
    for (const step of steps) {
      const node: Node = { parent, children: [], dispensable, weight: 1 / steps.length, value: 0 };
      this.nodes.set(step.name, node);
      parent.children.push(node);
      this.grow(node, childrenOf(step), step.type === 'parallel' && step.onError === 'continue');
    }
  }

  private set(node: Node, value: number): void {
    let delta = value - node.value;
    let at: Node | undefined = node;
    while (at && delta !== 0) {
      at.value += delta;
      delta *= at.weight;
      at = at.parent;
    }
  }

  private clear(node: Node): void {
    for (const child of node.children) {
      child.value = 0;
      this.clear(child);
    }
  }
}
