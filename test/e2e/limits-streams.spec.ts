/** Open streams: the bound of a user and that of all users, however the streams are opened, and whatever becomes of their readers. */
import http from 'node:http';
import { afterEach, describe, expect, it } from '@jest/globals';
import { agent, workflow } from '../../src/orchestration/definition/builder.js';
import { StreamLimiter } from '../../src/rate-limit/stream-limiter.js';
import { type Platform, TestApp } from '../support/app.js';
import { API, KEYS, type Client } from '../support/client.js';
import { type EventReader } from '../support/sse.js';
import { eventually, within } from '../support/patience.js';

const waiting = workflow('waiting', agent('g', 'gate'));

let app: TestApp;
afterEach(() => app.close());

const open = (user: string) => app.nest.get(StreamLimiter).count(user);
const problemOf = async (reader: EventReader) => JSON.parse(await reader.body()) as { code: string; status: number };

describe.each<Platform>(['express', 'fastify'])('open streams of a user, on %s', (platform) => {
  /** Every way to open a stream; the one at `STARTS` starts an execution. */
  const STARTS = 3;
  const ways = (id: string): ((client: Client) => Promise<EventReader>)[] => [
    (client) => client.openExecution(id),
    (client) => client.open('/stream'),
    (client) => client.open(`/stream?executions=${id}`),
    (client) => client.open('/executions', { method: 'POST', body: { workflow: waiting } }),
    async (client) => app.as(undefined).open(`/${((await client.post(`/executions/${id}/tickets`)).json as { streamUrl: string }).streamUrl}`),
    (client) => client.open('/chat/waiting/c/stream'),
    async (client) => app.as(undefined).open(`/${((await client.post('/tickets')).json as { streamUrl: string }).streamUrl}`),
  ];

  it('are counted together, whichever way they are opened and however many at once; the rest is 429', async () => {
    app = await TestApp.start({ platform, streaming: { maxStreamsPerUser: 4 } });
    const { id } = (await app.alice.post('/executions', { workflow: waiting, sessionId: 'c' })).json as { id: string };
    const readers = await Promise.all([...ways(id), ...ways(id), ...ways(id)].map((way) => way(app.alice)));
    const [opened, refused] = [readers.filter(({ status }) => status === 200), readers.filter(({ status }) => status !== 200)];
    expect([opened.length, open('alice')]).toEqual([4, 4]);
    for (const reader of readers) expect(reader.headers['ratelimit-policy']).toMatch(/"streams";q=4;qu="concurrent-requests"/);
    expect(opened.map(({ headers }) => /"streams";r=(\d)/.exec(String(headers['ratelimit']))?.[1]).toSorted()).toEqual(['0', '1', '2', '3']);
    for (const reader of refused) {
      expect([(await problemOf(reader)).code, Number(reader.headers['retry-after']) > 0]).toEqual(['too_many_streams', true]);
      expect([reader.status, reader.headers['ratelimit']]).toEqual([429, expect.stringMatching(/^"default";r=\d+;t=\d+, "streams";r=0$/)]);
    }
    // A start whose stream is refused is not started.
    expect(await app.alice.count()).toBe(1 + readers.filter(({ status }, i) => status === 200 && i % ways(id).length === STARTS).length);
    expect((await app.bob.open('/stream')).status).toBe(200);

    opened[0]?.close();
    await eventually(() => open('alice') === 3, 'a place that is free');
    expect((await app.alice.openExecution(id)).status).toBe(200);
    expect((await app.alice.openExecution(id)).status).toBe(429);
  });

  it('keep no refusal from its own reason: what is not there, makes no sense or has ended takes no place', async () => {
    app = await TestApp.start({ platform, streaming: { maxStreamsPerUser: 1 } });
    const [id, ended] = [await app.alice.start(waiting), await app.alice.start(workflow('quick', agent('e', 'echo')))];
    await app.executions.result(ended);
    const reader = await app.alice.openExecution(id);
    const paths = ['/executions/none/stream', `/executions/${id}/stream?lastEventId=x`, `/executions/${ended}/stream?from=latest`, '/stream?executions=none', '/stream?types=x', `/stream?executions=${ended}&from=latest`];
    const answers: [string, number][] = [];
    for (const path of paths) answers.push([path, (await app.alice.get(path)).status]);
    expect(answers).toEqual([404, 400, 204, 404, 400, 204].map((status, i) => [paths[i], status]));
    expect((await app.alice.get(`/executions/${id}/stream`)).status).toBe(429);
    reader.close();
  });

  it('that come by ticket are requests of the user who has asked for it', async () => {
    app = await TestApp.start({ platform, streaming: { rateLimit: { points: 6, seconds: 3600 } } });
    const id = await app.alice.start(waiting);
    for (const [path, left] of [[`/executions/${id}/tickets`, 3], ['/tickets', 1]] as const) {
      const { streamUrl } = (await app.alice.post(path)).json as { streamUrl: string };
      const reader = await app.as(undefined).open(`/${streamUrl}`);
      expect(reader.headers['ratelimit']).toMatch(new RegExp(`"default";r=${left};`));
      reader.close();
    }
  });

  it('leave nothing behind where their readers vanish at any moment', async () => {
    app = await TestApp.start({ platform, streaming: { maxStreamsPerUser: 5 } });
    const id = await app.alice.start(waiting);
    const body = JSON.stringify({ workflow: workflow('quick', agent('e', 'echo')) });
    /** Goes away so many turns after its request is on its way; with 0, before it is read. */
    const vanish = (turns: number, method: string, path: string) => new Promise<void>((resolve) => {
      const request = http.request(`${app.base}${API}${path}`, { method, agent: false, headers: { accept: 'text/event-stream', 'x-api-key': KEYS.alice, 'content-type': 'application/json' } });
      let left = turns;
      const step = () => (left-- > 0 ? setImmediate(step) : request.destroy());
      request.on('response', (response) => response.on('error', () => undefined).resume());
      request.on('error', () => undefined);
      request.on('close', resolve);
      request.on('finish', step);
      request.end(method === 'POST' ? body : undefined);
    });
    const all = Array.from({ length: 120 }, (_, i) => (i % 3 === 0 ? vanish(i % 40, 'POST', '/executions') : vanish(i % 40, 'GET', i % 3 === 1 ? `/executions/${id}/stream` : '/stream')));
    await within(Promise.all(all), 'the end of all requests');
    // As many as before, and no more, once the last of them has been seen to be gone.
    const opened = await eventually(async () => {
      const readers = await Promise.all(Array.from({ length: 8 }, () => app.alice.openExecution(id)));
      const streams = readers.filter(({ status }) => status === 200);
      for (const stream of streams) stream.close();
      await eventually(() => open('alice') === 0, 'all places free');
      return streams.length >= 5 && streams.length;
    }, 'all places');
    expect(opened).toBe(5);
  });
});

describe('open streams of all users', () => {
  it('above the bound are 503 with Retry-After, for every user alike, until one is closed', async () => {
    app = await TestApp.start({ streaming: { maxStreamsPerUser: 3, maxStreams: 4 } });
    const readers = await Promise.all([app.alice, app.bob, app.alice, app.bob, app.alice, app.bob, app.root].map((client) => client.open('/stream')));
    const opened = readers.filter(({ status }) => status === 200);
    expect(opened).toHaveLength(4);
    for (const reader of readers.filter(({ status }) => status !== 200)) {
      expect(await problemOf(reader)).toMatchObject({ status: 503, code: 'capacity_exceeded' });
      expect([reader.status, reader.headers['retry-after']]).toEqual([503, '5']);
    }
    const posted = await app.root.open('/executions', { method: 'POST', body: { workflow: waiting } });
    expect([posted.status, await app.root.count()]).toEqual([503, 0]);
    opened[0]?.close();
    await eventually(async () => (await app.root.open('/stream')).status === 200, 'a place that is free');
  });
});
