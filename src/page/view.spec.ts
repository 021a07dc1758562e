/** The page's fold is the service's: both fold the same logs, and are compared after each event. */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Engine } from '../../test/property/support/engine.fixture.js';
import { PROPERTY_TIMEOUT } from '../../test/property/support/runs.js';
import { PICKED } from '../../test/property/support/trees.js';
import { type WorkflowDefinition } from '../contract/definition.js';
import { type ExecutionEvent } from '../contract/events.js';
import { applyEvent as applyToState, type ExecutionState, initialState } from '../contract/state.js';
import { applyEvent, isWithin, newView, placeOf, ROUNDS_KEPT, type StepView, type View } from './view.js';

describe('what the page shows', () => {
  let engine: Engine;
  beforeAll(async () => {
    engine = await Engine.open();
  });
  afterAll(() => engine.close());

  const known = ({ id, name, type, status, attempt, iteration, text, reasoning, output, error, prompt, schema, startedAt, finishedAt, durationMs }: StepView | ExecutionState['steps'][string]) =>
    ({ id, name, type, status, attempt, iteration, text, reasoning, output, error, prompt, schema, startedAt, finishedAt, durationMs });
  const shownOf = (view: View) => ({ ...view, reason: undefined, steps: [...view.steps.values()].map(known) });
  const expectedOf = ({ id, workflow, status, progress, lastSeq, steps, activeSteps, startedAt, finishedAt, result, error }: ExecutionState) =>
    ({ id, workflow, status, progress, lastSeq, steps: Object.values(steps).map(known), activeSteps, startedAt, finishedAt, result, error });

  /** Folds a log twice, and compares after each event. */
  const compare = (log: readonly ExecutionEvent[]) => {
    const id = (log[0] as ExecutionEvent).executionId;
    const view = newView(id, 'picked');
    const state = initialState({ id, workflow: 'picked', createdAt: '' });
    for (const event of log) {
      applyEvent(view, event);
      applyToState(state, event);
      expect(shownOf(view)).toEqual(expectedOf(state));
    }
  };

  it.each(PICKED)('is what the service says, at every moment of %s', async (_name, { definition, input }) => {
    compare(await engine.run(definition, input));
  }, PROPERTY_TIMEOUT);

  it.each(PICKED)('takes back what a crash voids, wherever it comes in %s', async (_name, { definition, input }) => {
    const log = await engine.run(definition, input);
    const step = Math.ceil(log.length / 25);
    for (let at = 1; at < log.length; at += step) {
      const last = log[at - 1] as ExecutionEvent;
      const { executionId, workflow, timestamp, progress } = last;
      const resumed: ExecutionEvent = { seq: at + 1, type: 'workflow_resumed', executionId, workflow, timestamp, progress, data: { reason: 'restart', fromSeq: at } };
      compare([...log.slice(0, at), resumed]);
    }
  }, PROPERTY_TIMEOUT);

  it('keeps the last rounds of a long loop, and says how many it does not', async () => {
    const rounds = ROUNDS_KEPT + 7;
    const definition: WorkflowDefinition = { name: 'long', steps: [{ type: 'iteration', name: 'l', maxIterations: rounds, step: { type: 'sequential', name: 's', steps: [{ type: 'agent', name: 'a', agent: 'echo', input: 1 }] } }] };
    const view = newView('x');
    for (const event of await engine.run(definition)) applyEvent(view, event);
    const ids = Array.from({ length: ROUNDS_KEPT }, (_, i) => [`l[${i + 8}]/s`, `l[${i + 8}]/s/a`]).flat();
    expect([...view.steps.keys()]).toEqual(['l', ...ids]);
    expect(view.steps.get('l')).toMatchObject({ status: 'completed', roundsForgotten: 7 });
  });

  it('knows where a step belongs', () => {
    expect(placeOf('plan')).toEqual({ parent: undefined, round: undefined });
    expect(placeOf('gather/a')).toEqual({ parent: 'gather', round: undefined });
    expect(placeOf('refine[2]/critic')).toEqual({ parent: 'refine', round: 2 });
    expect(placeOf('a[1]/b[12]/c')).toEqual({ parent: 'a[1]/b', round: 12 });
    expect(isWithin('r[2]/s', 'r') && isWithin('r/s', 'r') && isWithin('r', 'r') && !isWithin('rs', 'r')).toBe(true);
  });
});
