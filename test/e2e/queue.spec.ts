/** The queue of executions: who runs next where all places are taken, and what is told of it, over restarts too. */
import { afterEach, describe, expect, it } from '@jest/globals';
import { agent, workflow } from '../../src/orchestration/definition/builder.js';
import { TestApp } from '../support/app.js';
import { assertWhole, of } from '../support/assert-whole.js';
import { type Client } from '../support/client.js';
import { eventually } from '../support/patience.js';

const waiting = workflow('waiting', agent('g', 'gate'));

let app: TestApp;
afterEach(() => app.close());

const startMany = async (client: Client, count: number) => {
  const ids: string[] = [];
  for (let i = 0; i < count; i++) ids.push(await client.start(waiting));
  return ids;
};
const places = async (ids: readonly string[]) => Promise.all(ids.map(async (id) => (await app.root.status(id)).queuePosition));
/** Lets them end one by one, each when it runs; answers the order in which they ran. */
const runAll = async (ids: readonly string[]) => {
  const ran: string[] = [];
  while (ran.length < ids.length) {
    const id = await eventually(() => app.stage.calls.find(({ executionId }) => ids.includes(executionId) && !ran.includes(executionId))?.executionId, 'the next one');
    ran.push(id);
    app.stage.gate(id, 'g').open();
    assertWhole(await app.root.follow(id));
  }
  return ran;
};

describe('executions of all users above the bound', () => {
  it('wait, and the users take turns: one who starts many does not keep the others waiting for all of them', async () => {
    app = await TestApp.start({ streaming: { maxExecutions: 1 } });
    const [alice, bob, root] = [await startMany(app.alice, 6), await startMany(app.bob, 2), await startMany(app.root, 1)];
    expect(await places([...alice, ...bob, ...root])).toEqual([null, 1, 2, 3, 4, 5, 1, 2, 1]);
    expect((await app.bob.status(bob[0] as string)).status).toBe('queued');
    const ran = await runAll([...alice, ...bob, ...root]);
    expect(ran).toEqual([alice[0], alice[1], bob[0], root[0], alice[2], bob[1], alice[3], alice[4], alice[5]]);
  });

  it('are refused above the second bound with 503 and Retry-After, however many start at once, and those who are there go on', async () => {
    app = await TestApp.start({ streaming: { maxExecutions: 2, maxQueued: 3, maxExecutionsPerUser: 3, maxQueuedPerUser: 0 } });
    const answers = await Promise.all([app.alice, app.bob, app.root].flatMap((client) => Array.from({ length: 5 }, () => client.post('/executions', { workflow: waiting }))));
    const codes = answers.map(({ status, json }) => (status === 202 ? 'started' : `${status} ${json.code as string}`));
    expect(codes.filter((code) => code === 'started')).toHaveLength(5);
    expect(new Set(codes)).toEqual(new Set(['started', '429 too_many_executions', '503 capacity_exceeded']));
    for (const { status, headers } of answers) if (status === 503) expect(headers['retry-after']).toBe('5');
    const ids = answers.filter(({ status }) => status === 202).map(({ json }) => (json as { id: string }).id);
    await runAll(ids);
    expect((await app.alice.post('/executions', { workflow: waiting })).status).toBe(202);
  });

  it('that waited when the service was stopped wait again after its next start, behind those that ran, and with their places', async () => {
    app = await TestApp.start({ streaming: { maxExecutions: 2 } });
    const alice = await startMany(app.alice, 4);
    const [bob] = await startMany(app.bob, 1) as [string];
    app.stage.gate(alice[0] as string, 'g').open();
    await app.alice.follow(alice[0] as string);
    // By turns: alice's third comes first, as she was in line before bob.
    app.stage.gate(alice[1] as string, 'g').open();
    await app.stage.gate(bob, 'g').arrived;
    expect(await places([...alice, bob])).toEqual([null, null, null, 1, null]);

    app = await app.restart();
    for (const id of [alice[2] as string, bob]) await app.stage.gate(id, 'g', 2).arrived;
    await eventually(async () => (await places([alice[3] as string]))[0] === 1, 'the place in the queue');
    expect(await places([...alice, bob])).toEqual([null, null, null, 1, null]);
    const callsBefore = app.stage.callsOf(alice[3] as string).length;
    expect((await app.alice.status(alice[3] as string)).status).toBe('queued');
    for (const id of [alice[2] as string, bob]) app.stage.gate(id, 'g', 2).open();
    app.stage.gate(alice[3] as string, 'g').open();
    for (const id of [alice[2] as string, alice[3] as string, bob]) {
      const log = await app.root.follow(id);
      assertWhole(log);
      expect(of(log, 'workflow_resumed')).toHaveLength(id === alice[3] ? 0 : 1);
    }
    expect(callsBefore).toBe(0);
  });
});
