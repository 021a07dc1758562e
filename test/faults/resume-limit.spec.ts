/** An execution that ends the process at every start is given up; those that only shared its process come to their ends. */
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { type WorkflowDefinition } from '../../src/contract/definition.js';
import { type ExecutionEvent } from '../../src/contract/events.js';
import { agent, input, parallel, workflow } from '../../src/orchestration/definition/builder.js';
import { checkLog } from '../property/support/log.checker.js';
import { within } from '../support/patience.js';
import { Follower } from './support/follower.js';
import { Lineage } from './support/lineage.js';

const TIMEOUT = 180_000;

describe('an execution that ends its process', () => {
  let lineage: Lineage;
  beforeEach(async () => {
    lineage = await Lineage.create({ main: 'test/faults/fixtures/app.mjs' });
    await lineage.start();
  });
  afterEach(() => lineage.dispose());

  const quick = workflow('quick', agent('words', 'tokens', { input: { count: 60, intervalMs: 10 } }), agent('last', 'echo', { input: 'quick' }));
  /** Silent for longer than any of the lives that the culprit leaves to it. */
  const silent = workflow('silent', agent('wait', 'delay', { input: { ms: 2000 } }), agent('last', 'echo', { input: 'silent' }));
  const mixed = workflow('mixed', parallel('p', agent('wait', 'delay', { input: { ms: 1500 } }), agent('words', 'tokens', { input: { count: 20, intervalMs: 30 } })), agent('last', 'echo', { input: 'mixed' }));

  interface Followed {
    definition: WorkflowDefinition;
    id: string;
    follower: Follower;
  }
  const startAndFollow = async (definition: WorkflowDefinition): Promise<Followed> => {
    const id = await lineage.client.start(definition);
    return { definition, id, follower: new Follower(lineage, id) };
  };
  /** Starts the service anew as often as it dies, until `ended`; answers how often it died. */
  const liveOn = async (ended: Promise<unknown>): Promise<number> => {
    const done = ended.then(() => 'done' as const);
    const lives = async () => {
      for (let deaths = 0; ; deaths++) {
        if ((await Promise.race([lineage.exited(), done])) === 'done') return deaths;
        lineage.spawn();
      }
    };
    return within(lives(), () => `the end of all (life ${lineage.lives.length})`, TIMEOUT - 20_000);
  };
  const logOf = ({ follower, definition }: Followed): ExecutionEvent[] => {
    const log = follower.received.map(({ data }) => JSON.parse(data) as ExecutionEvent);
    checkLog(definition, log);
    return log;
  };

  it.each([
    ['long after its start is in the journal', 4, workflow('culprit', agent('first', 'delay', { input: { ms: 200 } }), agent('kill', 'kills_later'))],
    ['before any event of it is in the journal', 4, workflow('culprit', agent('kill', 'kills_at_once'))],
    // The first resume finds it in the delay, and is not counted.
    ['at once after a wait', 5, workflow('culprit', agent('first', 'delay', { input: { ms: 200 } }), agent('kill', 'kills_at_once'))],
  ])('%s is given up after three resumes, and those beside it complete', async (_when, deaths, definition) => {
    const beside = await Promise.all([quick, silent, mixed].map(startAndFollow));
    // The answer may be lost with the process.
    await lineage.client.start(definition).catch(() => undefined);
    const culprit = found(definition);
    // The first death is its first run, the others are its resumes.
    expect(await liveOn(Promise.all([culprit, ...beside].map(async (one) => (await one).follower.done)))).toBe(deaths);

    expect(logOf(await culprit).at(-1)).toMatchObject({ type: 'workflow_failed', data: { error: { code: 'resume_limit' } } });
    for (const one of beside) expect(logOf(one).at(-1)).toMatchObject({ type: 'workflow_completed', data: { result: one.definition.name } });
  }, TIMEOUT);

  /** The execution of a workflow, as soon as there is a process that lives long enough to be asked. */
  const found = async (definition: WorkflowDefinition): Promise<Followed> => {
    for (;;) {
      await lineage.up();
      const answer = await lineage.client.get(`/executions?workflow=${definition.name}`).catch(() => undefined);
      const id = (answer?.json as { executions: { id: string }[] } | undefined)?.executions[0]?.id;
      if (id !== undefined) return { definition, id, follower: new Follower(lineage, id) };
      await new Promise((resolve) => setImmediate(resolve));
    }
  };

  it('fewer times than the limit completes', async () => {
    const one = await startAndFollow(workflow('twice', agent('kill', 'kills_twice'), input('ask')));
    const answers = (async () => {
      for (;;) {
        await lineage.up();
        const answer = await lineage.client.post(`/executions/${one.id}/input`, { value: 'so it is' }).catch(() => undefined);
        if (answer?.status === 202) return;
        await new Promise((resolve) => setImmediate(resolve));
      }
    })();
    expect(await liveOn(Promise.all([one.follower.done, answers]))).toBe(2);
    const log = logOf(one);
    expect(log.filter(({ type }) => type === 'workflow_resumed')).toHaveLength(2);
    expect(log.find(({ type, step }) => type === 'step_completed' && step?.id === 'kill')).toMatchObject({ step: { attempt: 3 }, data: { output: 'attempt 3' } });
  }, TIMEOUT);
});
