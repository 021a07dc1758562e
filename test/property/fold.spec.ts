/** The status is the fold of the log: at every moment, in any portions, and without a trace on what was folded before. */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { type ExecutionEvent } from '../../src/contract/events.js';
import { type ExecutionState, fold, initialState } from '../../src/contract/state.js';
import { Engine } from './support/engine.fixture.js';
import { PROPERTY_TIMEOUT, runs } from './support/runs.js';
import { tree } from './support/trees.arbitrary.js';

describe('fold', () => {
  let engine: Engine;
  beforeAll(async () => {
    engine = await Engine.open();
  });
  afterAll(() => engine.close());

  const seedOf = ({ id, workflow, createdAt }: ExecutionState) => initialState({ id, workflow, createdAt });

  it('gives the status of any execution, while it runs and after', async () => {
    await fc.assert(
      fc.asyncProperty(tree({ deterministic: false, stubborn: true }), async ({ definition, input }) => {
        const id = await engine.start(definition, input);
        const seen: ExecutionState[] = [];
        const watch = engine.journal.commits$.subscribe(({ batches }) => {
          if (batches.some(({ executionId }) => executionId === id)) void engine.executions.status(id).then((state) => seen.push(state));
        });
        const log = await engine.ended(id);
        watch.unsubscribe();
        const last = await engine.executions.status(id);
        expect(last.lastSeq).toBe(log.length);
        for (const state of [...seen, last]) expect(state).toEqual(fold(seedOf(last), log.slice(0, state.lastSeq)));
      }),
      runs(100),
    );
  }, PROPERTY_TIMEOUT);

  it('gives the same in any portions, and leaves what it is given as it is', async () => {
    await fc.assert(
      fc.asyncProperty(tree({ deterministic: false, stubborn: true }), fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 8 }), async ({ definition, input }, portions) => {
        const log = deepFreeze(await engine.run(definition, input));
        const seed = deepFreeze(initialState({ id: (log[0] as ExecutionEvent).executionId, workflow: definition.name, createdAt: '' }));
        const whole = fold(seed, log);
        // Frozen all through: whoever writes to what it was given throws.
        let state: ExecutionState = seed;
        for (let at = 0, i = 0; at < log.length; i++) {
          const size = portions[i % portions.length] as number;
          state = deepFreeze(fold(state, log.slice(at, at + size)));
          at += size;
        }
        expect(state).toEqual(whole);
      }),
      runs(100),
    );
  }, PROPERTY_TIMEOUT);
});

function deepFreeze<T>(value: T): T {
  if (value !== null && typeof value === 'object' && !Object.isFrozen(value)) {
    Object.freeze(value);
    Object.values(value).forEach(deepFreeze);
  }
  return value;
}
