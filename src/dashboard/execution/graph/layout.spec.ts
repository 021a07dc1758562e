import { describe, expect, it } from '@jest/globals';
import { type Step } from '../../../contract/definition.js';
import { type StepState } from '../../../contract/state.js';
import { layoutOf, type Place } from './layout.js';
import { grownTree, namesOf, standings, treeOf } from './step.tree.js';

const agent = (name: string): Step => ({ type: 'agent', name, agent: 'echo' });
const STEPS: Step[] = [
  agent('first'),
  { type: 'parallel', name: 'p', steps: [agent('a'), { type: 'sequential', name: 's', steps: [agent('b'), agent('c')] }] },
  { type: 'conditional', name: 'if', when: 'true', then: agent('yes'), else: agent('no') },
  { type: 'iteration', name: 'loop', maxIterations: 3, step: agent('turn') },
];

function state(id: string, iteration = 0, status: StepState['status'] = 'completed'): StepState {
  return { id, name: id.split('/').at(-1) as string, type: 'agent', status, attempt: 1, iteration, progress: 0, text: '', reasoning: '' };
}

describe('the graph', () => {
  it.each([false, true])('has each step once, and no two in the same place but one within the other (upright: %s)', (upright) => {
    const { places, edges } = layoutOf(treeOf(STEPS), upright);
    expect(places.map(({ node }) => node.name)).toEqual(['first', 'p', 'a', 's', 'b', 'c', 'if', 'yes', 'no', 'loop', 'turn']);
    const within = (outer: Place, inner: Place) => inner.x >= outer.x && inner.y >= outer.y && inner.x + inner.width <= outer.x + outer.width && inner.y + inner.height <= outer.y + outer.height;
    for (const [i, one] of places.entries()) {
      for (const other of places.slice(i + 1)) {
        const overlap = one.x < other.x + other.width && other.x < one.x + one.width && one.y < other.y + other.height && other.y < one.y + one.height;
        if (overlap) expect(namesOf([one.node])).toContain(other.node.name);
        expect(within(one, other)).toBe(namesOf(one.node.children).includes(other.node.name));
      }
    }
    expect(edges.map(({ from, to }) => `${from}>${to}`).sort()).toEqual(['b>c', 'first>p', 'if>loop', 'p>if']);
  });

  it('is laid out at once for the most steps that a workflow has', () => {
    const { places } = layoutOf(treeOf([{ type: 'parallel', name: 'p', steps: Array.from({ length: 999 }, (_, i) => agent(`s${i}`)) }]), false);
    expect(new Set(places.map(({ x, y }) => `${x} ${y}`)).size).toBe(1000);
  });

  it('grows with the steps that have begun, where there is no definition, rounds of a loop as one', () => {
    const states = Object.fromEntries(['p', 'p/a', 'loop', 'loop[1]/turn', 'loop[2]/turn', 'loop[2]/turn/x', 'constructor'].map((id) => [id, state(id)]));
    expect(grownTree(states)).toMatchObject([{ name: 'p', children: [{ name: 'a' }] }, { name: 'loop', children: [{ name: 'turn', children: [{ name: 'x' }] }] }, { name: 'constructor', children: [] }]);
  });

  it('tells of a step in a loop its latest round, and how many there were', () => {
    const byName = standings({ 'l[1]/t': state('l[1]/t', 1), 'l[2]/t': state('l[2]/t', 2, 'running') });
    expect(byName.get('t')).toMatchObject({ rounds: 2, step: { id: 'l[2]/t', status: 'running' } });
    expect(byName.get('toString')).toBeUndefined();
  });
});
