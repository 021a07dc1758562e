import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type ExecutionEvent } from '../../src/contract/events.js';
import { agent, workflow } from '../../src/orchestration/definition/builder.js';
import { TestApp } from '../support/app.js';
import { assertWhole } from '../support/assert-whole.js';

/** P3 Last-Event-ID gives every event after it and then the live ones, with no seam. */
let app: TestApp;
/** A finished execution and its log. */
let id: string;
let log: ExecutionEvent[];
beforeAll(async () => {
  app = await TestApp.start();
  id = await app.alice.start(workflow('done', agent('t', 'tokens', { input: { count: 10 } })));
  log = await app.alice.follow(id);
  assertWhole(log);
});
afterAll(() => app.close());

const cursor = (n: number | string) => ({ 'last-event-id': String(n) });

describe('P3 a cursor', () => {
  it('gives every event after it, from any position, by header and by query', async () => {
    for (let n = 0; n < log.length; n++) {
      expect(await app.alice.follow(id, '', cursor(n))).toEqual(log.slice(n));
      expect(await app.alice.follow(id, `?lastEventId=${n}`)).toEqual(log.slice(n));
    }
  });

  it('in the header wins over the query, a good one over a bad one too', async () => {
    expect(await app.alice.follow(id, '?lastEventId=3', cursor(9))).toEqual(log.slice(9));
    expect(await app.alice.follow(id, '?lastEventId=nonsense&from=latest', cursor(9))).toEqual(log.slice(9));
    expect(await app.alice.follow(id, '?from=latest&lastEventId=9')).toEqual(log.slice(9));
  });

  it('in the past of a running execution gives what was missed and then what comes', async () => {
    const running = await app.alice.start(workflow('live', agent('t', 'tokens', { input: { count: 20 } }), agent('g', 'gate'), agent('u', 'tokens', { input: { count: 20 } })));
    await app.stage.gate(running, 'g').arrived;
    const readers = await Promise.all([0, 1, 7, 21].map((n) => app.alice.openExecution(running, '', cursor(n))));
    // One more at the very end of what there is: nothing to replay.
    await readers[0]?.untilEvent('step_started', 'g');
    const end = readers[0]?.lastEventId as string;
    readers.push(await app.alice.openExecution(running, '', cursor(end)));
    app.stage.gate(running, 'g').open();
    for (const [i, from] of [1, 2, 8, 22, Number(end) + 1].entries()) {
      await readers[i]?.whenEnded();
      assertWhole(readers[i]?.events ?? [], from);
    }
  });

  it('at the live end (from=latest) gives nothing of the past', async () => {
    const running = await app.alice.start(workflow('latest', agent('g', 'gate')));
    await app.stage.gate(running, 'g').arrived;
    await (await app.alice.openExecution(running)).untilEvent('step_started');
    const reader = await app.alice.openExecution(running, '?from=latest');
    app.stage.gate(running, 'g').open();
    await reader.whenEnded();
    assertWhole(reader.events, 3);
  });

  it('at the live end is told at once, so that a line that is cut before anything came loses nothing', async () => {
    const running = await app.alice.start(workflow('latest', agent('g', 'gate')));
    await (await app.alice.openExecution(running)).untilEvent('step_started');
    const places = new Map<string, string>();
    for (const path of [`/executions/${running}/stream?from=latest`, `/stream?executions=${running}&from=latest`, '/stream?from=latest']) {
      const reader = await app.alice.open(path);
      const { raw, id: place = '' } = await reader.until(() => true);
      expect(raw).toBe(`id: ${place}`);
      places.set(path, place);
      reader.close();
    }
    app.stage.gate(running, 'g').open();
    await app.executions.result(running);
    // What a browser does: the same URL again, with the id in the header.
    for (const [path, place] of places) {
      const again = await app.alice.open(path, { headers: { 'last-event-id': place } });
      await again.untilEvent('workflow_completed');
      assertWhole(again.events, 3);
      again.close();
    }
  });

  it('of the last n gives these', async () => {
    expect(await app.alice.follow(id, '?last=1')).toEqual(log.slice(-1));
    expect(await app.alice.follow(id, '?last=4')).toEqual(log.slice(-4));
    expect(await app.alice.follow(id, '?last=999999')).toEqual(log);
    expect((await app.alice.get(`/executions/${id}/stream?last=0`)).status).toBe(204);
  });

  it('pages through the same events as JSON', async () => {
    const paged: ExecutionEvent[] = [];
    for (let after = 0; after < log.length; ) {
      const { events, lastSeq, terminal } = (await app.alice.get(`/executions/${id}/events?after=${after}&limit=3`)).json as { events: ExecutionEvent[]; lastSeq: number; terminal: boolean };
      expect(lastSeq).toBe(log.length);
      paged.push(...events);
      after += events.length;
      expect(terminal).toBe(after === log.length);
    }
    expect(paged).toEqual(log);
    expect((await app.alice.get(`/executions/${id}/events?after=${log.length}`)).json).toEqual({ events: [], lastSeq: log.length, terminal: true });
  });

  it('of a page is 100 events where nothing else is asked', async () => {
    const long = await app.alice.start(workflow('long', agent('t', 'tokens', { input: { count: 1200 } })));
    await app.alice.follow(long);
    expect((await app.alice.get(`/executions/${long}/events`)).json.events).toHaveLength(100);
    expect((await app.alice.get(`/executions/${long}/events?limit=1000`)).json.events).toHaveLength(1000);
  });
});

describe('P3 what is no cursor is 400 and says which parameter it is', () => {
  const bad = ['', '-1', 'x', '1.5', '1e3', ' ', '0x1', '+1', '१', '99', '1000000000000000', '9007199254740993', '1,2'];

  it.each(bad)('Last-Event-ID %j', async (text) => {
    const sent = /^[\x20-\x7e]*$/.test(text) ? text : encodeURIComponent(text);
    expect((await app.alice.get(`/executions/${id}/stream`, cursor(sent)))).toMatchObject({ status: 400, json: { code: 'invalid_cursor', errors: [{ path: '/Last-Event-ID' }] } });
  });

  it.each(bad)('lastEventId=%j', async (text) => {
    const answer = await app.alice.get(`/executions/${id}/stream?lastEventId=${encodeURIComponent(text)}`);
    expect(answer).toMatchObject({ status: 400, json: { status: 400, code: 'invalid_cursor', errors: [{ path: '/lastEventId' }] } });
    expect(answer.headers['content-type']).toMatch(/^application\/problem\+json/);
  });

  it.each(bad)('after=%j', async (text) => {
    expect(await app.alice.get(`/executions/${id}/events?after=${encodeURIComponent(text)}`)).toMatchObject({ status: 400, json: { code: 'invalid_cursor', errors: [{ path: '/after' }] } });
  });

  it.each([
    ['last=-1', '/last'], ['last=x', '/last'], ['last=', '/last'], ['from=first', '/from'], ['from=', '/from'], ['from=latest&last=2', '/from'],
    ['heartbeat=yes', '/heartbeat'], ['named=0', '/named'], ['types=nothing', '/types'], ['types=', '/types'], ['types=step_output,', '/types'],
    ['lastEventId=1&lastEventId=2', '/lastEventId'], ['last=1&last=2', '/last'], ['types=message&types=message', '/types'],
  ])('%s', async (query, path) => {
    expect(await app.alice.get(`/executions/${id}/stream?${query}`)).toMatchObject({ status: 400, json: { code: 'invalid_request', errors: [{ path }] } });
  });

  it('two Last-Event-ID headers', async () => {
    expect((await app.alice.get(`/executions/${id}/stream`, { 'last-event-id': ['1', '2'] })).status).toBe(400);
  });
});
