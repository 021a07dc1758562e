import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { agent, workflow } from '../../src/orchestration/definition/builder.js';
import { TestApp } from '../support/app.js';
import { assertWhole, assertWholeFrames } from '../support/assert-whole.js';
import { Browser } from '../support/browser.js';
import { API, KEYS } from '../support/client.js';
import { FaultProxy } from '../support/proxy.js';
import { isEvent } from '../support/sse.js';

let app: TestApp;
beforeAll(async () => {
  app = await TestApp.start({ streaming: { maxExecutionsPerUser: 2 } });
});
afterAll(() => app.close());

const headers = { 'X-API-Key': KEYS.alice };
const tokens = workflow('tokens', agent('t', 'tokens', { input: { count: 30 } }), agent('e', 'echo'));

describe('P4 the terminal event ends the response; reconnecting after it answers 204', () => {
  it('so that an EventSource stops by itself, having seen everything once', async () => {
    const id = await app.alice.start(tokens);
    const browser = new Browser(`${app.base}${API}/executions/${id}/stream`, { headers });
    await browser.whenClosed();
    assertWhole(browser.events);
    const last = browser.messages.at(-1);
    expect(last).toMatchObject({ type: 'workflow_completed', lastEventId: String(browser.events.length) });
    expect(browser.connections).toEqual([{ lastEventId: undefined, status: 200 }, { lastEventId: last?.lastEventId, status: 204 }]);
  });

  it('after a failure and after a cancel too', async () => {
    const failing = await app.alice.start(workflow('fails', agent('f', 'flaky', { input: { failures: 1 } })));
    const cancelled = await app.alice.start(workflow('waits', agent('g', 'gate')));
    const browsers = [failing, cancelled].map((id) => new Browser(`${app.base}${API}/executions/${id}/stream`, { headers }));
    await app.stage.gate(cancelled, 'g').arrived;
    expect((await app.alice.post(`/executions/${cancelled}/cancel`)).status).toBe(202);
    for (const browser of browsers) {
      await browser.whenClosed();
      assertWhole(browser.events);
      expect(browser.connections.map(({ status }) => status)).toEqual([200, 204]);
    }
  });

  it('with nothing in it', async () => {
    const id = await app.alice.start(tokens);
    const { length } = await app.alice.follow(id);
    for (const query of [`?lastEventId=${length}`, '?from=latest', '?last=0']) {
      const answer = await app.alice.get(`/executions/${id}/stream${query}`);
      expect([query, answer.status, answer.text]).toEqual([query, 204, '']);
    }
    expect((await app.alice.get(`/stream?executions=${id}&from=latest`)).status).toBe(204);
  });

  it('and an EventSource whose line is cut again and again still sees everything once', async () => {
    const proxy = await FaultProxy.to(app.port);
    try {
      proxy.cutAfter = 2500;
      const id = await app.alice.start(tokens);
      const browser = new Browser(`${proxy.base}${API}/executions/${id}/stream`, { headers });
      await browser.whenClosed();
      expect(browser.connections.length).toBeGreaterThan(3);
      expect(browser.connections.at(-1)?.status).toBe(204);
      assertWhole(browser.events);
      expect(browser.messages.map(({ lastEventId }) => lastEventId)).toEqual(browser.events.map(({ seq }) => String(seq)));
    } finally {
      await proxy.close();
    }
  });
});

describe('P5 connecting before, during or after the run gives the same events', () => {
  it('byte for byte', async () => {
    // Two executions fill the user's places, so that the one that is looked at waits in the queue.
    const fillers = await Promise.all([1, 2].map(() => app.alice.start(workflow('filler', agent('g', 'gate')))));
    const id = await app.alice.start(workflow('seen', agent('t', 'tokens', { input: { count: 30 } }), agent('g', 'gate'), agent('u', 'tokens', { input: { count: 30 } })));
    expect((await app.alice.status(id)).status).toBe('queued');
    const before = await app.alice.openExecution(id);
    expect(before.status).toBe(200);
    for (const filler of fillers) app.stage.gate(filler, 'g').open();

    await app.stage.gate(id, 'g').arrived;
    const during = await app.alice.openExecution(id);
    app.stage.gate(id, 'g').open();
    await Promise.all([before.whenEnded(), during.whenEnded()]);
    const after = await app.alice.openExecution(id);
    await after.whenEnded();

    assertWholeFrames(before.frames);
    const bytes = (reader: typeof before) => reader.frames.filter(isEvent).map(({ raw }) => raw);
    expect(bytes(during)).toEqual(bytes(before));
    expect(bytes(after)).toEqual(bytes(before));
    expect((await app.alice.get(`/executions/${id}/events?limit=1000`)).json.events).toEqual(before.events);
  });
});
