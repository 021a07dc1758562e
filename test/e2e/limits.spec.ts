import { afterEach, describe, expect, it } from '@jest/globals';
import { type AuthenticationRequest, Authenticator } from '../../src/auth/authenticator.js';
import { type Principal } from '../../src/auth/principal.js';
import { StepcastError } from '../../src/contract/errors.js';
import { OrchestrationOptions } from '../../src/orchestration/orchestration.options.js';
import { agent, workflow } from '../../src/orchestration/definition/builder.js';
import { TestApp } from '../support/app.js';
import { assertWhole, of, outline } from '../support/assert-whole.js';
import { eventually } from '../support/patience.js';

let app: TestApp;
afterEach(() => app.close());

const waiting = workflow('waiting', agent('g', 'gate'));
const limited = (maxExecutionsPerUser: number, maxQueuedPerUser: number) => TestApp.start({
  override: (builder) => builder.overrideProvider(OrchestrationOptions).useValue(Object.assign(new OrchestrationOptions(), { maxExecutionsPerUser, maxQueuedPerUser })),
});

describe('running executions of a user', () => {
  it('above the bound are queued, and run in the order of their start as places come free', async () => {
    app = await TestApp.start({ streaming: { maxExecutionsPerUser: 2 } });
    const ids: string[] = [];
    for (let i = 0; i < 5; i++) ids.push(await app.alice.start(waiting));
    const statuses = async () => Promise.all(ids.map(async (id) => (await app.alice.status(id)).status));
    expect(await statuses()).toEqual(['running', 'running', 'queued', 'queued', 'queued']);
    expect(await app.alice.status(ids[2] as string)).toMatchObject({ startedAt: null, lastSeq: 0, progress: 0, activeSteps: [] });
    const places = async () => ((await app.alice.get('/executions')).json.executions as { queuePosition: number | null }[]).map(({ queuePosition }) => queuePosition).toReversed();
    expect(await places()).toEqual([null, null, 1, 2, 3]);
    expect((await app.alice.get('/executions?status=queued')).json.executions).toHaveLength(3);
    // Other users have places of their own.
    expect((await app.bob.status(await app.bob.start(waiting))).status).toBe('running');

    // A reader that comes while it is queued sees it from its start.
    const reader = await app.alice.openExecution(ids[2] as string);
    app.stage.gate(ids[1] as string, 'g').open();
    await reader.untilEvent('step_started', 'g');
    await eventually(async () => (await statuses()).join() === 'running,completed,running,queued,queued', 'the next in the queue');
    expect(await places()).toEqual([null, null, null, 1, 2]);
    expect((await app.alice.status(ids[4] as string)).queuePosition).toBe(2);
    for (const id of ids) app.stage.gate(id, 'g').open();
    for (const id of ids) assertWhole(await app.alice.follow(id));
    await reader.whenEnded();
    assertWhole(reader.events);
    expect(app.stage.calls.map(({ executionId }) => executionId).filter((id) => ids.includes(id))).toEqual(ids);
  });

  it('that are cancelled in the queue never run, and leave their place to the next', async () => {
    app = await TestApp.start({ streaming: { maxExecutionsPerUser: 1 } });
    const [first, second, third] = [await app.alice.start(waiting), await app.alice.start(waiting), await app.alice.start(waiting)];
    expect((await app.alice.post(`/executions/${second}/cancel`)).status).toBe(202);
    const log = await app.alice.follow(second);
    assertWhole(log);
    expect(outline(log)).toEqual(['workflow_started', 'workflow_cancelled']);
    expect((await app.alice.status(third)).status).toBe('queued');
    app.stage.gate(first, 'g').open();
    await app.stage.gate(third, 'g').arrived;
    app.stage.gate(third, 'g').open();
    assertWhole(await app.alice.follow(third));
    expect(app.stage.callsOf(second)).toEqual([]);
  });

  it('above the second bound are refused with 429 and Retry-After, however many try at once', async () => {
    app = await limited(1, 2);
    const answers = await Promise.all(Array.from({ length: 8 }, () => app.alice.post('/executions', { workflow: waiting })));
    expect(answers.map(({ status }) => status).toSorted()).toEqual([202, 202, 202, 429, 429, 429, 429, 429]);
    for (const { status, json, headers } of answers) {
      if (status === 429) expect([json.code, Number(headers['retry-after']) > 0, headers['ratelimit']]).toEqual(['too_many_executions', true, expect.stringMatching(/, "executions";r=0$/)]);
      expect(headers['ratelimit-policy']).toMatch(/, "executions";q=3;qu="concurrent-requests"$/);
    }
    const ids = answers.filter(({ status }) => status === 202).map(({ json }) => (json as { id: string }).id);
    for (const id of ids) app.stage.gate(id, 'g').open();
    for (const id of ids) await app.alice.follow(id);
    expect((await app.alice.post('/executions', { workflow: workflow('after', agent('e', 'echo')) })).status).toBe(202);

    // In the very same turn of the loop, before the first is in the journal.
    const starts = await Promise.allSettled(Array.from({ length: 8 }, () => app.executions.start(waiting, null, { user: 'bob' })));
    expect(starts.filter(({ status }) => status === 'fulfilled')).toHaveLength(3);
  });

  it('that waited when the service was stopped run after its next start', async () => {
    app = await TestApp.start({ streaming: { maxExecutionsPerUser: 1 } });
    const ids = [await app.alice.start(waiting), await app.alice.start(waiting), await app.alice.start(waiting)];
    await app.stage.gate(ids[0] as string, 'g').arrived;
    app = await app.restart();
    for (const [i, id] of ids.entries()) app.stage.gate(id, 'g', i === 0 ? 2 : 1).open();
    for (const id of ids) {
      const log = await app.alice.follow(id);
      assertWhole(log);
      expect(of(log, 'workflow_resumed')).toHaveLength(id === ids[0] ? 1 : 0);
    }
  });
});

describe('requests', () => {
  it('above the rate are 429 with Retry-After and what is left on every answer, each user for himself', async () => {
    app = await TestApp.start({ streaming: { rateLimit: { points: 5, seconds: 3600 } } });
    const left: string[] = [];
    for (let i = 0; i < 5; i++) {
      const { status, headers } = await app.alice.get('/workflows');
      expect(status).toBe(200);
      left.push(/r=(\d+)/.exec(String(headers['ratelimit']))?.[1] ?? '');
    }
    expect(left).toEqual(['4', '3', '2', '1', '0']);
    for (const [method, path] of [['GET', '/workflows'], ['POST', '/executions'], ['GET', '/stream'], ['GET', '/executions/x']] as const) {
      const refused = await app.alice.request(method, path);
      // What is not there is not told apart before the limit has had its say, or after it: both are refusals.
      expect([path, refused.status === 429 || refused.status === 404]).toEqual([path, true]);
      if (refused.status === 429) expect([refused.json.code, Number(refused.headers['retry-after']) > 0]).toEqual(['rate_limited', true]);
    }
    expect((await app.alice.get('/workflows')).status).toBe(429);
    expect((await app.bob.get('/workflows')).status).toBe(200);
  });

  it('that start something are counted for themselves too: only what is started, however it is asked for and however many ask at once', async () => {
    app = await TestApp.start({ streaming: { startLimit: { points: 3, seconds: 3600 } } });
    const quick = workflow('quick', agent('e', 'echo'));
    await app.alice.post('/workflows', quick);
    const told = ({ headers }: { headers: object }) => /"starts";r=(\d+);t=\d+/.exec(String((headers as Record<string, string>)['ratelimit']))?.[1];
    const key = { 'idempotency-key': 'once' };
    expect(told(await app.alice.post('/executions', { workflow: quick }, key))).toBe('2');
    expect(told(await app.alice.post('/executions', { workflow: quick }, key))).toBe('2');
    expect(told(await app.alice.post('/executions', { workflow: quick, input: 1 }, key))).toBe('2');
    expect((await app.alice.post('/executions', { workflow: { name: 'wrong' } })).status).toBe(400);
    expect((await app.alice.get('/executions')).headers['ratelimit-policy']).not.toContain('starts');

    const answers = await Promise.all([
      ...Array.from({ length: 6 }, () => app.alice.post('/executions', { workflow: quick })), ...Array.from({ length: 6 }, () => app.alice.post('/workflows/quick/executions')),
      ...Array.from({ length: 6 }, () => app.alice.post('/executions', { workflow: quick }, { accept: 'text/event-stream' })),
    ]);
    expect(answers.filter(({ status }) => status < 300)).toHaveLength(2);
    expect(await app.alice.count()).toBe(3);
    for (const { json, headers } of answers.filter(({ status }) => status === 429)) {
      expect([json.code, json.detail]).toEqual(['rate_limited', expect.stringMatching(/^more than 3 starts in 3600 s; try again in \d+ s$/)]);
      expect([Number(headers['retry-after']) > 0, headers['ratelimit-policy']]).toEqual([true, expect.stringContaining('"starts";q=3;w=3600')]);
      expect(told({ headers })).toBe('0');
    }
    // A repeat of what is there is no start, but nobody can know before.
    expect((await app.bob.post('/executions', { workflow: quick })).status).toBe(202);
  });

  it('are no failed attempts of an address where it is the service that fails', async () => {
    let broken = true;
    class Members extends Authenticator {
      async authenticate({ headers }: AuthenticationRequest): Promise<Principal> {
        await new Promise((resolve) => setImmediate(resolve));
        if (broken) throw new StepcastError('journal_unavailable', 'the members cannot be read');
        return { user: String(headers['x-user']), roles: [], method: 'custom', credentialId: 'c' };
      }
      async isStillValid(): Promise<boolean> {
        return true;
      }
    }
    app = await TestApp.start({ streaming: { authenticator: new Members(), rateLimit: { points: 3, seconds: 3600 } } });
    const ann = app.as({ 'x-user': 'ann' });
    // Many at once above the limit are refused; but none of them has guessed, so none of them counts.
    await Promise.all(Array.from({ length: 20 }, () => ann.get('/workflows')));
    expect((await ann.get('/workflows')).status).toBe(503);
    broken = false;
    expect((await ann.get('/workflows')).status).toBe(200);
  });

  it('with wrong credentials are counted by address, and cannot be hidden among right ones', async () => {
    app = await TestApp.start({ streaming: { rateLimit: { points: 5, seconds: 3600 } } });
    const wrong = app.as({ 'x-api-key': 'guess' });
    for (let i = 0; i < 4; i++) expect((await wrong.get('/workflows')).status).toBe(401);
    expect((await app.alice.get('/workflows')).status).toBe(200);
    expect((await wrong.get('/workflows')).status).toBe(401);
    expect(await wrong.get('/workflows')).toMatchObject({ status: 429, json: { code: 'rate_limited' } });
  });
});
