/**
 * The steps of an execution as a tree. Ids are paths (`gather/a`, `refine[2]/critic`), so each step knows its own place. A node of
 * which nothing has changed, in itself or below it, is the same object as before, and need not be drawn again.
 */
import { type StepState } from '../../contract/state.js';

export interface StepNode {
  readonly step: StepState;
  /** Which round of the loop around it this is, from 1; undefined where none is right around it. */
  readonly round: number | undefined;
  readonly children: readonly StepNode[];
  /** Rounds of its loop that came before those among `children`. */
  readonly earlierRounds: number;
}

/** Rounds of a loop that are shown: 10,000 would be more than anyone looks at, or a page can show. */
export const ROUNDS_SHOWN = 10;

/** The step that one lies right below, and in which round of it. */
export function placeOf(id: string): { parent: string | undefined; round: number | undefined } {
  const slash = id.lastIndexOf('/');
  if (slash < 0) return { parent: undefined, round: undefined };
  const above = id.slice(0, slash);
  const bracket = above.endsWith(']') ? above.lastIndexOf('[') : -1;
  return bracket < 0 ? { parent: above, round: undefined } : { parent: above.slice(0, bracket), round: Number(above.slice(bracket + 1, -1)) };
}

interface Placed {
  step: StepState;
  round: number | undefined;
}

/** @param before The tree of the same execution before. */
export function treeOf(steps: Readonly<Record<string, StepState>>, before: readonly StepNode[] = []): readonly StepNode[] {
  const below = new Map<string | undefined, Placed[]>();
  for (const step of Object.values(steps)) {
    const { parent, round } = placeOf(step.id);
    // Each starts after what it is in; should that be unknown all the same, the step is shown and not lost.
    const place = parent !== undefined && Object.hasOwn(steps, parent) ? parent : undefined;
    const siblings = below.get(place);
    if (siblings) siblings.push({ step, round });
    else below.set(place, [{ step, round }]);
  }
  const grow = (id: string | undefined, old: readonly StepNode[]): readonly StepNode[] => {
    const all = below.get(id) ?? [];
    const firstShown = firstShownOf(all);
    const oldById = new Map(old.map((node) => [node.step.id, node]));
    const nodes = all.filter(({ round }) => round === undefined || round >= firstShown).map(({ step, round }) => {
      const known = oldById.get(step.id);
      const children = grow(step.id, known?.children ?? []);
      const earlierRounds = firstShownOf(below.get(step.id) ?? []) - 1;
      const isSame = known?.step === step && known.children === children && known.earlierRounds === earlierRounds;
      return isSame ? known : { step, round, children, earlierRounds };
    });
    return nodes.length === old.length && nodes.every((node, i) => node === old[i]) ? old : nodes;
  };
  return grow(undefined, before);
}

/** The first round that is shown. */
function firstShownOf(steps: readonly Placed[]): number {
  const last = steps.reduce((most, { round = 0 }) => Math.max(most, round), 0);
  return Math.max(1, last - ROUNDS_SHOWN + 1);
}

/** The text that was written last in a step or below it: what the card of a branch shows of it. */
export function textBelow({ step, children }: StepNode): string {
  return children.reduce((text, child) => textBelow(child) || text, step.text);
}
