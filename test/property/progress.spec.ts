/** P7, for any order of events that the engine makes. That it never falls and ends at 1 is part of every `checkLog`. */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { type WorkflowDefinition } from '../../src/contract/definition.js';
import { type ExecutionEvent } from '../../src/contract/events.js';
import { ProgressMeter } from '../../src/contract/progress.js';
import { prefixesOf, recover } from './support/crash.fixture.js';
import { Engine } from './support/engine.fixture.js';
import { PROPERTY_TIMEOUT, runs } from './support/runs.js';
import { tree } from './support/trees.arbitrary.js';

describe('ProgressMeter', () => {
  let engine: Engine;
  beforeAll(async () => {
    engine = await Engine.open();
  });
  afterAll(() => engine.close());

  it('shows on a log what was shown live, whoever ran it, and after a crash goes on from there', async () => {
    await fc.assert(
      fc.asyncProperty(tree({ deterministic: true }), fc.nat(), async (one, n) => {
        const log = await engine.run(one.definition, one.input);
        expect(metered(one.definition, log)).toEqual(log.map(({ progress }) => progress));
        const ks = prefixesOf(log);
        const { log: resumed } = await recover(one, log.slice(0, ks[n % ks.length]));
        expect(metered(one.definition, resumed)).toEqual(resumed.map(({ progress }) => progress));
      }),
      runs(100),
    );
  }, PROPERTY_TIMEOUT);

  it('rises, stays below 1 until the end, and bounds hold for whatever steps tell of themselves', async () => {
    await fc.assert(
      fc.asyncProperty(tree({ deterministic: false, stubborn: true }), async ({ definition, input }) => {
        const log = await engine.run(definition, input);
        const meter = new ProgressMeter(definition.steps);
        let before = 0;
        for (const event of log) {
          const now = meter.apply(event);
          expect(now).toBeGreaterThanOrEqual(before);
          if (event.type !== 'workflow_completed') expect(now).toBeLessThan(1);
          before = now;
        }
      }),
      runs(100),
    );
  }, PROPERTY_TIMEOUT);
});

function metered({ steps }: WorkflowDefinition, log: readonly ExecutionEvent[]): number[] {
  const meter = new ProgressMeter(steps);
  return log.map((event) => meter.apply(event));
}
