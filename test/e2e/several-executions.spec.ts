import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type ExecutionEvent } from '../../src/contract/events.js';
import { agent, workflow } from '../../src/orchestration/definition/builder.js';
import { TestApp } from '../support/app.js';
import { assertEachWhole, assertWhole } from '../support/assert-whole.js';
import { Browser } from '../support/browser.js';
import { API, KEYS } from '../support/client.js';
import { FaultProxy } from '../support/proxy.js';
import { type EventReader, isEvent } from '../support/sse.js';

let app: TestApp;
beforeAll(async () => {
  app = await TestApp.start();
});
afterAll(() => app.close());

const tokens = workflow('tokens', agent('t', 'tokens', { input: { count: 40, intervalMs: 1 } }));
const quick = workflow('quick', agent('e', 'echo'));
const waiting = workflow('waiting', agent('g', 'gate'));
const start = (count: number, flow = tokens, client = app.alice) => Promise.all(Array.from({ length: count }, () => client.start(flow)));
const ofExecution = (events: readonly ExecutionEvent[], id: string) => events.filter(({ executionId }) => executionId === id);
const resume = (reader: EventReader) => ({ 'last-event-id': reader.lastEventId as string });

describe('GET /stream?executions=', () => {
  it('gives each whole, and ends after the last terminal event', async () => {
    const ids = await start(5);
    const reader = await app.alice.open(`/stream?executions=${ids.join()}`);
    expect(await reader.whenEnded()).toBe('end');
    assertEachWhole(reader.events, ids);
    expect((await app.alice.get(`/stream?executions=${ids.join()}`, resume(reader))).status).toBe(204);
  });

  it('gives only what is asked for, and each once where it is named twice', async () => {
    const [a, b] = (await start(3)) as [string, string, string];
    const reader = await app.alice.open(`/stream?executions=${a},${b},${a}`);
    await reader.whenEnded();
    assertEachWhole(reader.events, [a, b]);
  });

  it('goes on from any id it has sent', async () => {
    const ids = await start(3);
    const whole = await app.alice.open(`/stream?executions=${ids.join()}`);
    await whole.whenEnded();
    const frames = whole.frames.filter(isEvent);
    for (let at = 0; at < frames.length; at += 17) {
      const rest = await app.alice.open(`/stream?executions=${ids.join()}`, { headers: { 'last-event-id': frames[at]?.id as string } });
      await rest.whenEnded();
      // Of a log that is read back, executions may come in another order; within each the order is that of its log.
      assertEachWhole([...whole.events.slice(0, at + 1), ...rest.events], ids);
      const query = await app.alice.open(`/stream?executions=${ids.join()}&lastEventId=${encodeURIComponent(frames[at]?.id as string)}`);
      await query.whenEnded();
      expect(query.events).toHaveLength(rest.events.length);
    }
  });

  it('lets an EventSource follow over a line that is cut again and again', async () => {
    const proxy = await FaultProxy.to(app.port);
    try {
      proxy.cutAfter = 5000;
      const ids = await start(4);
      const browser = new Browser(`${proxy.base}${API}/stream?executions=${ids.join()}`, { headers: { 'X-API-Key': KEYS.alice } });
      await browser.whenClosed();
      assertEachWhole(browser.events, ids);
      expect(browser.connections.length).toBeGreaterThan(5);
    } finally {
      await proxy.close();
    }
  });

  it('takes from=latest and last=n for each', async () => {
    const [done] = (await start(1, quick)) as [string];
    const log = await app.alice.follow(done);
    const [running] = (await start(1, waiting)) as [string];
    await (await app.alice.openExecution(running)).untilEvent('step_started');
    const latest = await app.alice.open(`/stream?executions=${done},${running}&from=latest`);
    const last = await app.alice.open(`/stream?executions=${done},${running}&last=1`);
    app.stage.gate(running, 'g').open();
    await Promise.all([latest.whenEnded(), last.whenEnded()]);
    assertWhole(latest.events, 3);
    expect(ofExecution(last.events, done)).toEqual(log.slice(-1));
    assertWhole(ofExecution(last.events, running), 2);
  });

  it('is 404 where one of them is not there or belongs to someone else', async () => {
    const [own] = await start(1, quick);
    const [foreign] = await start(1, quick, app.bob);
    for (const bad of [`${own},${foreign}`, `${foreign}`, `${own},00000000-0000-4000-8000-000000000000`, `${own},x`]) {
      expect(await app.alice.get(`/stream?executions=${bad}`)).toMatchObject({ status: 404, json: { code: 'not_found' } });
    }
    // An admin sees all.
    const reader = await app.root.open(`/stream?executions=${own},${foreign}`);
    await reader.whenEnded();
    assertEachWhole(reader.events, [own as string, foreign as string]);
  });

  it('is 400 for lists and cursors that are none', async () => {
    const [own] = (await start(1, quick)) as [string];
    const { length } = await app.alice.follow(own);
    const reader = await app.alice.open(`/stream?executions=${own}`);
    await reader.whenEnded();
    const first = reader.frames[0]?.id as string;
    // A position beyond the log: the last digit of the first id is the seq.
    const beyond = first.replace(/:1$/, `:${(length + 1).toString(36)}`);
    expect(beyond).not.toBe(first);
    for (const cursor of ['', 'x!', '-1', '1.2', '3', beyond, 'm1.1', 'm'.repeat(10_000)]) {
      expect([cursor.slice(0, 20), (await app.alice.get(`/stream?executions=${own}`, { 'last-event-id': cursor })).json?.code]).toEqual([cursor.slice(0, 20), 'invalid_cursor']);
    }
    const ids = (count: number) => Array.from({ length: count }, (_, i) => `x${i}`).join();
    expect((await app.alice.get(`/stream?executions=${ids(100)}`)).status).toBe(404);
    for (const list of ['', ',', `${own},`, ids(101)]) {
      expect((await app.alice.get(`/stream?executions=${list}`)).json).toMatchObject({ code: 'invalid_request', errors: [{ path: '/executions' }] });
    }
  });
});
