import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { type ExecutionEvent } from '../../src/contract/events.js';
import { Engine } from './support/engine.fixture.js';
import { checkLog } from './support/log.checker.js';
import { outcomeOf } from './support/model.js';
import { PROPERTY_TIMEOUT, runs } from './support/runs.js';
import { tree } from './support/trees.arbitrary.js';

describe('any workflow', () => {
  let engine: Engine;
  beforeAll(async () => {
    engine = await Engine.open();
  });
  afterAll(() => engine.close());

  it('runs to an end, and its log is well-formed', async () => {
    await fc.assert(
      fc.asyncProperty(tree({ deterministic: false, stubborn: true }), async ({ definition, input }) => {
        const log = await engine.run(definition, input);
        const { starts } = checkLog(definition, log);
        const ran = engine.calls.filter(({ executionId }) => executionId === log[0]?.executionId).map(({ stepId, attempt }) => `${stepId} ${attempt}`);
        // An agent is called once for each start of its step, or not at all where that was cancelled in the same moment.
        const started = new Set(starts.map(({ stepId, attempt }) => `${stepId} ${attempt}`));
        expect(new Set(ran).size).toBe(ran.length);
        expect(ran.filter((one) => !started.has(one))).toEqual([]);
      }),
      runs(300),
    );
  }, PROPERTY_TIMEOUT);

  it('comes to what the model says, where that does not depend on time', async () => {
    await fc.assert(
      fc.asyncProperty(tree({ deterministic: true, stubborn: true }), async ({ definition, input }) => {
        const log = await engine.run(definition, input);
        checkLog(definition, log);
        const outcome = outcomeOf(definition, input);
        const end = log.at(-1) as ExecutionEvent;
        expect(end.type).toBe(outcome.completed ? 'workflow_completed' : 'workflow_failed');
        if (outcome.completed) expect(end.data).toEqual({ result: outcome.output });
      }),
      runs(300),
    );
  }, PROPERTY_TIMEOUT);
});
