import { describe, expect, it } from '@jest/globals';
import { FairQueue } from './fair.queue.js';

interface Item {
  user: string | undefined;
  n: number;
}

function queueOf(...users: (string | undefined)[]): { queue: FairQueue<Item>; items: Item[] } {
  const queue = new FairQueue<Item>();
  const items = users.map((user, n) => ({ user, n }));
  for (const item of items) queue.add(item);
  return { queue, items };
}

/** Takes the first of each turn until nobody is left. */
function drain(queue: FairQueue<Item>): number[] {
  const order: number[] = [];
  for (let [head] = queue.heads(); head; [head] = queue.heads()) {
    order.push(head.n);
    queue.takeHead(head.user);
  }
  return order;
}

describe('who waits', () => {
  it('goes in the order they came, where they are of one user', () => {
    expect(drain(queueOf('a', 'a', 'a').queue)).toEqual([0, 1, 2]);
  });

  it('goes by turns of the users, and each one\'s own in their order', () => {
    const { queue } = queueOf('a', 'a', 'a', 'b', 'c', 'b', undefined);
    expect(queue.size).toBe(7);
    expect(drain(queue)).toEqual([0, 3, 4, 6, 1, 5, 2]);
    expect(queue.size).toBe(0);
  });

  it('knows who goes before, as it stands', () => {
    const { queue, items } = queueOf('a', 'a', 'a', 'b', 'b', 'c');
    const before = (n: number) => queue.ahead(items[n] as Item).map((item) => item.n).toSorted((x, y) => x - y);
    expect(items.map(({ n }) => before(n))).toEqual([[], [0, 3, 5], [0, 1, 3, 4, 5], [0], [0, 1, 3, 5], [0, 3]]);
    const order = drain(queueOf('a', 'a', 'a', 'b', 'b', 'c').queue);
    for (const { n } of items) expect(before(n)).toEqual(order.slice(0, order.indexOf(n)).toSorted((x, y) => x - y));
    expect(queue.ownAhead(items[2] as Item).map(({ n }) => n)).toEqual([0, 1]);
  });

  it('leaves, and the turns stay as they are', () => {
    const { queue, items } = queueOf('a', 'b', 'a');
    queue.remove(items[0] as Item);
    queue.remove(items[0] as Item);
    expect(queue.has(items[0] as Item)).toBe(false);
    expect(queue.has(items[2] as Item)).toBe(true);
    expect(drain(queue)).toEqual([2, 1]);
    expect(drain(queueOf('a').queue)).toEqual([0]);
    queue.takeHead('nobody');
    expect(queue.size).toBe(0);
  });

  it('is let go of all at once', () => {
    const { queue } = queueOf('a', 'b', 'a');
    expect(queue.clear().map(({ n }) => n)).toEqual([0, 2, 1]);
    expect(queue.size).toBe(0);
  });
});
