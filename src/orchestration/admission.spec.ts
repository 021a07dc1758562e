import { describe, expect, it, jest } from '@jest/globals';
import fc from 'fast-check';
import { type StepcastError } from '../contract/errors.js';
import { Admission } from './admission.js';

/** Launched ids, in order; `size` is how much is kept: nothing, where nobody has anything. */
function admission(running: number, queued: number, all?: { running: number; queued: number }) {
  const launched: string[] = [];
  const made = new Admission({ running, queued }, all);
  return {
    made, launched,
    launch: (id: string) => () => void launched.push(id),
    size: () => {
      const { shares, ready, total } = made as unknown as { shares: Map<string, unknown>; ready: Map<string, unknown>; total: Record<string, number> };
      return shares.size + ready.size + Object.values(total).reduce((sum, count) => sum + count);
    },
  };
}

describe('admission', () => {
  it('launches at once below the bound, and above it in the order of the starts', () => {
    const { made, launched, launch } = admission(2, 10);
    for (const id of ['a', 'b', 'c', 'd']) made.reserve('ann').enter(id, launch(id));
    expect(launched).toEqual(['a', 'b']);
    made.leave('ann');
    expect(launched).toEqual(['a', 'b', 'c']);
    made.leave('ann');
    expect(launched).toEqual(['a', 'b', 'c', 'd']);
  });

  it('refuses above the second bound, and says how it stands', () => {
    const { made, launch } = admission(1, 1);
    for (const id of ['a', 'b']) made.reserve('ann').enter(id, launch(id));
    expect(() => made.reserve('ann')).toThrow('1 executions run and 1 wait already');
    try {
      made.reserve('ann');
    } catch (error) {
      expect(error).toMatchObject({ code: 'too_many_executions', options: { retryAfterSeconds: 1 } } satisfies Partial<StepcastError>);
    }
  });

  it('counts what is reserved: parallel starts do not get round the bound', () => {
    const { made } = admission(1, 1);
    const first = made.reserve('ann');
    made.reserve('ann');
    expect(() => made.reserve('ann')).toThrow('0 executions run and 2 wait already');
    first.cancel();
    expect(() => made.reserve('ann')).not.toThrow();
  });

  it('gives a place back once, however often that is asked', () => {
    const { made, launch } = admission(1, 1);
    const slot = made.reserve('ann');
    slot.cancel();
    slot.cancel();
    const other = made.reserve('ann');
    other.enter('a', launch('a'));
    other.cancel();
    made.reserve('ann');
    expect(() => made.reserve('ann')).toThrow();
  });

  it('keeps users apart', () => {
    const { made, launched, launch } = admission(1, 0);
    made.reserve('ann').enter('a', launch('a'));
    made.reserve('bob').enter('b', launch('b'));
    expect(launched).toEqual(['a', 'b']);
  });

  it('takes what was admitted before, bound or not', () => {
    const { made, launched, launch } = admission(1, 0);
    for (const id of ['a', 'b', 'c']) made.enter('ann', id, launch(id));
    expect(launched).toEqual(['a']);
    made.leave('ann');
    made.leave('ann');
    expect(launched).toEqual(['a', 'b', 'c']);
  });

  it('takes one that waits out of the queue, and none that runs or is unknown', () => {
    const { made, launched, launch } = admission(1, 2);
    for (const id of ['a', 'b', 'c']) made.reserve('ann').enter(id, launch(id));
    expect([made.withdraw('ann', 'b'), made.withdraw('ann', 'b'), made.withdraw('ann', 'a'), made.withdraw('bob', 'c')]).toEqual([true, false, false, false]);
    made.leave('ann');
    expect(launched).toEqual(['a', 'c']);
  });

  it('runs no more of all users together than its bound, and lets the users take turns', () => {
    const { made, launched, launch } = admission(10, 10, { running: 2, queued: 100 });
    for (const id of ['a1', 'a2', 'a3', 'a4', 'a5']) made.reserve('ann').enter(id, launch(id));
    for (const id of ['b1', 'b2']) made.reserve('bob').enter(id, launch(id));
    made.reserve('carl').enter('c1', launch('c1'));
    expect(launched).toEqual(['a1', 'a2']);
    expect([made.hasRoom('ann'), made.hasRoom('bob'), made.hasRoom('dora')]).toEqual([false, false, false]);
    made.leave('ann');
    made.leave('ann');
    made.leave('ann');
    made.leave('bob');
    made.leave('carl');
    made.leave('ann');
    expect(launched).toEqual(['a1', 'a2', 'a3', 'b1', 'c1', 'a4', 'b2', 'a5']);
  });

  it('passes by a user whose own bound is reached, until it is not', () => {
    const { made, launched, launch } = admission(1, 10, { running: 3, queued: 100 });
    for (const id of ['a1', 'a2', 'a3']) made.reserve('ann').enter(id, launch(id));
    for (const id of ['b1', 'b2']) made.reserve('bob').enter(id, launch(id));
    expect(launched).toEqual(['a1', 'b1']);
    made.reserve('carl').enter('c1', launch('c1'));
    made.reserve('dora').enter('d1', launch('d1'));
    expect(launched).toEqual(['a1', 'b1', 'c1']);
    made.leave('ann');
    expect(launched).toEqual(['a1', 'b1', 'c1', 'd1']);
    made.leave('carl');
    expect(launched).toEqual(['a1', 'b1', 'c1', 'd1', 'a2']);
  });

  it('refuses everybody above the second bound of all, and those above their own first', () => {
    const { made, launch } = admission(2, 2, { running: 2, queued: 3 });
    for (const id of ['a1', 'a2', 'a3', 'a4']) made.reserve('ann').enter(id, launch(id));
    const held = made.reserve('bob');
    expect(() => made.reserve('ann')).toThrow(expect.objectContaining({ code: 'too_many_executions' }));
    expect(() => made.reserve('bob')).toThrow(expect.objectContaining({ code: 'capacity_exceeded', status: 503, options: { retryAfterSeconds: 5 } }));
    expect([made.remaining('ann'), made.remaining('bob'), made.remaining('carl'), made.limit]).toEqual([0, 3, 4, 4]);
    held.cancel();
    expect(() => made.reserve('carl')).not.toThrow();
  });

  it('tells who waits, the next one first, as it changes', () => {
    const { made, launch } = admission(1, 5);
    for (const id of ['a', 'b', 'c', 'd']) made.reserve('ann').enter(id, launch(id));
    const waiting = () => [...made.waitingOf('ann')];
    expect([waiting(), [...made.waitingOf('bob')]]).toEqual([['b', 'c', 'd'], []]);
    made.withdraw('ann', 'c');
    expect(waiting()).toEqual(['b', 'd']);
    made.leave('ann');
    expect(waiting()).toEqual(['d']);
  });

  it('is not held up by a launch that throws', () => {
    const { made, launched, launch } = admission(2, 5);
    expect(() => made.enter('ann', 'a', () => { throw new Error('no'); })).toThrow('no');
    made.enter('ann', 'b', launch('b'));
    expect(launched).toEqual(['b']);
  });

  it('may be left by what it launches', () => {
    const { made, size } = admission(1, 5);
    const launch = jest.fn(() => made.leave('ann'));
    for (const id of ['a', 'b', 'c']) made.reserve('ann').enter(id, launch);
    expect(launch).toHaveBeenCalledTimes(3);
    expect(size()).toBe(0);
  });

  it('never runs more than its bounds, launches all that were not withdrawn, in order and without need of a place left free, and keeps nothing of who has none', () => {
    const act = fc.record({ what: fc.constantFrom('reserve', 'enter', 'cancel', 'leave', 'withdraw'), user: fc.constantFrom('ann', 'bob', 'carl'), pick: fc.nat(9) });
    const bounds = fc.record({ running: fc.integer({ min: 1, max: 3 }), queued: fc.integer({ min: 0, max: 3 }) });
    fc.assert(fc.property(bounds, bounds, fc.array(act, { maxLength: 120 }), (own, all, acts) => {
      const { made, size } = admission(own.running, own.queued, all);
      type Model = { slots: ReturnType<Admission['reserve']>[]; waiting: string[]; running: number };
      const users: Record<string, Model> = Object.fromEntries(['ann', 'bob', 'carl'].map((user) => [user, { slots: [], waiting: [], running: 0 }]));
      const sum = (count: (model: Model) => number) => Object.values(users).reduce((total, model) => total + count(model), 0);
      let next = 0;
      const enter = (slot: Model['slots'][0], model: Model) => {
        const id = String(next++);
        model.waiting.push(id);
        slot.enter(id, () => {
          // First come, first served.
          expect(model.waiting.shift()).toBe(id);
          model.running++;
          expect(model.running).toBeLessThanOrEqual(own.running);
          expect(sum(({ running }) => running)).toBeLessThanOrEqual(all.running);
        });
      };
      for (const { what, user, pick } of acts) {
        const model = users[user] as Model;
        const slot = model.slots[pick];
        if (what === 'reserve') {
          const held = ({ slots, running, waiting }: Model) => slots.length + running + waiting.length;
          const full = held(model) >= own.running + own.queued ? 'too_many_executions' : sum(held) >= all.running + all.queued ? 'capacity_exceeded' : undefined;
          if (full) expect(() => made.reserve(user)).toThrow(expect.objectContaining({ code: full }));
          else model.slots.push(made.reserve(user));
        } else if (what === 'enter' && slot) {
          model.slots.splice(pick, 1);
          enter(slot, model);
        } else if (what === 'cancel' && slot) {
          model.slots.splice(pick, 1);
          slot.cancel();
        } else if (what === 'leave' && model.running > 0) {
          model.running--;
          made.leave(user);
        } else if (what === 'withdraw' && model.waiting[pick] !== undefined) {
          const [id] = model.waiting.splice(pick, 1) as [string];
          expect(made.withdraw(user, id)).toBe(true);
        }
        for (const [name, each] of Object.entries(users)) {
          expect([...made.waitingOf(name)]).toEqual(each.waiting);
          // Nobody waits for a place that is free.
          if (each.waiting.length > 0) expect(each.running === own.running || sum(({ running }) => running) === all.running).toBe(true);
        }
      }
      for (const { slots } of Object.values(users)) for (const slot of slots) slot.cancel();
      while (sum(({ running }) => running) > 0) {
        for (const [user, model] of Object.entries(users)) {
          if (model.running === 0) continue;
          model.running--;
          made.leave(user);
        }
      }
      expect(sum(({ waiting }) => waiting.length)).toBe(0);
      expect(size()).toBe(0);
    }));
  });
});
