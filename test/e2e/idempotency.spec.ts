import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { agent, workflow } from '../../src/orchestration/definition/builder.js';
import { TestApp } from '../support/app.js';
import { assertWhole } from '../support/assert-whole.js';
import { type Client } from '../support/client.js';

let app: TestApp;
let keys = 0;
beforeAll(async () => {
  app = await TestApp.start();
  for (const user of [app.alice, app.bob]) await user.post('/workflows', workflow('stored', agent('e', 'echo')));
});
afterAll(() => app.close());

const flow = workflow('flow', agent('e', 'echo'));
const key = () => ({ 'idempotency-key': `key-${++keys}` });
const run = (body: object, headers: Record<string, string>, client: Client = app.alice) => client.post('/executions', body, headers);
const byName = (body: object, headers: Record<string, string>, client: Client = app.alice) => client.post('/workflows/stored/executions', body, headers);

describe('Idempotency-Key', () => {
  it('with the same body gives the same execution, in both starts', async () => {
    const input = { b: 1, a: 2 };
    for (const start of [(headers: Record<string, string>) => run({ workflow: flow, input }, headers), (headers: Record<string, string>) => byName({ input }, headers)]) {
      const same = key();
      const [first, second] = [await start(same), await start(same)];
      expect([first.status, second.status]).toEqual([202, 202]);
      expect(second.json.id).toBe(first.json.id);
      // A start tells what was recorded, a repeat what has become of it.
      await app.alice.follow(first.json.id as string);
      expect([first.json.status, (await start(same)).json.status]).toEqual(['queued', 'completed']);
    }
  });

  it('with the same values in another order is the same body', async () => {
    const same = key();
    const first = await run({ workflow: flow, input: { a: 1, b: [1, 2] } }, same);
    const second = await run({ input: { b: [1, 2], a: 1 }, workflow: { steps: flow.steps, name: flow.name } }, same);
    expect([second.status, second.json.id]).toEqual([202, first.json.id]);
  });

  it('of several at once starts one', async () => {
    const [same, before] = [key(), await app.alice.count()];
    const answers = await Promise.all(Array.from({ length: 12 }, () => run({ workflow: flow, input: 1 }, same)));
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([202]));
    expect(new Set(answers.map(({ json }) => (json as { id: string }).id)).size).toBe(1);
    expect(await app.alice.count()).toBe(before + 1);
  });

  it.each([
    ['another input', { workflow: flow, input: 2 }],
    ['no input', { workflow: flow }],
    ['another definition', { workflow: workflow('flow', agent('e', 'echo', { input: 3 })), input: 1 }],
    ['another session', { workflow: flow, input: 1, sessionId: 's' }],
  ])('with %s is 409, and starts nothing', async (_what, body) => {
    const same = key();
    await run({ workflow: flow, input: 1 }, same);
    const before = await app.alice.count();
    expect(await run(body, same)).toMatchObject({ status: 409, json: { code: 'idempotency_conflict' } });
    expect(await app.alice.count()).toBe(before);
  });

  it('is each user\'s own', async () => {
    const same = key();
    const [alices, bobs] = [await byName({ input: 1 }, same), await byName({ input: 2 }, same, app.bob)];
    expect([alices.status, bobs.status]).toEqual([202, 202]);
    expect(bobs.json.id).not.toBe(alices.json.id);
    expect((await app.bob.get(`/executions/${alices.json.id as string}`)).status).toBe(404);
  });

  it('without one, every start is another execution', async () => {
    expect(await app.alice.start(flow, 1)).not.toBe(await app.alice.start(flow, 1));
  });

  it('of a start that was refused is free', async () => {
    const same = key();
    expect((await run({ workflow: { name: 'bad', steps: [] } }, same)).status).toBe(400);
    expect((await run({ workflow: flow }, same)).status).toBe(202);
  });

  it('survives a restart, and the end of the execution', async () => {
    const same = key();
    const { id } = (await run({ workflow: flow }, same)).json as { id: string };
    await app.alice.follow(id);
    app = await app.restart();
    expect(await run({ workflow: flow }, same)).toMatchObject({ status: 202, json: { id, status: 'completed' } });
  });

  it('finds what it has started though the workflow has changed, or is gone', async () => {
    const same = key();
    const { id } = (await byName({ input: 1 }, same)).json as { id: string };
    const found = { status: 202, json: { id } };
    await app.alice.post('/workflows', { ...workflow('stored', agent('e', 'delay')), inputSchema: { type: 'string' } });
    expect([await byName({ input: 1 }, same), await byName({ input: 1 }, key())]).toMatchObject([found, { status: 400, json: { code: 'invalid_input' } }]);
    await app.alice.request('DELETE', '/workflows/stored');
    expect([await byName({ input: 1 }, same), await byName({ input: 1 }, key())]).toMatchObject([found, { status: 404 }]);
    expect(await byName({ input: 2 }, same)).toMatchObject({ status: 409, json: { code: 'idempotency_conflict' } });
    await app.alice.post('/workflows', workflow('stored', agent('e', 'echo')));
  });

  it('finds what it has started while the user may start no more', async () => {
    const full = await TestApp.start({ streaming: { maxExecutionsPerUser: 1, maxQueuedPerUser: 0 } });
    try {
      const [same, body] = [key(), { workflow: workflow('gated', agent('g', 'gate')) }];
      const { id } = (await run(body, same, full.alice)).json as { id: string };
      expect([await run(body, same, full.alice), await run(body, key(), full.alice)]).toMatchObject([{ status: 202, json: { id } }, { status: 429, json: { code: 'too_many_executions' } }]);
      // Waiting for a place would not help it.
      expect(await run({ ...body, input: 2 }, same, full.alice)).toMatchObject({ status: 409, json: { code: 'idempotency_conflict' } });
    } finally {
      await full.close();
    }
  });

  it('in a streamed start goes on in the one log', async () => {
    const same = key();
    const body = { workflow: workflow('gated', agent('g', 'gate')) };
    const first = await app.alice.open('/executions', { method: 'POST', body, headers: same });
    const { executionId } = await first.untilEvent('step_started');
    first.close();
    const second = await app.alice.open('/executions', { method: 'POST', body, headers: { ...same, 'last-event-id': '1' } });
    app.stage.gate(executionId, 'g').open();
    await second.whenEnded();
    assertWhole(second.events, 2);
    expect(second.events[0]?.executionId).toBe(executionId);
  });

  it.each(['', 'a b', 'ä', 'x'.repeat(256)])('%j is none', async (text) => {
    const headers = { 'idempotency-key': Buffer.from(text, 'utf8').toString('latin1') };
    expect(await run({ workflow: flow }, headers)).toMatchObject({ status: 400, json: { code: 'invalid_request', errors: [{ path: '/Idempotency-Key' }] } });
  });
});
