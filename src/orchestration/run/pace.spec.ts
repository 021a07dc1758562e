import { describe, expect, it, jest } from '@jest/globals';
import { turns } from '../../../test/support/engine.js';
import { Pace } from './pace.js';

/** How many of `count` steps have gone on before the loop took its next turn. */
async function stepsInThisTurn(pace: Pace, count: number): Promise<number> {
  let steps = 0;
  let atTurn = -1;
  setImmediate(() => (atTurn = steps));
  for (let i = 0; i < count; i++) {
    await pace.next();
    steps++;
  }
  await turns(1);
  return atTurn;
}

const flushed = () => Promise.resolve();

describe('the pace of an execution', () => {
  it('lets others have a turn every 64 steps', async () => {
    const pace = new Pace({ whenWritable: () => undefined, flushed });
    expect(await stepsInThisTurn(pace, 500)).toBe(63);
    expect(await stepsInThisTurn(new Pace({ whenWritable: () => undefined, flushed }), 40)).toBe(40);
  });

  it('is held back while the journal cannot be written, and asks again when that is said to be over', async () => {
    const waits = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    let at = 0;
    const pace = new Pace({ whenWritable: () => waits[at]?.promise, flushed });
    const wentOn = jest.fn();
    void pace.next()?.then(wentOn);
    at = 1;
    waits[0]?.resolve();
    await turns();
    expect(wentOn).not.toHaveBeenCalled();
    at = 2;
    waits[1]?.resolve();
    await turns();
    expect(wentOn).toHaveBeenCalledTimes(1);
  });

  it('lets nothing work after a wait before its start is in the journal', async () => {
    const commit = Promise.withResolvers<void>();
    const pace = new Pace({ whenWritable: () => undefined, flushed: () => commit.promise });
    expect(pace.beforeWork()).toBeUndefined();
    pace.leavesWait = true;
    let began = false;
    const begun = pace.beforeWork()?.then(() => void (began = true));
    await new Promise((resolve) => setImmediate(resolve));
    expect(began).toBe(false);
    commit.resolve();
    await begun;
    expect(began).toBe(true);
  });
});
