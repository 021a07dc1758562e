/** P13: a cancel at any moment ends everything, at once and for good. */
import { setImmediate as turn } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { type ExecutionEvent, TERMINAL_TYPES } from '../../src/contract/events.js';
import { prefixesOf, recover } from './support/crash.fixture.js';
import { Engine } from './support/engine.fixture.js';
import { checkLog } from './support/log.checker.js';
import { PROPERTY_TIMEOUT, runs } from './support/runs.js';
import { PICKED } from './support/trees.js';
import { type Tree, tree } from './support/trees.arbitrary.js';

describe('cancel', () => {
  let engine: Engine;
  beforeAll(async () => {
    engine = await Engine.open();
  });
  afterAll(() => engine.close());

  /** Cancels when `after` events are committed and `turns` of the loop have gone by; answers what that gave. */
  const cancelled = async ({ definition, input }: Tree, after: number, turns = 0): Promise<{ id: string; refused: unknown; log: ExecutionEvent[] }> => {
    const id = await engine.start(definition, input);
    if (after > 0) await committed(id, after);
    for (let i = 0; i < turns; i++) await turn();
    const refused: unknown = await engine.executions.cancel(id).then(() => undefined, (error: unknown) => error);
    return { id, refused, log: await engine.log(id) };
  };
  const committed = (id: string, count: number) =>
    new Promise<void>((resolve, reject) => {
      let seen = 0;
      engine.executions.stream(id).subscribe({ next: () => ++seen === count && resolve(), complete: resolve, error: reject });
    });

  it('at any moment of any workflow: nothing is told after it has answered, and every agent has seen its signal', async () => {
    await fc.assert(
      fc.asyncProperty(tree({ deterministic: false, stubborn: true }), fc.nat({ max: 40 }), fc.nat({ max: 4 }), async (one, after, turns) => {
        const { id, refused, log } = await cancelled(one, after, turns);
        const calls = engine.calls.filter(({ executionId }) => executionId === id);
        expect(calls.filter(({ settled, signal }) => !settled && !signal.aborted)).toEqual([]);
        checkLog(one.definition, log);
        if (refused === undefined) {
          expect(log.at(-1)?.type).toBe('workflow_cancelled');
          await engine.executions.cancel(id);
        } else {
          expect(refused).toMatchObject({ code: 'already_finished' });
          expect(log.at(-1)?.type).toMatch(/^workflow_(completed|failed)$/);
        }
        // Those that do not listen come to their own end, and nobody hears of it.
        while (calls.some(({ settled }) => !settled)) await turn();
        await engine.journal.flushed();
        expect(await engine.log(id)).toEqual(log);
      }),
      runs(300),
    );
  }, PROPERTY_TIMEOUT);

  it.each(PICKED)('after every event of %s, and the process may die in the middle of it', async (_name, picked) => {
    const whole = await engine.run(picked.definition, picked.input);
    for (let after = 1; after < whole.length; after += 3) {
      const { log } = await cancelled(picked, after);
      checkLog(picked.definition, log);
      if (log.at(-1)?.type !== 'workflow_cancelled') continue;
      const begun = log.findIndex((event) => event.type === 'step_cancelled' && event.data.reason === 'cancelled');
      if (begun < 0) continue;
      for (const k of prefixesOf(log).filter((n) => n > begun)) {
        const recovered = await recover(picked, log.slice(0, k));
        checkLog(picked.definition, recovered.log);
        expect(recovered.log.at(-1)?.type).toBe('workflow_cancelled');
        expect(recovered.calls).toEqual([]);
      }
    }
  }, PROPERTY_TIMEOUT);

  it('by several at once is one cancel', async () => {
    await fc.assert(
      fc.asyncProperty(tree({ deterministic: false, stubborn: true }), fc.nat({ max: 20 }), async (one, after) => {
        const id = await engine.start(one.definition, one.input);
        if (after > 0) await committed(id, after);
        await Promise.allSettled([1, 2, 3].map(() => engine.executions.cancel(id)));
        const log = await engine.log(id);
        checkLog(one.definition, log);
        expect(log.filter(({ type }) => TERMINAL_TYPES.has(type))).toHaveLength(1);
      }),
      runs(60),
    );
  }, PROPERTY_TIMEOUT);
});
