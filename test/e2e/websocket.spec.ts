/** The WebSocket: the same events as everywhere, from any cursor, and what can be asked for over it. */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type ExecutionEvent } from '../../src/contract/events.js';
import { type JsonObject } from '../../src/contract/json.js';
import { agent, input, parallel, workflow } from '../../src/orchestration/definition/builder.js';
import { MAX_SUBSCRIPTIONS } from '../../src/streaming/ws/socket.subscriptions.js';
import { type Platform, TestApp } from '../support/app.js';
import { assertEachWhole, assertWhole } from '../support/assert-whole.js';
import { FaultProxy } from '../support/proxy.js';
import { type Message, SocketClient } from '../support/socket.js';

const tokens = workflow('tokens', agent('t', 'tokens', { input: { count: 60, intervalMs: 1 } }));
const quick = workflow('quick', agent('e', 'echo'));
const waiting = workflow('waiting', agent('g', 'gate'));
const asking = workflow('asking', input('ask', { schema: { type: 'boolean' } }));
const branches = workflow('branches', parallel('p', agent('a', 'tokens', { input: { count: 20 } }), agent('b', 'tokens', { input: { count: 20 } })));

describe.each<Platform>(['express', 'fastify'])('the WebSocket, on %s', (platform) => {
  let app: TestApp;
  beforeAll(async () => {
    app = await TestApp.start({ platform });
  });
  afterAll(() => app.close());

  const open = (user: 'alice' | 'bob' | 'root' = 'alice', base = app.base) => SocketClient.open(base, { user });
  const log = async (id: string) => (await app.alice.get(`/executions/${id}/events?limit=1000`)).json.events as ExecutionEvent[];

  it('P5 carries several executions side by side, each whole and as the pages have it, whenever it is subscribed to', async () => {
    const before = await app.alice.start(tokens);
    await app.executions.result(before);
    const during = await Promise.all([tokens, branches, tokens].map((flow) => app.alice.start(flow)));
    const socket = await open();
    const ids = [before, ...during];
    for (const executionId of ids) expect(await socket.ask({ type: 'subscribe', executionId })).toMatchObject({ type: 'subscribed', executionId, after: 0 });
    for (const id of ids) await socket.untilEnded(id);
    assertEachWhole(socket.events, ids);
    for (const id of ids) {
      expect(socket.eventsOf(id)).toEqual(await log(id));
      // What is said of an execution comes before its first event and after its last.
      const own = socket.messages.filter(({ executionId, event }) => executionId === id || (event as { executionId?: string } | undefined)?.executionId === id);
      expect([own[0]?.type, own.at(-1)]).toEqual(['subscribed', { type: 'ended', executionId: id, after: own.length - 2 }]);
    }
    // The socket stays open for more.
    expect(await socket.ask({ type: 'ping' })).toEqual({ type: 'pong', requestId: 5 });
    expect(socket.headers['ratelimit-policy']).toMatch(/"default".*"streams";q=1000;qu="concurrent-requests"/);
    socket.close();
    expect((await socket.whenClosed()).code).toBe(1005);
  });

  it('P3 goes on after any cursor, over a line that is cut again and again', async () => {
    const proxy = await FaultProxy.to(app.port);
    try {
      proxy.cutAfter = 6000;
      const ids = await Promise.all([tokens, tokens].map((flow) => app.alice.start(flow)));
      const seen = new Map<string, ExecutionEvent[]>(ids.map((id) => [id, []]));
      const left = new Set(ids);
      while (left.size > 0) {
        const socket = await open('alice', proxy.base);
        for (const executionId of left) socket.send({ type: 'subscribe', executionId, after: seen.get(executionId)?.at(-1)?.seq ?? 0 });
        await Promise.race([socket.closed, Promise.all([...left].map((id) => socket.untilEnded(id).catch(() => undefined)))]);
        for (const event of socket.events) seen.get(event.executionId)?.push(event);
        for (const { type, executionId } of socket.messages) if (type === 'ended') left.delete(executionId as string);
        socket.ws.terminate();
      }
      assertEachWhole([...seen.values()].flat(), ids);
      expect(proxy.connections).toBeGreaterThan(3);
    } finally {
      await proxy.close();
    }
  });

  it('P3 begins at the live end, or with the last events, and refuses cursors that are none', async () => {
    const executionId = await app.alice.start(waiting);
    await app.stage.gate(executionId, 'g').arrived;
    const [all, latest, last] = await Promise.all([open(), open(), open()]);
    await all.ask({ type: 'subscribe', executionId });
    await all.untilEvent('step_started');
    expect(await latest.ask({ type: 'subscribe', executionId, from: 'latest' })).toMatchObject({ type: 'subscribed', after: 2, lastSeq: 2, status: 'running' });
    expect(await last.ask({ type: 'subscribe', executionId, last: 1 })).toMatchObject({ after: 1 });
    app.stage.gate(executionId, 'g').open();
    for (const socket of [all, latest, last]) await socket.untilEnded(executionId);
    assertWhole(all.events);
    assertWhole(latest.events, 3);
    assertWhole(last.events, 2);
    const end = all.events.length;
    expect(await all.ask({ type: 'subscribe', executionId, after: end + 1 })).toMatchObject({ type: 'error', code: 'invalid_cursor', status: 400, errors: [{ path: '/after' }] });
    // P4: who has seen the end is told so at once, and replayed nothing.
    const from = all.messages.length;
    expect(await all.ask({ type: 'subscribe', executionId, after: end })).toMatchObject({ type: 'subscribed', after: end, status: 'completed' });
    expect(await all.until(({ type }) => type === 'ended', from)).toEqual({ type: 'ended', executionId, after: end });
    expect(all.events).toHaveLength(end);
    for (const socket of [all, latest, last]) socket.close();
  });

  it('P10 sends the types that are asked for alone, and tells the cursor all the same', async () => {
    const executionId = await app.alice.start(tokens);
    const socket = await open();
    await socket.ask({ type: 'subscribe', executionId, types: ['step_started', 'step_output'] });
    const ended = await socket.untilEnded(executionId);
    const whole = await log(executionId);
    expect(socket.events).toEqual(whole.filter(({ type }) => type === 'step_started' || type === 'step_output'));
    expect(ended).toEqual({ type: 'ended', executionId, after: whole.length });
    socket.close();
  });

  it('follows all of one\'s own, those to come as well, and resumes by its cursor', async () => {
    const bobs = app.as({ 'x-api-key': 'bob-key-0123456789' });
    const [first, foreign] = [await bobs.start(quick), await app.alice.start(quick)];
    await app.executions.result(foreign);
    const socket = await open('bob');
    expect(await socket.ask({ type: 'subscribe', all: true })).toEqual({ type: 'subscribed', requestId: 1, all: true });
    await socket.untilEvent('workflow_completed', undefined, first);
    const second = await bobs.start(tokens);
    await socket.untilEvent('step_output', 't', second);
    const { cursor } = socket.messages.findLast(({ type }) => type === 'event') as Message;
    const { length } = socket.events;
    const rest = await open('bob');
    expect(await rest.ask({ type: 'subscribe', all: true, cursor: cursor as string })).toMatchObject({ type: 'subscribed', all: true, cursor });
    await rest.untilEvent('workflow_completed', undefined, second);
    assertEachWhole([...socket.events.slice(0, length), ...rest.events], [first, second]);
    expect(rest.messages.filter(({ type }) => type === 'event').every((message) => message['all'] === true)).toBe(true);

    expect(await rest.ask({ type: 'unsubscribe', all: true })).toMatchObject({ type: 'unsubscribed', all: true, cursor: expect.stringMatching(/^m/) });
    const third = await bobs.start(quick);
    await app.executions.result(third);
    const latest = await open('bob');
    await latest.ask({ type: 'subscribe', all: true, from: 'latest' });
    await latest.until(({ type }) => type === 'cursor');
    const fourth = await bobs.start(quick);
    await latest.untilEvent('workflow_completed', undefined, fourth);
    assertEachWhole(latest.events, [fourth]);
    expect(rest.eventsOf(third)).toEqual([]);
    expect(await rest.ask({ type: 'subscribe', all: true, cursor: 'x' })).toMatchObject({ type: 'error', all: true, code: 'invalid_cursor', errors: [{ path: '/cursor' }] });
    for (const each of [socket, rest, latest]) each.close();
  });

  it('unsubscribes in the order it is asked, and goes on where that was', async () => {
    const executionId = await app.alice.start(waiting);
    await app.stage.gate(executionId, 'g').arrived;
    const socket = await open();
    socket.send({ type: 'subscribe', executionId, requestId: 'a' });
    socket.send({ type: 'unsubscribe', executionId, requestId: 'b' });
    socket.send({ type: 'subscribe', executionId, requestId: 'c', after: 1 });
    await socket.until(({ requestId }) => requestId === 'c');
    expect(socket.messages.filter(({ requestId }) => requestId !== undefined).map(({ type, requestId }) => [type, requestId])).toEqual([['subscribed', 'a'], ['unsubscribed', 'b'], ['subscribed', 'c']]);
    await socket.untilEvent('step_started');
    const { after } = await socket.ask({ type: 'unsubscribe', executionId });
    app.stage.gate(executionId, 'g').open();
    await app.executions.result(executionId);
    await socket.ask({ type: 'ping' });
    expect(socket.events.at(-1)?.seq).toBe(after);
    expect(await socket.ask({ type: 'unsubscribe', executionId })).toMatchObject({ type: 'error', code: 'not_found', executionId });
    socket.close();
  });

  it('cancels and answers, as the routes do', async () => {
    const [cancelled, asked] = [await app.alice.start(waiting), await app.alice.start(asking)];
    const socket = await open();
    for (const executionId of [cancelled, asked]) await socket.ask({ type: 'subscribe', executionId });
    await socket.untilEvent('input_required', 'ask', asked);
    expect(await socket.ask({ type: 'input', executionId: asked, value: 'yes' })).toMatchObject({ type: 'error', code: 'invalid_input', executionId: asked, errors: [{ path: '/value' }] });
    expect(await socket.ask({ type: 'input', executionId: asked, stepId: 'ask', value: true })).toMatchObject({ type: 'accepted', executionId: asked });
    expect(await socket.ask({ type: 'input', executionId: asked, value: true })).toMatchObject({ type: 'error', code: 'not_waiting', status: 409 });
    await socket.untilEvent('step_started', 'g', cancelled);
    expect(await socket.ask({ type: 'cancel', executionId: cancelled, reason: 'enough' })).toEqual({ type: 'cancelled', requestId: 6, executionId: cancelled });
    expect(await socket.ask({ type: 'cancel', executionId: cancelled })).toMatchObject({ type: 'cancelled' });
    expect(await socket.ask({ type: 'cancel', executionId: asked })).toMatchObject({ type: 'error', code: 'already_finished' });
    for (const id of [cancelled, asked]) await socket.untilEnded(id);
    expect(socket.eventsOf(cancelled).at(-1)).toMatchObject({ type: 'workflow_cancelled', data: { reason: 'enough' } });
    assertEachWhole(socket.events, [cancelled, asked]);
    socket.close();
  });

  it('answers for what is another\'s as for what is not there; an admin reaches it', async () => {
    const executionId = await app.alice.start(waiting);
    const [bob, root] = [await open('bob'), await open('root')];
    for (const request of [{ type: 'subscribe' }, { type: 'cancel' }, { type: 'input', value: 1 }] as JsonObject[]) {
      const foreign = await bob.ask({ ...request, executionId });
      const none = await bob.ask({ ...request, executionId: '00000000-0000-4000-8000-000000000000' });
      expect(foreign).toMatchObject({ type: 'error', status: 404, code: 'not_found', detail: `there is no execution ${executionId}` });
      expect(JSON.stringify({ ...foreign, requestId: 0 }).replaceAll(executionId, 'x')).toBe(JSON.stringify({ ...none, requestId: 0 }).replaceAll('00000000-0000-4000-8000-000000000000', 'x'));
    }
    expect(bob.events).toEqual([]);
    await root.ask({ type: 'subscribe', executionId });
    expect(await root.ask({ type: 'cancel', executionId })).toMatchObject({ type: 'cancelled' });
    await root.untilEnded(executionId);
    assertWhole(root.events);
    for (const socket of [bob, root]) socket.close();
  });

  it('tells what is wrong with a message, with every fault, and goes on', async () => {
    const socket = await open();
    const codeOf = async (message: unknown) => {
      const from = socket.messages.length;
      socket.send(message);
      const { code, errors } = await socket.until(({ type }) => type === 'error', from);
      return [code, ...((errors as { path: string }[] | undefined) ?? []).map(({ path }) => path)];
    };
    for (const text of ['', '{', 'subscribe']) expect(await codeOf(text)).toEqual(['invalid_json']);
    for (const text of ['null', '1', '[]', '"ping"']) expect(await codeOf(text)).toEqual(['invalid_request', '']);
    expect(await codeOf({})).toEqual(['invalid_request', '/type']);
    expect(await codeOf({ type: 'constructor' })).toEqual(['invalid_request', '/type']);
    expect(await codeOf('{"type":"ping","__proto__":{"a":1}}')).toEqual(['invalid_request', '/__proto__']);
    expect(await codeOf(`{"type":"input","executionId":"x","value":${'['.repeat(100)}${']'.repeat(100)}}`)).toEqual(['invalid_request', expect.stringMatching(/^\/value/)]);
    expect(await codeOf({ type: 'subscribe', executionId: 7, after: -1, last: 'x', types: ['x'], colour: 1, requestId: {} })).toEqual(['invalid_request', '/requestId', '/colour', '/executionId', '/last', '/after', '/types/0']);
    expect(await codeOf({ type: 'input', executionId: 'x' })).toEqual(['not_found']);
    const executionId = await app.alice.start(waiting);
    expect(await codeOf({ type: 'input', executionId })).toEqual(['invalid_request', '/value']);
    expect(await codeOf({ type: 'cancel', executionId, reason: 'x'.repeat(501) })).toEqual(['invalid_request', '/reason']);
    // With the ids by which a client can tell what was refused, whatever was wrong with it.
    expect(await socket.ask({ type: 'subscribe', executionId, after: -1 })).toMatchObject({ type: 'error', code: 'invalid_request', executionId });
    expect(await socket.ask({ type: 'input', executionId, value: { constructor: 1 } })).toMatchObject({ type: 'error', code: 'invalid_request', executionId });
    expect(await socket.ask({ type: 'subscribe', executionId })).toMatchObject({ type: 'subscribed' });
    expect(await socket.ask({ type: 'subscribe', executionId })).toMatchObject({ type: 'error', code: 'conflict', status: 409 });
    await socket.ask({ type: 'cancel', executionId });
    socket.close();
  });

  it('has a bound of subscriptions, and of the size of a message; binary ones close it', async () => {
    const ids = await Promise.all(Array.from({ length: MAX_SUBSCRIPTIONS + 1 }, () => app.alice.start(waiting)));
    const socket = await open();
    const answers = await Promise.all(ids.map((executionId) => socket.ask({ type: 'subscribe', executionId })));
    expect(answers.filter(({ type }) => type === 'subscribed')).toHaveLength(MAX_SUBSCRIPTIONS);
    expect(answers.at(-1)).toMatchObject({ type: 'error', code: 'too_many_streams', status: 429 });
    await socket.ask({ type: 'unsubscribe', executionId: ids[0] as string });
    expect(await socket.ask({ type: 'subscribe', executionId: ids.at(-1) as string })).toMatchObject({ type: 'subscribed' });
    socket.send({ type: 'input', executionId: ids[0], value: 'x'.repeat(64 * 1024) });
    expect((await socket.whenClosed()).code).toBe(1009);
    const binary = await open();
    binary.send(Buffer.from('{"type":"ping"}'));
    expect((await binary.whenClosed()).code).toBe(1003);
    await Promise.all(ids.map((id) => app.alice.post(`/executions/${id}/cancel`)));
  });
});
