/** The core of the promises on both of Nest's HTTP platforms, whose requests and responses differ below the surface. */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { agent, input, parallel, workflow } from '../../src/orchestration/definition/builder.js';
import { type Platform, TestApp } from '../support/app.js';
import { assertWhole, assertWholeFrames } from '../support/assert-whole.js';
import { Browser } from '../support/browser.js';
import { API, KEYS, type Started } from '../support/client.js';
import { FaultProxy } from '../support/proxy.js';
import { isEvent } from '../support/sse.js';
import { within } from '../support/patience.js';

const tokens = workflow('tokens', agent('t', 'tokens', { input: { count: 100, intervalMs: 1 } }));
const waiting = workflow('waiting', parallel('p', agent('g', 'gate'), agent('h', 'gate')));

describe.each<Platform>(['express', 'fastify'])('on %s', (platform) => {
  let app: TestApp;
  beforeAll(async () => {
    app = await TestApp.start({ platform, streaming: { heartbeatMs: 100 } });
  });
  afterAll(() => app.close());

  it('a start answers 202 with links that lead where they say', async () => {
    const answer = await app.alice.post('/executions', { workflow: tokens, sessionId: 's' });
    const { id, status, streamUrl, statusUrl, eventsUrl } = answer.json as Started;
    expect([answer.status, status]).toEqual([202, expect.stringMatching(/^(queued|running)$/)]);
    expect([streamUrl, statusUrl, eventsUrl]).toEqual(['/stream', '', '/events'].map((end) => `${API}/executions/${id}${end}`));
    const reader = await app.alice.open(`/${streamUrl}`);
    await reader.whenEnded();
    assertWholeFrames(reader.frames);
    expect((await app.alice.get(`/${eventsUrl}?limit=1000`)).json.events).toEqual(reader.events);
    expect((await app.alice.get(`/${statusUrl}`)).json).toMatchObject({ id, status: 'completed', sessionId: 's', lastSeq: reader.events.length });
  });

  it('a stream has the headers that keep proxies and browsers from meddling', async () => {
    const id = await app.alice.start(tokens);
    const posted = await app.alice.open('/executions', { method: 'POST', body: { workflow: tokens } });
    for (const reader of [await app.alice.openExecution(id), posted, await app.alice.open(`/stream?executions=${id}`)]) {
      expect(reader.headers['content-type']).toMatch(/^text\/event-stream(;|$)/);
      expect(reader.headers['cache-control']).toMatch(/no-cache|no-store/);
      expect(reader.headers['cache-control']).toContain('no-transform');
      expect(reader.headers['x-accel-buffering']).toBe('no');
      expect(reader.headers['content-length']).toBeUndefined();
      await reader.whenEnded();
    }
  });

  it('a connection ends with its stream where the client wants it so, and only there', async () => {
    const id = await app.alice.start(tokens);
    await app.executions.result(id);
    for (const path of [`/executions/${id}/stream`, `/executions/${id}/stream?protocol=text`, `/stream?executions=${id}`]) {
      for (const method of ['GET', 'HEAD']) {
        for (const connection of ['close', 'keep-alive']) expect([method, path, (await app.alice.request(method, path, { headers: { connection } })).headers.connection]).toEqual([method, path, connection]);
      }
    }
  });

  it('a start is streamed in the same request, with the same bytes as the stream of it', async () => {
    const reader = await app.alice.open('/executions?heartbeat=event', { method: 'POST', body: { workflow: waiting, input: 'ä😀' }, headers: { accept: 'application/json;q=0, text/event-stream' } });
    expect(reader.status).toBe(200);
    const { executionId } = await reader.untilEvent('step_started', 'p/g');
    await reader.until('heartbeat');
    for (const step of ['p/g', 'p/h']) app.stage.gate(executionId, step).open();
    expect(await reader.whenEnded()).toBe('end');
    assertWholeFrames(reader.frames);
    const again = await app.alice.openExecution(executionId);
    await again.whenEnded();
    expect(again.frames.filter(isEvent).map(({ raw }) => raw)).toEqual(reader.frames.filter(isEvent).map(({ raw }) => raw));
  });

  it.each(['application/json', '*/*', 'text/event-stream;q=0', 'text/html, */*'])('a start with Accept: %s is not', async (accept) => {
    expect((await app.alice.post('/executions', { workflow: workflow('quick', agent('e', 'echo')) }, { accept })).status).toBe(202);
  });

  it('an EventSource follows over cuts and stops at the end', async () => {
    const proxy = await FaultProxy.to(app.port);
    try {
      proxy.cutAfter = 4000;
      const id = await app.alice.start(tokens);
      const browser = new Browser(`${proxy.base}${API}/executions/${id}/stream`, { headers: { 'X-API-Key': KEYS.alice } });
      await browser.whenClosed();
      assertWhole(browser.events);
      expect(browser.connections.length).toBeGreaterThan(5);
    } finally {
      await proxy.close();
    }
  });

  it('a line that is slow, and one that stalls for a while, lose nothing', async () => {
    const proxy = await FaultProxy.to(app.port);
    try {
      const id = await app.alice.start(tokens);
      proxy.delayMs = 5;
      const browser = new Browser(`${proxy.base}${API}/executions/${id}/stream`, { headers: { 'X-API-Key': KEYS.alice } });
      await browser.until(({ events }) => events.length > 10);
      proxy.stall();
      await app.executions.result(id);
      proxy.resume();
      await browser.whenClosed();
      assertWhole(browser.events);
      expect(browser.connections).toHaveLength(2);
    } finally {
      await proxy.close();
    }
  });

  it('cancel, input and several executions work', async () => {
    const [cancelled, asking] = [await app.alice.start(waiting), await app.alice.start(workflow('asking', input('ask')))];
    const reader = await app.alice.open(`/stream?executions=${cancelled},${asking}`);
    await reader.untilEvent('input_required');
    await reader.untilEvent('step_started', 'p/h');
    expect((await app.alice.post(`/executions/${cancelled}/cancel`)).status).toBe(202);
    expect((await app.alice.post(`/executions/${cancelled}/cancel`, {})).status).toBe(202);
    expect((await app.alice.post(`/executions/${asking}/input`, { value: 1 })).status).toBe(202);
    expect(await reader.whenEnded()).toBe('end');
    for (const id of [cancelled, asking]) assertWhole(reader.events.filter(({ executionId }) => executionId === id));
  });

  it('HEAD answers without a body, and holds no stream open', async () => {
    const id = await app.alice.start(waiting);
    await app.stage.gate(id, 'p/g').arrived;
    const answer = await app.alice.request('HEAD', `/executions/${id}/stream`);
    expect([answer.status, answer.text]).toEqual([200, '']);
    await app.alice.post(`/executions/${id}/cancel`);
  });

  it('the routes are where the app wants them, and the links know', async () => {
    const moved = await TestApp.start({ platform, globalPrefix: 'service', streaming: { path: 'flows/v2' } });
    try {
      const { json } = await moved.alice.post('//service/flows/v2/executions', { workflow: tokens });
      expect(json.streamUrl).toBe(`/service/flows/v2/executions/${json.id as string}/stream`);
      const reader = await moved.alice.open(`/${json.streamUrl as string}`);
      await reader.whenEnded();
      assertWhole(reader.events);
      expect((await moved.alice.get('/executions')).status).toBe(404);
    } finally {
      await moved.close();
    }
  });

  it('closing the app ends its streams, and is not held up by them', async () => {
    const closing = await TestApp.start({ platform });
    const id = await closing.alice.start(waiting);
    const streams = await Promise.all([
      closing.alice.openExecution(id), closing.alice.open('/stream'), closing.alice.open(`/stream?executions=${id}`),
      closing.alice.open('/executions', { method: 'POST', body: { workflow: waiting } }),
    ]);
    for (const stream of streams) await stream.untilEvent('step_started', 'p/h');
    await within(closing.close(), 'the end of the app');
    for (const stream of streams) {
      expect(await stream.whenEnded()).toBe('end');
      expect(stream.events.at(-1)?.type).toBe('checkpoint_saved');
    }
  });
});
