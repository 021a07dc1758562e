import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type ExecutionEvent } from '../../src/contract/events.js';
import { agent, workflow } from '../../src/orchestration/definition/builder.js';
import { TestApp } from '../support/app.js';
import { assertEachWhole, assertWhole, of } from '../support/assert-whole.js';
import { Browser } from '../support/browser.js';
import { API, type Client, KEYS } from '../support/client.js';
import { FaultProxy } from '../support/proxy.js';
import { type Frame, isEvent } from '../support/sse.js';

let app: TestApp;
beforeAll(async () => {
  app = await TestApp.start();
});
afterAll(() => app.close());

const tokens = workflow('tokens', agent('t', 'tokens', { input: { count: 40, intervalMs: 1 } }));
const quick = workflow('quick', agent('e', 'echo'));
const waiting = workflow('waiting', agent('g', 'gate'));
const start = (count: number, client: Client) => Promise.all(Array.from({ length: count }, () => client.start(tokens)));
const ofExecution = (events: readonly ExecutionEvent[], id: string) => events.filter(({ executionId }) => executionId === id);
const isEndOf = (id: string) => (frame: Frame) => frame.event === 'workflow_completed' && isEvent(frame) && frame.data.includes(`"executionId":"${id}"`);

describe('GET /stream', () => {
  it('gives all of one\'s own, the finished, the running and those to come, and nothing of others', async () => {
    const { bob } = app;
    const past = await start(3, bob);
    await Promise.all(past.map((id) => bob.follow(id)));
    const running = await start(3, bob);
    const reader = await bob.open('/stream');
    await reader.untilEvent('step_output');
    const others = await start(2, app.alice);
    const future = await start(3, bob);
    const all = [...past, ...running, ...future];
    for (const id of all) await reader.until(isEndOf(id));
    assertEachWhole(reader.events, all);
    for (const id of others) await app.alice.follow(id);
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
      await uncut.until(isEndOf(next));
      uncut.close();
      assertEachWhole(uncut.events, [...past, next]);
    } finally {
      await proxy.close();
      await other.close();
    }
  });

  it('over cuts, with starts in between, loses and doubles nothing', async () => {
    const proxy = await FaultProxy.to(app.port);
    try {
      proxy.cutAfter = 4000;
      const browser = new Browser(`${proxy.base}${API}/stream`, { headers: { 'X-API-Key': KEYS.root } });
      const ids: string[] = [];
      for (let i = 0; i < 8; i++) {
        ids.push(...(await start(1, app.root)));
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
    const running = await app.alice.start(waiting);
    await (await app.alice.openExecution(running)).untilEvent('step_started');
    await app.alice.follow(await app.alice.start(quick));
    const reader = await app.alice.open('/stream?from=latest');
    const next = await app.alice.start(quick);
    await reader.until(isEndOf(next));
    app.stage.gate(running, 'g').open();
    await reader.until(isEndOf(running));
    assertWhole(ofExecution(reader.events, running), 3);
    assertWhole(ofExecution(reader.events, next));
    expect(reader.events).toHaveLength(ofExecution(reader.events, running).length + ofExecution(reader.events, next).length);
    // The cursor holds it too: whoever resumes from it is told of nothing twice.
    const again = await app.alice.open('/stream', { headers: { 'last-event-id': reader.lastEventId as string } });
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
    for (const cursor of ['', 'x!', '7', '-1', first.replace(/:1$/, ':zzz'), 'mzzz']) {
      const answer = await app.alice.open('/stream', { headers: { 'last-event-id': cursor } });
      answer.close();
      expect([cursor, answer.status]).toEqual([cursor, 400]);
    }
  });
});
