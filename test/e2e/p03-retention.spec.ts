import { afterEach, describe, expect, it } from '@jest/globals';
import { Journal } from '../../src/journal/journal.js';
import { RetentionService } from '../../src/journal/retention.service.js';
import { Clock } from '../../src/orchestration/clock.js';
import { agent, workflow } from '../../src/orchestration/definition/builder.js';
import { TestApp } from '../support/app.js';
import { type Client } from '../support/client.js';
import { eventually } from '../support/patience.js';

const HOUR_MS = 60 * 60 * 1000;
const flow = workflow('kept', agent('e', 'echo'));

let app: TestApp;
afterEach(() => app.close());

/** Every route of an execution. */
const routes = (id: string): [string, string, unknown?][] => [
  ['GET', `/executions/${id}`], ['GET', `/executions/${id}/stream`], ['GET', `/executions/${id}/events`], ['GET', `/executions/${id}/definition`], ['POST', `/executions/${id}/cancel`],
  ['POST', `/executions/${id}/input`, { value: 1 }], ['POST', `/executions/${id}/tickets`], ['GET', `/stream?executions=${id}`],
];
const answers = async (client: Client, id: string) => {
  const all = await Promise.all(routes(id).map(([method, path, body]) => client.request(method, path, { body })));
  return all.map(({ status, json }) => `${status} ${(json as { code?: string } | undefined)?.code}`);
};
const each = (answer: string, id: string) => routes(id).map(() => answer);

describe('P3 what retention removed is 410 for 24 hours, then 404', () => {
  /** An app whose sweeps look at its clock, and happen when the test says so. */
  const startSwept = async (retentionMs: number) => {
    const swept = await TestApp.start({
      override: (builder) => builder.overrideProvider(RetentionService).useFactory({
        inject: [Journal, Clock],
        factory: (journal: Journal, clock: Clock) => new RetentionService(journal, { retentionMs, now: () => clock.now() }),
      }),
    });
    return { swept, retention: swept.nest.get(RetentionService), clock: swept.clock };
  };

  it('on every route, and for its owner and admins alone', async () => {
    const { swept, retention, clock } = await startSwept(HOUR_MS);
    app = swept;
    const old = await app.alice.start(flow);
    await app.alice.follow(old);
    const running = await app.alice.start(workflow('running', agent('g', 'gate')));
    await app.stage.gate(running, 'g').arrived;

    expect(await retention.sweep()).toBe(0);
    clock.aheadMs = 2 * HOUR_MS;
    expect(await retention.sweep()).toBe(1);
    expect(await answers(app.alice, old)).toEqual(each('410 gone', old));
    expect(await answers(app.root, old)).toEqual(each('410 gone', old));
    expect(await answers(app.bob, old)).toEqual(each('404 not_found', old));
    // What runs is kept, however old it is.
    expect((await app.alice.status(running)).status).toBe('running');
    expect((await app.alice.get('/executions')).json.executions).toMatchObject([{ id: running }]);

    clock.aheadMs += 23 * HOUR_MS;
    await retention.sweep();
    expect(await answers(app.alice, old)).toEqual(each('410 gone', old));
    clock.aheadMs += 2 * HOUR_MS;
    await retention.sweep();
    expect(await answers(app.alice, old)).toEqual(each('404 not_found', old));
    app.stage.gate(running, 'g').open();
  });

  it('takes the idempotency key with it', async () => {
    const { swept, retention, clock } = await startSwept(HOUR_MS);
    app = swept;
    const key = { 'idempotency-key': 'once' };
    const { id } = (await app.alice.post('/executions', { workflow: flow }, key)).json as { id: string };
    await app.alice.follow(id);
    clock.aheadMs = 2 * HOUR_MS;
    await retention.sweep();
    const again = await app.alice.post('/executions', { workflow: flow }, key);
    expect(again.status).toBe(202);
    expect(again.json.id).not.toBe(id);
  });

  it('by itself, as long as it is configured', async () => {
    app = await TestApp.start({ streaming: { retentionMs: 1000 } });
    const id = await app.alice.start(flow);
    const gone = await eventually(async () => {
      const answer = await app.alice.get(`/executions/${id}`);
      return answer.status === 200 ? undefined : answer;
    }, 'the removal');
    expect(gone).toMatchObject({ status: 410, json: { code: 'gone' } });
  });
});
