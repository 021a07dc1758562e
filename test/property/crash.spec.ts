/** P1, P11, P12: a process may die after any event, again and again, and the execution comes to the same end. */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { type ExecutionEvent } from '../../src/contract/events.js';
import { checkRecovered, endOf, prefixesOf, recover } from './support/crash.fixture.js';
import { Engine } from './support/engine.fixture.js';
import { checkLog } from './support/log.checker.js';
import { PROPERTY_TIMEOUT, runs } from './support/runs.js';
import { PICKED } from './support/trees.js';
import { tree } from './support/trees.arbitrary.js';

describe('a process that dies', () => {
  let engine: Engine;
  beforeAll(async () => {
    engine = await Engine.open();
  });
  afterAll(() => engine.close());

  it.each(PICKED)('after any event of %s, and again while that goes on', async (_name, picked) => {
    const log = await engine.run(picked.definition, picked.input);
    checkLog(picked.definition, log);
    for (const [i, k] of prefixesOf(log).entries()) {
      const before = log.slice(0, k);
      const first = await recover(picked, before);
      checkRecovered(picked, before, first);
      expect(endOf(first.log)).toEqual(endOf(log));

      // Not after every event again: the second crashes of all first ones together are spread over what is to come.
      const later = prefixesOf(first.log).filter((n) => n > k);
      const again = first.log.slice(0, later[(i * 7) % later.length]);
      const second = await recover(picked, again);
      checkRecovered(picked, again, second);
      expect(endOf(second.log)).toEqual(endOf(log));
    }
  }, PROPERTY_TIMEOUT);

  it('at any two moments of any workflow', async () => {
    await fc.assert(
      fc.asyncProperty(tree({ deterministic: true, stubborn: true }), fc.nat(), fc.nat(), async (one, a, b) => {
        const log = await engine.run(one.definition, one.input);
        let current: readonly ExecutionEvent[] = log;
        let from = 0;
        for (const n of [a, b]) {
          const ks = prefixesOf(current).filter((k) => k >= from);
          const before = current.slice(0, ks[n % ks.length]);
          const recovered = await recover(one, before);
          checkRecovered(one, before, recovered);
          expect(endOf(recovered.log)).toEqual(endOf(log));
          current = recovered.log;
          from = before.length + 1;
        }
      }),
      runs(150),
    );
  }, PROPERTY_TIMEOUT);

  it('at any moment of any workflow, even where time decides what becomes of it', async () => {
    await fc.assert(
      fc.asyncProperty(tree({ deterministic: false, stubborn: true }), fc.nat(), async (one, n) => {
        const log = await engine.run(one.definition, one.input);
        const ks = prefixesOf(log);
        const before = log.slice(0, ks[n % ks.length]);
        checkRecovered(one, before, await recover(one, before));
      }),
      runs(80),
    );
  }, PROPERTY_TIMEOUT);
});
