import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type ExecutionEvent } from '../../src/contract/events.js';
import { agent, workflow } from '../../src/orchestration/definition/builder.js';
import { TestApp } from '../support/app.js';
import { assertWhole, of } from '../support/assert-whole.js';
import { Browser } from '../support/browser.js';
import { API, type Client, KEYS, type User } from '../support/client.js';
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
const assertEachWhole = (events: readonly ExecutionEvent[], ids: readonly string[]) => {
  expect(new Set(events.map(({ executionId }) => executionId))).toEqual(new Set(ids));
  for (const id of ids) assertWhole(ofExecution(events, id));
};
const resume = (reader: EventReader) => ({ 'last-event-id': reader.lastEventId as string });
/** A user with nothing of his own, who sees only what the test starts. */
const fresh = (user: User) => app.as(user);

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
    for (const list of ['', ',', `${own},`, Array(101).fill(0).map((_, i) => `x${i}`).join()]) {
      expect((await app.alice.get(`/stream?executions=${list}`)).json).toMatchObject({ code: 'invalid_request', errors: [{ path: '/executions' }] });
    }
  });
});

describe('GET /stream', () => {
  const flows = async (client: Client, count: number) => start(count, tokens, client);

  it('gives all of one\'s own, the finished, the running and those to come, and nothing of others', async () => {
    const bob = fresh('bob');
    const before = ((await bob.get('/executions?limit=200')).json as { executions: { id: string }[] }).executions.map(({ id }) => id);
    const past = await flows(bob, 3);
    await Promise.all(past.map((id) => bob.follow(id)));
    const running = await flows(bob, 3);
    const reader = await bob.open('/stream');
    await reader.untilEvent('step_output');
    await start(2);
    const future = await flows(bob, 3);
    const all = [...before, ...past, ...running, ...future];
    for (const id of all) await reader.until((frame) => isEvent(frame) && frame.data.includes(`"type":"workflow_completed","executionId":"${id}"`));
    assertEachWhole(reader.events, all);
    // What has ended leaves the cursor: it does not grow with the past.
    expect(reader.lastEventId?.length).toBeLessThan(20);
    reader.close();
  });

  it('goes through a long past, over cuts too, before it gets to what is new', async () => {
    const other = await TestApp.start();
    const proxy = await FaultProxy.to(other.port);
    try {
      const past: string[] = [];
      for (let i = 0; i < 230; i++) past.push((await other.executions.start(quick, i, { user: 'alice' })).record.id);
      for (const id of past) await other.executions.result(id);
      proxy.cutAfter = 30_000;
      const browser = new Browser(`${proxy.base}${API}/stream`, { headers: { 'X-API-Key': KEYS.alice } });
      const next = await other.alice.start(quick);
      await browser.until(({ messages }) => messages.some(({ type, data }) => type === 'workflow_completed' && data.includes(next)));
      browser.close();
      assertEachWhole(browser.events, [...past, next]);
      expect(of(browser.events, 'workflow_started').map(({ executionId }) => executionId)).toEqual([...past, next]);
      expect(browser.connections.length).toBeGreaterThan(5);
      const uncut = await other.alice.open('/stream');
      await uncut.until(({ event, data = '' }) => event === 'workflow_completed' && data.includes(next));
      uncut.close();
      assertEachWhole(uncut.events, [...past, next]);
    } finally {
      await proxy.close();
      await other.close();
    }
  });

  it('over cuts, with starts in between, loses and doubles nothing', async () => {
    const root = fresh('root');
    const proxy = await FaultProxy.to(app.port);
    try {
      proxy.cutAfter = 4000;
      const browser = new Browser(`${proxy.base}${API}/stream`, { headers: { 'X-API-Key': KEYS.root } });
      const ids: string[] = [];
      for (let i = 0; i < 8; i++) {
        ids.push(...(await flows(root, 1)));
        await browser.until(({ connections }) => connections.length > 2 * i, `connection ${2 * i}`);
      }
      const ended = () => browser.events.filter(({ type }) => type === 'workflow_completed').length;
      await browser.until(() => ended() === ids.length, 'the end of each');
      browser.close();
      assertEachWhole(browser.events, ids);
    } finally {
      await proxy.close();
    }
  });

  it('with from=latest begins where each running one is, and with the next that is started', async () => {
    const [running] = (await start(1, waiting)) as [string];
    await (await app.alice.openExecution(running)).untilEvent('step_started');
    await app.alice.follow(await app.alice.start(quick));
    const reader = await app.alice.open('/stream?from=latest');
    const next = await app.alice.start(quick);
    await reader.until((frame) => isEvent(frame) && frame.data.includes(next) && frame.event === 'workflow_completed');
    app.stage.gate(running, 'g').open();
    await reader.until((frame) => isEvent(frame) && frame.data.includes(running) && frame.event === 'workflow_completed');
    assertWhole(ofExecution(reader.events, running), 3);
    assertWhole(ofExecution(reader.events, next));
    expect(reader.events).toHaveLength(ofExecution(reader.events, running).length + ofExecution(reader.events, next).length);
    // The cursor holds it too: whoever resumes from it is told of nothing twice.
    const again = await app.alice.open('/stream', { headers: resume(reader) });
    const last = await app.alice.start(quick);
    await again.until((frame) => frame.event === 'workflow_completed');
    assertEachWhole(again.events, [last]);
    reader.close();
    again.close();
  });

  it('is 400 for a cursor that is none, or that lies beyond a log', async () => {
    const own = await app.alice.start(quick);
    await app.alice.follow(own);
    const reader = await app.alice.open(`/stream?executions=${own}`);
    await reader.whenEnded();
    const first = reader.frames[0]?.id as string;
    for (const cursor of ['', 'x!', '7', '-1', first.replace(/:1$/, ':zzz')]) {
      const answer = await app.alice.open('/stream', { headers: { 'last-event-id': cursor } });
      answer.close();
      expect([cursor, answer.status]).toEqual([cursor, 400]);
    }
  });
});
