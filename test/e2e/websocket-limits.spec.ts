/** What bounds a WebSocket: caps, readers that do not read, peers that are gone, rights that are lost, the end of the service. */
import { afterEach, describe, expect, it, jest } from '@jest/globals';
import { Observable } from 'rxjs';
import { WebSocket } from 'ws';
import { type AuthenticationRequest, Authenticator } from '../../src/auth/authenticator.js';
import { type Principal } from '../../src/auth/principal.js';
import { StepcastError } from '../../src/contract/errors.js';
import { Journal } from '../../src/journal/journal.js';
import { MetricsRegistry } from '../../src/metrics/metrics.registry.js';
import { agent, workflow } from '../../src/orchestration/definition/builder.js';
import { StreamLimiter } from '../../src/rate-limit/stream-limiter.js';
import { SocketSession } from '../../src/streaming/ws/socket.session.js';
import { type AppOptions, type Platform, TestApp } from '../support/app.js';
import { assertWhole } from '../support/assert-whole.js';
import { API, KEYS } from '../support/client.js';
import { eventually, within } from '../support/patience.js';
import { SocketClient } from '../support/socket.js';

const PIECES = 4000;
const PIECE = 'x'.repeat(4000);

const waiting = workflow('waiting', agent('g', 'gate'));
const tokens = workflow('tokens', agent('g', 'gate'), agent('t', 'tokens', { input: { count: 40 } }), agent('h', 'gate'));

let app: TestApp;
afterEach(() => app.close());

const start = async (streaming: AppOptions['streaming'] = {}, more: AppOptions = {}) => {
  app = await TestApp.start({ streaming, ...more });
};
const open = (user: 'alice' | 'bob' = 'alice', headers: Record<string, string> = {}) => SocketClient.open(app.base, { user, headers });
const metric = async (name: string) => Number(new RegExp(`^${name} (\\d+)`, 'm').exec(await app.nest.get(MetricsRegistry).metrics())?.[1]);

describe.each<Platform>(['express', 'fastify'])('places of WebSockets, on %s', (platform) => {
  it('are those of streams: counted together, and free when a socket is closed', async () => {
    await start({ maxStreamsPerUser: 3, maxStreams: 4 }, { platform });
    const id = await app.alice.start(waiting);
    const limiter = app.nest.get(StreamLimiter);
    const sockets = [await open(), await open()];
    const stream = await app.alice.openExecution(id);
    expect([stream.status, limiter.count('alice')]).toEqual([200, 3]);
    expect((await app.alice.openExecution(id)).status).toBe(429);
    expect(await SocketClient.refused(app.base, { user: 'alice' })).toMatchObject({
      status: 429, headers: { 'retry-after': '1', ratelimit: expect.stringContaining('"streams";r=0') }, json: { code: 'too_many_streams' },
    });
    // However many executions it carries.
    for (let i = 0; i < 5; i++) expect(await sockets[0]?.ask({ type: 'subscribe', executionId: await app.alice.start(waiting) })).toMatchObject({ type: 'subscribed' });
    await open('bob');
    expect(await SocketClient.refused(app.base, { user: 'bob' })).toMatchObject({ status: 503, headers: { 'retry-after': '5' }, json: { code: 'capacity_exceeded' } });
    expect(await metric('stepcast_streams_open')).toBe(4);
    sockets[0]?.close();
    sockets[1]?.ws.terminate();
    await eventually(() => limiter.count('alice') === 1, 'places that are free');
    expect(await metric('stepcast_streams_open')).toBe(2);
    expect((await app.alice.openExecution(id)).status).toBe(200);
  });
});

describe('requests over a WebSocket', () => {
  it('count as requests of the user, together with those of the routes', async () => {
    await start({ rateLimit: { points: 5, seconds: 3600 } });
    const executionId = await app.alice.start(waiting);
    const socket = await open();
    expect(await socket.ask({ type: 'subscribe', executionId })).toMatchObject({ type: 'subscribed' });
    for (let i = 0; i < 10; i++) expect(await socket.ask({ type: 'ping' })).toMatchObject({ type: 'pong' });
    expect(await socket.ask({ type: 'nonsense' })).toMatchObject({ code: 'invalid_request' });
    expect(await socket.ask({ type: 'cancel', executionId: 'x' })).toMatchObject({ code: 'not_found' });
    expect(await socket.ask({ type: 'cancel', executionId })).toMatchObject({ type: 'error', status: 429, code: 'rate_limited', executionId, retryAfter: expect.any(Number) });
    expect((await app.alice.get('/executions')).status).toBe(429);
    expect(await socket.ask({ type: 'unsubscribe', executionId })).toMatchObject({ type: 'unsubscribed' });
    socket.close();
  });

  it('that come faster than they are answered are all answered, in the order they came', async () => {
    await start();
    const executionId = await app.alice.start(waiting);
    const socket = await open();
    const count = 1000;
    for (let requestId = 0; requestId < count; requestId++) socket.send({ type: requestId % 2 ? 'unsubscribe' : 'subscribe', executionId, from: requestId % 2 ? undefined : 'latest', requestId });
    await socket.until(({ requestId }) => requestId === count - 1);
    const answers = socket.messages.filter(({ requestId }) => requestId !== undefined);
    expect(answers.map(({ requestId }) => requestId)).toEqual(Array.from({ length: count }, (_, i) => i));
    expect(new Set(answers.map(({ type, requestId }) => `${type} ${(requestId as number) % 2}`))).toEqual(new Set(['subscribed 0', 'unsubscribed 1']));
    socket.close();
  });
});

describe('P8 a WebSocket that is not read', () => {
  const flood = async (stalledReaderMs: number) => {
    await start({ stalledReaderMs });
    app.stage.write('flood', function* (ctx) {
      for (let i = 0; i < PIECES; i++) yield ctx.data(PIECE);
    });
    return app.alice.start(workflow('flood', agent('f', 'play', { input: { part: 'flood' } })));
  };

  it('slows neither the execution nor others, and can still read everything', async () => {
    const executionId = await flood(600_000);
    const [unread, read] = [await open(), await open()];
    for (const socket of [unread, read]) await socket.ask({ type: 'subscribe', executionId });
    unread.pause();
    await read.untilEnded(executionId);
    assertWhole(read.events);
    expect(unread.events.length).toBeLessThan(PIECES);
    const received = jest.spyOn(SocketSession.prototype, 'receive');
    unread.send({ type: 'ping', requestId: 'unread' });
    for (let i = 0; i < 20; i++) await read.ask({ type: 'ping' });
    expect(received).toHaveBeenCalledTimes(20);
    unread.resume();
    await unread.untilEnded(executionId);
    await unread.until(({ requestId }) => requestId === 'unread');
    expect(unread.events).toEqual(read.events);
    expect(await metric('stepcast_streams_dropped_total')).toBe(0);
    for (const socket of [unread, read]) socket.close();
  });

  it('is dropped after the time that is configured, is told why where it reads on, and resumes without loss', async () => {
    const executionId = await flood(100);
    const socket = await open();
    await socket.ask({ type: 'subscribe', executionId });
    socket.pause();
    await eventually(async () => (await metric('stepcast_streams_dropped_total')) === 1, 'the drop');
    socket.resume();
    const { code } = await socket.whenClosed();
    // 1006 where the time for the goodbye was over before it was read.
    expect([1013, 1006]).toContain(code);
    const events = socket.events;
    expect(events.length).toBeLessThan(PIECES);
    await eventually(() => app.nest.get(StreamLimiter).count('alice') === 0, 'a place that is free');
    // On a busy machine one that reads may be held for one that does not, now and then.
    for (let isWhole = false; !isWhole; ) {
      const rest = await open();
      rest.send({ type: 'subscribe', executionId, after: events.at(-1)?.seq as number });
      isWhole = await rest.untilEnded(executionId).then(() => true, (error: Error) => {
        if (!error.message.startsWith('the socket was closed')) throw error;
        return false;
      });
      events.push(...rest.events);
      rest.close();
    }
    assertWhole(events);
  });

  it('follows nothing for a client that has gone away before it was answered', async () => {
    await start();
    const executionId = await app.alice.start(waiting);
    const journal = app.nest.get(Journal);
    const find = journal.find.bind(journal);
    const socket = await open();
    let isFollowed = false;
    const asked = new Promise<void>((resolve) => {
      jest.spyOn(journal, 'find').mockImplementationOnce(async (id) => {
        socket.ws.terminate();
        await eventually(async () => (await metric('stepcast_streams_open')) === 0, 'its end');
        return find(id);
      });
      jest.spyOn(journal, 'follow').mockImplementationOnce(() => {
        setImmediate(resolve);
        return new Observable(() => void (isFollowed = true));
      });
    });
    socket.send({ type: 'subscribe', executionId });
    await within(asked, 'the answer that nobody gets');
    expect(isFollowed).toBe(false);
  });

  it('by a client that has gone away neither', async () => {
    await start();
    const executionId = await app.alice.start(tokens);
    const socket = await open();
    await socket.ask({ type: 'subscribe', executionId });
    await socket.untilEvent('step_started', 'g');
    socket.ws.terminate();
    await eventually(async () => (await metric('stepcast_streams_open')) === 0, 'its end');
    for (const step of ['g', 'h']) app.stage.gate(executionId, step).open();
    assertWhole(await app.alice.follow(executionId));
  });
});

describe('P9 the silence of a WebSocket', () => {
  it('is broken by heartbeats that carry the cursors, over hidden events too (P10), and by pings', async () => {
    await start({ heartbeatMs: 50 });
    const executionId = await app.alice.start(tokens);
    const socket = await open();
    await socket.ask({ type: 'subscribe', executionId, types: ['workflow_completed'] });
    app.stage.gate(executionId, 'g').open();
    const { lastSeq } = await eventually(async () => {
      const status = await app.alice.status(executionId);
      return status.activeSteps.includes('h') && status;
    }, 'the second gate');
    const knows = (message: { type: string; [key: string]: unknown }) =>
      (message.type === 'cursor' && message['after'] === lastSeq) || (message.type === 'heartbeat' && (message['cursors'] as Record<string, number>)[executionId] === lastSeq);
    await socket.until(knows);
    await socket.until(({ type }) => type === 'heartbeat', socket.messages.length);
    await eventually(() => socket.pings > 2, 'pings');
    expect(socket.events).toEqual([]);
    app.stage.gate(executionId, 'h').open();
    await socket.untilEnded(executionId);
    expect(socket.events).toHaveLength(1);
    socket.close();
  });

  it('moves the cursor of what is hidden where others break it', async () => {
    await start({ heartbeatMs: 100 });
    const [hidden, shown] = [await app.alice.start(waiting), await app.alice.start(workflow('talk', agent('t', 'tokens', { input: { count: 1000, intervalMs: 5 } })))];
    const socket = await open();
    await socket.ask({ type: 'subscribe', executionId: hidden, types: ['workflow_completed'] });
    await socket.ask({ type: 'subscribe', executionId: shown });
    await socket.until((message) => (message.type === 'cursor' || message.type === 'heartbeat') && JSON.stringify(message).includes(hidden));
    await socket.ask({ type: 'cancel', executionId: shown });
    socket.close();
  });

  it('is the end of a peer that answers no pings', async () => {
    await start({ heartbeatMs: 100 });
    const ws = new WebSocket(`ws://127.0.0.1:${app.port}${API}/ws`, { headers: { 'x-api-key': KEYS.alice }, autoPong: false });
    const closed = new Promise<number>((resolve) => ws.on('close', resolve));
    expect(await within(closed, 'the end')).toBe(1006);
    await eventually(() => app.nest.get(StreamLimiter).count('alice') === 0, 'a place that is free');
  });
});

/** An app's own users: whoever is on the list, named in a header. */
class Members extends Authenticator {
  readonly members = new Set(['alice', 'bob']);
  broken = false;

  async authenticate({ headers }: AuthenticationRequest): Promise<Principal> {
    const user = String(headers['x-member']);
    if (!this.members.has(user)) throw new StepcastError('unauthenticated', 'be a member, and say so in X-Member');
    return { user, roles: [], method: 'custom', credentialId: user };
  }

  async isStillValid({ user }: Principal): Promise<boolean> {
    if (this.broken) throw new Error('the list cannot be read');
    return this.members.has(user);
  }
}

describe("P15 an owner's lost right ends their WebSockets", () => {
  const member = (user: string) => SocketClient.open(app.base, { headers: { 'x-member': user } });

  it('with a last message that says why, and nobody else\'s', async () => {
    const members = new Members();
    await start({ authenticator: members, rightsCheckMs: 50 });
    const executionId = await app.as({ 'x-member': 'alice' }).start(waiting);
    const [following, idle, bob] = [await member('alice'), await member('alice'), await member('bob')];
    await following.ask({ type: 'subscribe', executionId });
    await following.untilEvent('step_started');
    members.members.delete('alice');
    for (const socket of [following, idle]) {
      expect(await socket.whenClosed()).toMatchObject({ code: 4401 });
      expect(socket.messages.at(-1)).toMatchObject({ type: 'error', code: 'unauthenticated', status: 401, detail: expect.stringMatching(/is not taken any more/) });
    }
    expect(await bob.ask({ type: 'ping' })).toMatchObject({ type: 'pong' });
    expect((await SocketClient.refused(app.base, { headers: { 'x-member': 'alice' } })).status).toBe(401);
    members.broken = true;
    expect(await bob.whenClosed()).toMatchObject({ code: 4503 });
    expect(bob.messages.at(-1)).toMatchObject({ type: 'error', code: 'authentication_unavailable' });
    members.broken = false;
    app.stage.gate(executionId, 'g').open();
  });

  it('at once where they ask for something, however far away the next look is', async () => {
    const members = new Members();
    await start({ authenticator: members, rightsCheckMs: 30_000 });
    const executionId = await app.as({ 'x-member': 'alice' }).start(waiting);
    const socket = await member('alice');
    members.broken = true;
    expect(await socket.ask({ type: 'cancel', executionId })).toMatchObject({ type: 'error', code: 'authentication_unavailable', status: 503 });
    members.broken = false;
    members.members.delete('alice');
    socket.send({ type: 'cancel', executionId });
    expect(await socket.whenClosed()).toMatchObject({ code: 4401 });
    expect((await app.executions.status(executionId)).status).toBe('running');
    app.stage.gate(executionId, 'g').open();
  });
});

describe.each<Platform>(['express', 'fastify'])('P16 closing the app, on %s', (platform) => {
  it('closes its WebSockets with 1001 after the last events, and is not held up by a peer that does not answer', async () => {
    const closing = await TestApp.start({ platform });
    app = await TestApp.start({ platform });
    const executionId = await closing.alice.start(waiting);
    const [following, mute] = [await SocketClient.open(closing.base, { user: 'alice' }), await SocketClient.open(closing.base, { user: 'alice' })];
    const hidden = await SocketClient.open(closing.base, { user: 'alice' });
    await hidden.ask({ type: 'subscribe', executionId, types: ['workflow_completed'] });
    await following.ask({ type: 'subscribe', executionId });
    await following.untilEvent('step_started');
    mute.pause();
    await within(closing.close(), 'the end of the app');
    expect(await following.whenClosed()).toMatchObject({ code: 1001 });
    expect(following.events.at(-1)?.type).toBe('checkpoint_saved');
    await hidden.whenClosed();
    expect(hidden.messages.at(-1)).toEqual({ type: 'cursor', executionId, after: following.events.at(-1)?.seq });
    mute.resume();
    await mute.whenClosed();
  });
});
