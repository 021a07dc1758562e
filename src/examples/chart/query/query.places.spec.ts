import { describe, expect, it } from '@jest/globals';
import { settled } from '../../../../test/support/manual-clock.js';
import { QueryPlaces } from './query.places.js';

const NEVER = new AbortController().signal;

describe('places for queries', () => {
  it('are so many; those who wait get them by turns of the users', async () => {
    const places = new QueryPlaces(2);
    const got: string[] = [];
    const free: (() => void)[] = [];
    const come = (user: string, name: string) => places.take(user, NEVER).then((giveBack) => (got.push(name), free.push(giveBack)));
    for (const [user, name] of [['ann', 'a1'], ['ann', 'a2'], ['ann', 'a3'], ['ann', 'a4'], ['ben', 'b1']] as const) void come(user, name);
    await settled();
    expect(got).toEqual(['a1', 'a2']);
    for (const expected of [['a3'], ['b1'], ['a4'], [], []]) {
      got.length = 0;
      free.shift()?.();
      await settled();
      expect(got).toEqual(expected);
    }
  });

  it('are not waited for by those who are not wanted any more, and not lost by them', async () => {
    const places = new QueryPlaces(1);
    const giveBack = await places.take('ann', NEVER);
    const controller = new AbortController();
    const waiting = places.take('ann', controller.signal);
    const behind = places.take('ann', NEVER);
    controller.abort(new Error('enough'));
    await expect(waiting).rejects.toThrow('enough');
    giveBack();
    (await behind)();
    await expect(places.take('ann', AbortSignal.abort(new Error('before')))).rejects.toThrow('before');
    (await places.take('ann', NEVER))();
  });

  it('that are given in the moment of a cancel are given on', async () => {
    const places = new QueryPlaces(1);
    const giveBack = await places.take('ann', NEVER);
    const controller = new AbortController();
    const waiting = places.take('ann', controller.signal);
    giveBack();
    controller.abort(new Error('enough'));
    (await waiting)();
    (await places.take('ann', NEVER))();
  });
});
