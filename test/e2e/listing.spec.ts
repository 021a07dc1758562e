import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { agent, workflow } from '../../src/orchestration/definition/builder.js';
import { TestApp } from '../support/app.js';
import { type Client } from '../support/client.js';

interface Listed {
  executions: { id: string; status: string; user?: string }[];
  nextCursor: string | null;
}

let app: TestApp;
/** Alice's executions, newest first. */
let all: string[];
let running: string;
beforeAll(async () => {
  app = await TestApp.start();
  const flows = [workflow('one', agent('e', 'echo')), workflow('two', agent('e', 'echo')), workflow('fails', agent('f', 'flaky', { input: { failures: 1 } }))];
  const ids: string[] = [];
  for (let i = 0; i < 9; i++) {
    const id = await app.alice.start(flows[i % 3] as (typeof flows)[0], i, i % 2 ? { sessionId: 'odd' } : {});
    await app.alice.follow(id);
    ids.push(id);
  }
  running = await app.alice.start(workflow('one', agent('g', 'gate')), null, { sessionId: 'odd' });
  await (await app.alice.openExecution(running)).untilEvent('step_started');
  all = [...ids, running].toReversed();
  await app.bob.start(workflow('one', agent('e', 'echo')));
});
afterAll(() => app.close());

const list = async (query = '', client: Client = app.alice) => {
  const answer = await client.get(`/executions${query}`);
  expect(answer.status).toBe(200);
  return answer.json as Listed;
};
const ids = ({ executions }: Listed) => executions.map(({ id }) => id);

describe('GET /executions', () => {
  it('lists one\'s own, newest first', async () => {
    const { nextCursor, ...page } = await list();
    expect(ids({ ...page, nextCursor })).toEqual(all);
    expect(nextCursor).toBeNull();
    expect(page.executions[1]).toEqual({
      id: all[1], workflow: 'fails', sessionId: null, status: 'failed', queuePosition: null, progress: expect.any(Number), error: expect.objectContaining({ code: 'agent_failed', stepId: 'f' }),
      createdAt: expect.stringMatching(/^\d{4}-.*Z$/), startedAt: expect.stringMatching(/Z$/), finishedAt: expect.stringMatching(/Z$/), lastSeq: 4,
    });
  });

  it('pages by cursor, without gap or double, also while others are started', async () => {
    const paged: string[] = [];
    let cursor: string | null = '';
    let pages = 0;
    while (cursor !== null) {
      const page: Listed = await list(`?limit=3&workflow=one${cursor && `&cursor=${cursor}`}`);
      paged.push(...ids(page));
      cursor = page.nextCursor;
      if (pages++ === 0) await app.bob.start(workflow('one', agent('e', 'echo')));
    }
    expect(paged).toEqual((await list('?workflow=one')).executions.map(({ id }) => id));
    expect([paged.length, pages]).toEqual([4, 2]);
  });

  it('ends a page that is just full without a cursor', async () => {
    expect((await list('?limit=10')).nextCursor).toBeNull();
    expect((await list('?limit=9')).nextCursor).toEqual(expect.any(String));
  });

  it('filters by workflow, session and status, and by all together', async () => {
    expect(ids(await list('?workflow=two'))).toHaveLength(3);
    expect(ids(await list('?sessionId=odd'))).toHaveLength(5);
    expect(ids(await list('?status=running'))).toEqual([running]);
    expect(ids(await list('?status=failed'))).toHaveLength(3);
    expect(ids(await list('?status=completed&workflow=one&sessionId=odd'))).toEqual([all[6]]);
    for (const none of ['?status=queued', '?workflow=nothing', '?sessionId=nothing', "?workflow=' OR 1=1 --"]) expect(await list(encodeURI(none))).toEqual({ executions: [], nextCursor: null });
  });

  it('shows an admin everyone\'s, with their owner', async () => {
    const { executions } = await list('', app.root);
    expect(new Set(executions.map(({ user }) => user))).toEqual(new Set(['alice', 'bob']));
    expect((await list()).executions[0]).not.toHaveProperty('user');
  });

  it.each([
    ['limit=0', '/limit'], ['limit=201', '/limit'], ['limit=x', '/limit'], ['limit=', '/limit'], ['limit=-1', '/limit'], ['limit=1.5', '/limit'], ['limit=1&limit=2', '/limit'],
    ['status=done', '/status'], ['status=', '/status'], ['status=running,failed', '/status'], ['cursor=', '/cursor'], ['cursor=nonsense', '/cursor'], ['cursor=bzE&cursor=bzE', '/cursor'],
    [`workflow=${'x'.repeat(201)}`, '/workflow'], [`sessionId=${'x'.repeat(201)}`, '/sessionId'],
  ])('%s is 400', async (query, path) => {
    expect(await app.alice.get(`/executions?${query}`)).toMatchObject({ status: 400, json: { code: path === '/cursor' && !query.includes('&') ? 'invalid_cursor' : 'invalid_request', errors: [{ path }] } });
  });

  it.each([['limit=0', '/limit'], ['limit=1001', '/limit'], ['limit=x', '/limit'], ['after=1&after=2', '/after']])('a page of events with %s is 400', async (query, path) => {
    expect(await app.alice.get(`/executions/${running}/events?${query}`)).toMatchObject({ status: 400, json: { code: 'invalid_request', errors: [{ path }] } });
  });
});

describe('GET /executions/:id', () => {
  it('tells all that CONTRACT names, of one that runs and of one that has ended', async () => {
    expect(await app.alice.status(running)).toEqual({
      id: running, workflow: 'one', sessionId: 'odd', status: 'running', queuePosition: null, progress: 0, activeSteps: ['g'], steps: { g: expect.objectContaining({ id: 'g', status: 'running', attempt: 1 }) },
      usage: {}, result: null, error: null, createdAt: expect.any(String), startedAt: expect.any(String), finishedAt: null, lastSeq: 2,
    });
    expect(await app.alice.status(all[3] as string)).toMatchObject({ status: 'completed', progress: 1, activeSteps: [], result: 6, error: null, lastSeq: 4, finishedAt: expect.any(String) });
  });

  it('sums the usage of its steps', async () => {
    app.stage.write('paid', (ctx) => {
      ctx.usage({ inputTokens: 10, outputTokens: 5, costUsd: 0.25 });
      ctx.usage({ inputTokens: 1 });
    });
    const id = await app.alice.start(workflow('paid', agent('a', 'play', { input: { part: 'paid' } }), agent('b', 'play', { input: { part: 'paid' } })));
    await app.alice.follow(id);
    expect((await app.alice.status(id)).usage).toEqual({ inputTokens: 22, outputTokens: 10, costUsd: 0.5 });
  });
});
