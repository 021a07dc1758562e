/** An agent that computes and never waits holds up everything that shares its process. */
import { afterEach, describe, expect, it } from '@jest/globals';
import { type WorkflowDefinition } from '../../src/contract/definition.js';
import { type ExecutionEvent } from '../../src/contract/events.js';
import { agent, input, workflow } from '../../src/orchestration/definition/builder.js';
import { eventually } from '../support/patience.js';
import { health } from './support/health.js';
import { Lineage } from './support/lineage.js';
import { Watched } from './support/watched.js';

const TIMEOUT = 120_000;

let lineage: Lineage;
afterEach(() => lineage.dispose());

describe('an agent that holds the process up for two seconds', () => {
  const blocking = (name: string, after?: number): WorkflowDefinition =>
    workflow(name, agent('hold', 'blocks', { input: { ms: 2000, ...(after === undefined ? {} : { after }) } }), agent('last', 'echo', { input: name }));

  it.each([['at once', undefined], ['after it has waited for something', 20]])('%s, costs the others the time and nothing else, and is named in the log', async (_when, after) => {
    lineage = await Lineage.create({ main: 'test/faults/fixtures/app.mjs', env: { FIXTURE_HEARTBEAT_MS: '200' } });
    await lineage.start();
    const words = workflow('words', agent('w', 'tokens', { input: { count: 60, intervalMs: 20 } }));
    const running = await Promise.all([1, 2, 3, 4, 5].map(() => Watched.start(lineage, words)));
    const quiet = await Watched.start(lineage, workflow('quiet', agent('d', 'delay', { input: { ms: 2500 } }), input('go')));
    const open = await lineage.client.openExecution(quiet.id);
    await Promise.all(running.map((run) => run.until(({ type }) => type === 'step_output', 3)));
    const held = await Watched.start(lineage, blocking('held', after));
    // Asked while nothing can answer, so that a probe with a time-out fails; and answered as soon as something can.
    const asked = health(lineage);
    await held.until(({ type }) => type === 'step_completed');
    expect([await asked, await health(lineage)]).toEqual([{ status: 200 }, { status: 200 }]);
    const beats = open.frames.length;
    await open.until(({ comment }) => comment === 'heartbeat', beats);
    await quiet.until(({ type }) => type === 'input_required');
    expect((await lineage.client.post(`/executions/${quiet.id}/input`, { value: 1 })).status).toBe(202);
    expect((await lineage.client.follow(await lineage.client.start(workflow('short', agent('a', 'echo'))))).at(-1)?.type).toBe('workflow_completed');
    for (const run of [held, ...running, quiet]) {
      const { resumes } = await run.checked();
      expect([resumes, run.log.at(-1)?.type]).toEqual([0, 'workflow_completed']);
    }
    const step = held.log.find((event: ExecutionEvent) => event.type === 'step_completed')?.step;
    expect(step?.durationMs).toBeGreaterThanOrEqual(2000);
    // On a busy machine there may be others, of what came before.
    await eventually(() => /^.*the process was blocked for \d+ ms.*of the agents, that may have been (\w+, )*blocks\b.*$/m.test(lineage.output), 'the warning');
  }, TIMEOUT);
});
