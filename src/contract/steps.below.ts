/**
 * Which steps lie below which, of a record of steps that only grows. A loop may have run tens of thousands of them, and to
 * look through all at each retry in it would take the square of their number: they are looked through once.
 */
import { parentIdOf } from './events.js';

/** Ids by that of each step around them. */
type Below = Map<string, string[]>;

const known = new WeakMap<object, Below>();

/** Ids of the steps that lie below one, at any depth, in the order of the record. */
export function stepsBelow(steps: Readonly<Record<string, unknown>>, id: string): readonly string[] {
  let below = known.get(steps);
  if (!below) {
    known.set(steps, (below = new Map<string, string[]>()));
    for (const step of Object.keys(steps)) place(below, step);
  }
  return below.get(id) ?? [];
}

/** To be told of each step that is added. */
export function noteStep(steps: Readonly<Record<string, unknown>>, id: string): void {
  const below = known.get(steps);
  if (below) place(below, id);
}

function place(below: Below, id: string): void {
  for (let around = id; (around = parentIdOf(around)) !== ''; ) {
    const steps = below.get(around);
    if (steps) steps.push(id);
    else below.set(around, [id]);
  }
}
