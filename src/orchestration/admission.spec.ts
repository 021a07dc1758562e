import { describe, expect, it, jest } from '@jest/globals';
import fc from 'fast-check';
import { type StepcastError } from '../contract/errors.js';
import { Admission } from './admission.js';

/** Launched ids, in order; `size` is the number of users that something is kept of. */
function admission(running: number, queued: number) {
  const launched: string[] = [];
  const made = new Admission({ running, queued });
  return {
    made, launched,
    launch: (id: string) => () => void launched.push(id),
    size: () => (made as unknown as { shares: Map<string, unknown> }).shares.size,
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
    expect(() => made.reserve('ann')).toThrow();
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

  it('may be left by what it launches', () => {
    const { made, size } = admission(1, 5);
    const launch = jest.fn(() => made.leave('ann'));
    for (const id of ['a', 'b', 'c']) made.reserve('ann').enter(id, launch);
    expect(launch).toHaveBeenCalledTimes(3);
    expect(size()).toBe(0);
  });

  it('never runs more than its bound, launches all that were not withdrawn, and keeps nothing of who has none', () => {
    const act = fc.record({ what: fc.constantFrom('reserve', 'enter', 'cancel', 'leave', 'withdraw'), user: fc.constantFrom('ann', 'bob'), pick: fc.nat(9) });
    fc.assert(fc.property(fc.integer({ min: 1, max: 3 }), fc.integer({ min: 0, max: 3 }), fc.array(act, { maxLength: 80 }), (running, queued, acts) => {
      const { made, size } = admission(running, queued);
      const users = { ann: { slots: [], waiting: [], running: 0 }, bob: { slots: [], waiting: [], running: 0 } } as Record<string, { slots: ReturnType<Admission['reserve']>[]; waiting: string[]; running: number }>;
      let next = 0;
      const enter = (slot: ReturnType<Admission['reserve']>, model: (typeof users)[string]) => {
        const id = String(next++);
        model.waiting.push(id);
        slot.enter(id, () => {
          // First come, first served.
          expect(model.waiting.shift()).toBe(id);
          model.running++;
          expect(model.running).toBeLessThanOrEqual(running);
        });
      };
      for (const { what, user, pick } of acts) {
        const model = users[user] as (typeof users)[string];
        const slot = model.slots[pick];
        if (what === 'reserve') {
          const full = model.slots.length + model.running + model.waiting.length >= running + queued;
          if (full) expect(() => made.reserve(user)).toThrow();
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
      }
      for (const [user, model] of Object.entries(users)) {
        for (const slot of model.slots) slot.cancel();
        while (model.running > 0) {
          model.running--;
          made.leave(user);
        }
        expect(model.waiting).toEqual([]);
      }
      expect(size()).toBe(0);
    }));
  });
});
