import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { agent, workflow } from '../../src/orchestration/definition/builder.js';
import { TestApp } from '../support/app.js';
import { assertWhole } from '../support/assert-whole.js';
import { Browser } from '../support/browser.js';
import { API, KEYS } from '../support/client.js';
import { eventOf, type Frame, isEvent } from '../support/sse.js';

const HEARTBEAT_MS = 100;
let app: TestApp;
beforeAll(async () => {
  app = await TestApp.start({ streaming: { heartbeatMs: HEARTBEAT_MS } });
});
afterAll(() => app.close());

const waiting = workflow('waiting', agent('t', 'tokens', { input: { count: 3 } }), agent('g', 'gate'));
const isHeartbeat = ({ comment, event }: { comment?: string; event?: string }) => comment === 'heartbeat' || event === 'heartbeat';

describe('P9 after silence a stream gets a heartbeat', () => {
  it('as a comment, that changes no cursor', async () => {
    const id = await app.alice.start(waiting);
    const reader = await app.alice.openExecution(id);
    const first = await reader.until(isHeartbeat);
    expect(first.raw).toBe(': heartbeat');
    await reader.until(isHeartbeat, reader.frames.indexOf(first) + 1);
    app.stage.gate(id, 'g').open();
    await reader.whenEnded();
    assertWhole(reader.events);
  });

  it.each([['', 'event: heartbeat\n'], ['&named=false', '']])('with heartbeat=event%s as an event that carries the last seq', async (query, name) => {
    const id = await app.alice.start(waiting);
    const reader = await app.alice.openExecution(id, `?heartbeat=event${query}`);
    // The last event until the gate is opened: one that comes after a heartbeat could be read with it.
    const { seq } = eventOf((await reader.until((frame) => isEvent(frame) && eventOf(frame).step?.id === 'g')) as Frame & { data: string });
    const beat = await reader.until(({ data }) => data === '{"type":"heartbeat"}', reader.frames.length);
    expect(beat.raw).toBe(`${name}id: ${seq}\ndata: {"type":"heartbeat"}`);
    app.stage.gate(id, 'g').open();
    await reader.whenEnded();
    assertWhole(reader.events);
  });

  it('that scripts in a browser see, without their cursor moving', async () => {
    const id = await app.alice.start(waiting);
    const browser = new Browser(`${app.base}${API}/executions/${id}/stream?heartbeat=event`, { headers: { 'X-API-Key': KEYS.alice } });
    await browser.until(({ messages }) => messages.some(({ type }) => type === 'heartbeat'));
    app.stage.gate(id, 'g').open();
    await browser.whenClosed();
    assertWhole(browser.events);
    expect(browser.connections).toHaveLength(2);
  });

  it('and its headers at once, where it has nothing to say yet', async () => {
    const id = await app.alice.start(waiting);
    await (await app.alice.openExecution(id)).untilEvent('step_started', 'g');
    // Answered although no event comes until the gate opens, which only happens after the answer.
    for (const path of [`/executions/${id}/stream?from=latest`, `/stream?executions=${id}&from=latest`, '/stream?from=latest']) {
      const reader = await app.alice.open(path);
      expect([path, reader.status, reader.events]).toEqual([path, 200, []]);
      await reader.until(isHeartbeat);
      reader.close();
    }
    app.stage.gate(id, 'g').open();
  });

  it('but none while events flow', async () => {
    app.stage.write('trickle', async function* (ctx) {
      for (let i = 0; i < 40; i++) {
        await sleep(HEARTBEAT_MS / 5);
        yield ctx.text('.');
      }
    });
    const id = await app.alice.start(workflow('trickle', agent('t', 'play', { input: { part: 'trickle' } })));
    const reader = await app.alice.openExecution(id);
    await reader.whenEnded();
    // A heartbeat arrives after it was sent, and an event was made before it was sent: so what lies between the two here
    // is no less than the silence that was on the server, however busy this machine is.
    let silentSince = 0;
    for (const frame of reader.frames) {
      if (isEvent(frame)) silentSince = Date.parse(eventOf(frame).timestamp);
      else expect(frame.at - silentSince).toBeGreaterThanOrEqual(HEARTBEAT_MS - 2);
    }
  });
});

describe('P10 filters on the server', () => {
  it('show only what is asked for, and bring the cursor along to the end', async () => {
    const id = await app.alice.start(workflow('filtered', agent('t', 'tokens', { input: { count: 5 } }), agent('e', 'echo')));
    const log = await app.alice.follow(id);
    const reader = await app.alice.openExecution(id, '?types=step_started,step_output');
    await reader.whenEnded();
    expect(reader.events).toEqual(log.filter(({ type }) => type === 'step_started' || type === 'step_output'));
    expect(reader.frames.filter(isEvent).map(({ id: cursor }) => cursor)).toEqual(reader.events.map(({ seq }) => String(seq)));
    expect(reader.frames.at(-1)?.raw).toBe(`id: ${log.length}`);
  });

  it('let an EventSource reconnect where it was, and stop, though it never sees the end', async () => {
    const id = await app.alice.start(workflow('hidden', agent('t', 'tokens', { input: { count: 5 } }), agent('e', 'echo')));
    const browser = new Browser(`${app.base}${API}/executions/${id}/stream?types=step_output`, { headers: { 'X-API-Key': KEYS.alice } });
    await browser.whenClosed();
    const { lastSeq } = await app.alice.status(id);
    expect(browser.events.map(({ type }) => type)).toEqual(Array(5).fill('step_output'));
    expect(browser.connections).toEqual([{ lastEventId: undefined, status: 200 }, { lastEventId: String(lastSeq), status: 204 }]);
  });

  it('bring the cursor along with a heartbeat, while the stream is quiet', async () => {
    const id = await app.alice.start(waiting);
    const [comment, event] = await Promise.all(['', '&heartbeat=event'].map((query) => app.alice.openExecution(id, `?types=workflow_started${query}`)));
    await app.stage.gate(id, 'g').arrived;
    // 1 workflow_started, 2-6 the step t, 7 step_started of g
    expect((await comment?.until(({ id: cursor }) => cursor === '7'))?.raw).toBe('id: 7');
    expect((await event?.until(({ id: cursor }) => cursor === '7'))?.raw).toBe('event: heartbeat\nid: 7\ndata: {"type":"heartbeat"}');
    comment?.close();
    event?.close();
    const rest = await app.alice.openExecution(id, '', { 'last-event-id': '7' });
    app.stage.gate(id, 'g').open();
    await rest.whenEnded();
    assertWhole(rest.events, 8);
  });

  it('that let everything through are no filter', async () => {
    const id = await app.alice.start(workflow('all', agent('e', 'echo')));
    const log = await app.alice.follow(id);
    expect(await app.alice.follow(id, `?types=${log.map(({ type }) => type).join()}`)).toEqual(log);
  });

  it('apply to several executions on one line too', async () => {
    const ids = await Promise.all([1, 2].map(() => app.alice.start(workflow('pair', agent('t', 'tokens', { input: { count: 5 } })))));
    await Promise.all(ids.map((id) => app.alice.follow(id)));
    const reader = await app.alice.open(`/stream?executions=${ids.join()}&types=workflow_started`);
    await reader.whenEnded();
    expect(reader.events.map(({ type, executionId }) => [type, executionId]).toSorted()).toEqual(ids.map((id) => ['workflow_started', id]).toSorted());
    // The cursor is at the end of both: nothing is left.
    expect((await app.alice.get(`/stream?executions=${ids.join()}`, { 'last-event-id': reader.lastEventId as string })).status).toBe(204);
  });
});

describe('P10 named=false', () => {
  it('leaves the event line out, so that onmessage gets everything', async () => {
    const id = await app.alice.start(workflow('plain', agent('t', 'tokens', { input: { count: 5 } })));
    const log = await app.alice.follow(id);
    const reader = await app.alice.openExecution(id, '?named=false');
    await reader.whenEnded();
    expect(reader.frames.map(({ raw }) => raw)).toEqual(log.map((event) => `id: ${event.seq}\ndata: ${JSON.stringify(event)}`));
    const browser = new Browser(`${app.base}${API}/executions/${id}/stream?named=false`, { headers: { 'X-API-Key': KEYS.alice }, types: ['message'] });
    await browser.whenClosed();
    assertWhole(browser.events);
  });
});
