/** What waits through deployments: it goes on where the code is the same, and is ended with a reason where it is not. */
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { type WorkflowDefinition } from '../../src/contract/definition.js';
import { type ExecutionEvent } from '../../src/contract/events.js';
import { agent, input, workflow } from '../../src/orchestration/definition/builder.js';
import { checkLog } from '../property/support/log.checker.js';
import { type Exit, Lineage } from './support/lineage.js';
import { Watched } from './support/watched.js';

const TIMEOUT = 120_000;
const GRACEFUL: Exit = { code: 0, signal: null };

const asks = ({ type }: ExecutionEvent) => type === 'input_required';
const resumes = ({ type }: ExecutionEvent) => type === 'workflow_resumed';

describe('a workflow in code', () => {
  let lineage: Lineage;
  beforeEach(async () => {
    lineage = await Lineage.create({ main: 'test/faults/fixtures/app.mjs', env: { FIXTURE_WORKFLOW: 'first' } });
    await lineage.start();
  });
  afterEach(() => lineage.dispose());

  /** Starts it, waits until it waits, and puts another deployment in the place of the one that runs it. */
  const redeploy = async (next: string, signal: NodeJS.Signals): Promise<Watched> => {
    const watched = new Watched(lineage, await lineage.client.start('deployed'));
    await watched.until(asks);
    await lineage.end(signal);
    lineage.env['FIXTURE_WORKFLOW'] = next;
    await lineage.start();
    return watched;
  };

  it.each<[string, string, NodeJS.Signals]>([
    ['workflow_changed', 'changed', 'SIGKILL'],
    ['workflow_not_found', 'none', 'SIGTERM'],
  ])('ends with %s where the deployment is %s after %s', async (code, next, signal) => {
    const watched = await redeploy(next, signal);
    await watched.follower.done;
    expect(watched.log.at(-1)).toMatchObject({ type: 'workflow_failed', data: { error: { code, message: expect.stringMatching(/start a new execution/) } } });
    const status = await lineage.client.status(watched.id);
    expect(status).toMatchObject({ status: 'failed', error: { code }, activeSteps: [], lastSeq: watched.log.length, steps: { ask: { status: 'cancelled' } } });
  }, TIMEOUT);

  it('goes on where only words about it have changed', async () => {
    const watched = await redeploy('described', 'SIGKILL');
    await watched.until(asks, 2);
    expect((await lineage.client.post(`/executions/${watched.id}/input`, { value: 1 })).status).toBe(202);
    await watched.follower.done;
    expect(watched.log.at(-1)).toMatchObject({ type: 'workflow_completed', data: { result: 'first' } });
    expect(watched.log.filter(resumes)).toHaveLength(1);
  }, TIMEOUT);
});

/** Longer than the time from the start of a step to the end of its process. */
const SILENCE_MS = 3000;

describe('SIGTERM', () => {
  let lineage: Lineage;
  beforeEach(async () => {
    lineage = await Lineage.create();
    await lineage.start();
  });
  afterEach(() => lineage.dispose());

  const start = async (definition: WorkflowDefinition) => new Watched(lineage, await lineage.client.start(definition));

  it('counts against nothing: what waits through five deployments completes', async () => {
    const definition = workflow('waits', input('ask'));
    const waits = await start(definition);
    // Nothing but silence, for as long as the test lasts: it never gets any further between two deployments.
    const silence = workflow('silence', agent('silent', 'delay', { input: { ms: 3_600_000 } }));
    const silent = await start(silence);
    for (let deployments = 1; deployments <= 5; deployments++) {
      await waits.until(asks, deployments);
      await silent.until(({ type }) => type === 'step_started', deployments);
      expect(await lineage.end('SIGTERM')).toEqual(GRACEFUL);
      await lineage.start();
    }
    await waits.until(asks, 6);
    expect((await lineage.client.post(`/executions/${waits.id}/input`, { value: 'at last' })).status).toBe(202);
    await silent.until(({ type }) => type === 'step_started', 6);
    expect((await lineage.client.post(`/executions/${silent.id}/cancel`)).status).toBe(202);
    await Promise.all([waits.follower.done, silent.follower.done]);
    for (const [watched, of, end] of [[waits, definition, 'workflow_completed'], [silent, silence, 'workflow_cancelled']] as const) {
      expect(checkLog(of, watched.log).resumes).toBe(5);
      expect(watched.log.filter(({ type }) => type === 'checkpoint_saved')).toHaveLength(5);
      expect(watched.log.at(-1)?.type).toBe(end);
    }
  }, TIMEOUT);

  it('as early as the process takes it counts against nothing, not even after crashes', async () => {
    const definition = workflow('silence', agent('silent', 'delay', { input: { ms: SILENCE_MS } }));
    const silent = await Promise.all([definition, definition, definition].map(start));
    // Two crashes make suspects of them, which are resumed one at a time.
    for (let crashes = 1; crashes <= 2; crashes++) {
      await Promise.all(silent.map((one) => Promise.race([one.until(({ type }) => type === 'step_started', crashes), one.follower.done])));
      await lineage.end('SIGKILL');
      await lineage.start();
    }
    for (let deployments = 0; deployments < 3; deployments++) {
      expect(await lineage.end('SIGTERM')).toEqual(GRACEFUL);
      await lineage.start();
    }
    await Promise.all(silent.map((one) => one.follower.done));
    for (const { log } of silent) {
      checkLog(definition, log);
      expect(log.at(-1)?.type).toBe('workflow_completed');
    }
  }, TIMEOUT);
});
