/** Where each step of a definition stands, worked out from the definition alone: what the `step` of every event must agree with. */
import { childrenOf, type Step, type WorkflowDefinition } from '../../../src/contract/definition.js';

export interface Place {
  step: Step;
  parent: Step | undefined;
  index: number;
  total: number;
  /** Whether it is a branch of a `parallel`. */
  branch: boolean;
}

export function placesOf(definition: WorkflowDefinition): Map<string, Place> {
  const places = new Map<string, Place>();
  const walk = (steps: readonly Step[], parent: Step | undefined) => {
    steps.forEach((step, index) => {
      places.set(step.name, { step, parent, index, total: steps.length, branch: parent?.type === 'parallel' });
      walk(childrenOf(step), step);
    });
  };
  walk(definition.steps, undefined);
  return places;
}

export interface StepPath {
  name: string;
  parentId: string | undefined;
  /** The round of the loop right above, where there is one. */
  round: number | undefined;
  /** The round of the nearest loop above, or 0. */
  iteration: number;
}

/** `refine[2]/critic` taken apart. */
export function pathOf(id: string): StepPath {
  const cut = id.lastIndexOf('/');
  const name = id.slice(cut + 1);
  if (cut < 0) return { name, parentId: undefined, round: undefined, iteration: 0 };
  const above = id.slice(0, cut);
  const loop = /^(.*)\[(\d+)\]$/.exec(above);
  const rounds = [...above.matchAll(/\[(\d+)\]/g)];
  return {
    name, parentId: loop ? loop[1] : above, round: loop ? Number(loop[2]) : undefined,
    iteration: Number(rounds.at(-1)?.[1] ?? 0),
  };
}
