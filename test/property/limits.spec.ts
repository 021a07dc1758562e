/** An execution that tells more than it may is failed at any place of any workflow, and its log is as whole as any other. */
import { setImmediate as turn } from 'node:timers/promises';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { TERMINAL_TYPES } from '../../src/contract/events.js';
import { prefixesOf } from './support/crash.fixture.js';
import { journalAfterCrash, withEngine } from './support/engine.fixture.js';
import { checkLog } from './support/log.checker.js';
import { PROPERTY_TIMEOUT, runs } from './support/runs.js';
import { tree } from './support/trees.arbitrary.js';

describe('the bound of events', () => {
  it('is kept in any workflow: every step tells its end, every agent sees its signal, and the failure is the last event', async () => {
    await fc.assert(
      fc.asyncProperty(tree({ deterministic: false }), fc.integer({ min: 12, max: 60 }), async ({ definition, input }, most) => {
        await withEngine({ options: { maxEventsPerExecution: most } }, async (engine) => {
          const log = await engine.run(definition, input);
          checkLog(definition, log);
          expect(log.filter(({ type }) => TERMINAL_TYPES.has(type))).toHaveLength(1);
          expect(log.length).toBeLessThanOrEqual(most);
          while (engine.calls.some(({ settled }) => !settled)) await turn();
        });
      }),
      runs(200),
    );
  }, PROPERTY_TIMEOUT);

  it('is kept over a crash, wherever it comes', async () => {
    await fc.assert(
      fc.asyncProperty(tree({ deterministic: false }), fc.integer({ min: 12, max: 40 }), fc.nat({ max: 1000 }), async ({ definition, input }, most, pick) => {
        const options = { maxEventsPerExecution: most };
        const whole = await withEngine({ options }, (engine) => engine.run(definition, input));
        const prefixes = prefixesOf(whole);
        const { journal, id } = await journalAfterCrash(definition, input, whole.slice(0, prefixes[pick % prefixes.length]));
        await withEngine({ journal, options }, async (engine) => {
          const log = await engine.ended(id);
          checkLog(definition, log);
          // A resume tells of itself what no bound can spare.
          expect(log.length).toBeLessThanOrEqual(most + 2);
        });
      }),
      runs(100),
    );
  }, PROPERTY_TIMEOUT);
});
