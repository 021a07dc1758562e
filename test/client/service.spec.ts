/** The client against the real service, over a line with faults: nothing missing, nothing twice, whatever happens to either. */
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { type ExecutionEvent, fold, initialState, StepcastClient } from '../../src/client/index.js';
import { agent, input, parallel, retry, workflow } from '../../src/orchestration/definition/builder.js';
import { TestApp } from '../support/app.js';
import { assertEachWhole, assertWhole, textOf } from '../support/assert-whole.js';
import { KEYS } from '../support/client.js';
import { within } from '../support/patience.js';
import { ServiceProcess } from '../support/process.js';
import { FaultProxy } from '../support/proxy.js';

const TOKENS = { count: 30, intervalMs: 5 };
/** Two branches that stream, one of which is tried again. */
const BRANCHES = workflow('branches',
  parallel('both', agent('left', 'tokens', { input: TOKENS }), retry('again', { maxAttempts: 2, backoff: { delayMs: 1, jitter: false } }, agent('right', 'play', { input: { part: 'shaky' } }))),
  agent('last', 'echo', { input: { done: true } }));

let app: TestApp;
let proxy: FaultProxy;
beforeAll(async () => {
  app = await TestApp.start();
  app.stage.write('shaky', async function* ({ attempt, text }) {
    for (const word of ['one ', 'two ', 'three ']) yield text(`${attempt}:${word}`);
    if (attempt === 1) throw new Error('not yet');
    return 'fine';
  });
});
afterAll(() => app.close());
beforeEach(async () => {
  proxy = await FaultProxy.to(app.port);
});
afterEach(() => proxy.close());

const clientTo = (base: string, key: string = KEYS.alice) =>
  new StepcastClient({ baseUrl: base, auth: { apiKey: key }, reconnect: { delayMs: 20, maxDelayMs: 200 }, stallMs: 400 });

async function collect(events: AsyncIterable<ExecutionEvent>, each: (event: ExecutionEvent) => void = () => {}): Promise<ExecutionEvent[]> {
  const seen: ExecutionEvent[] = [];
  const reading = (async () => {
    for await (const event of events) {
      seen.push(event);
      each(event);
    }
  })();
  await within(reading, 'the end of the stream');
  return seen;
}

describe('the client', () => {
  it('starts, follows and folds over a line that is cut again and again', async () => {
    proxy.cutAfter = 2500;
    const run = await clientTo(proxy.base).run(BRANCHES, { n: 1 }, { sessionId: 's' });
    const events = await collect(run);
    assertWhole(events);
    expect(events).toEqual(await app.alice.follow(run.executionId));
    expect(proxy.connections).toBeGreaterThan(4);
    expect(run.state).toEqual(fold(initialState({ id: run.executionId, workflow: 'branches', sessionId: 's', createdAt: events[0]?.timestamp as string }), events));
    expect(run.state.steps['both/again/right']?.text).toBe('2:one 2:two 2:three ');
    expect(run.state.steps['both/left']?.text).toBe(run.state.steps['both/left']?.output);
    expect(textOf(events, 'both/left')).toBe(run.state.steps['both/left']?.output);
  });

  it('goes on after a line that stalls, and over one that is slow', async () => {
    proxy.delayMs = 5;
    const client = clientTo(proxy.base);
    const { id } = await client.start(BRANCHES);
    const stream = client.stream(id);
    let stalls = 0;
    const events = await collect(stream, ({ seq }) => {
      if (seq % 20 !== 10 || stalls >= 2) return;
      stalls++;
      // New lines go through, as the old ones are held.
      const held = proxy;
      held.stall();
      setTimeout(() => held.resume(), 600);
    });
    assertWhole(events);
    expect(stalls).toBe(2);
    expect(stream.state.status).toBe('completed');
  });

  it('begins where it is told to, with the state there', async () => {
    const client = clientTo(proxy.base);
    const { id } = await client.start(workflow('two', agent('first', 'tokens', { input: { text: 'abc', count: 3 } }), agent('held', 'gate')));
    await app.stage.gate(id, 'held').arrived;
    const before = await client.status(id);
    const opened = Promise.withResolvers<void>();
    const late = client.stream(id, { from: 'latest', onConnection: ({ state }) => state === 'live' && opened.resolve() });
    const reading = collect(late);
    await within(opened.promise, 'the stream from the live end');
    const tail = collect(client.stream(id, { last: 2 }), (event) => event.seq === before.lastSeq && app.stage.gate(id, 'held').open());
    assertWhole(await reading, before.lastSeq + 1);
    assertWhole(await tail, before.lastSeq - 1);
    expect(late.state).toMatchObject({ status: 'completed', steps: { first: { output: before.steps['first']?.output }, held: { status: 'completed' } } });
    expect(await collect(client.stream(id, { types: ['step_completed', 'workflow_completed'] }))).toMatchObject([{ type: 'step_completed' }, { type: 'step_completed' }, { type: 'workflow_completed' }]);
    expect(await collect(client.stream(id, { types: ['input_required'] }))).toEqual([]);
    expect(await collect(client.stream(id, { after: late.state.lastSeq }))).toEqual([]);
  });

  it('answers a person, cancels, and tells how it ended', async () => {
    const client = clientTo(proxy.base);
    const asked = await client.run(workflow('ask', input('ok', { schema: { type: 'boolean' } })));
    const answering = collect(asked, (event) => {
      if (event.type === 'input_required') void client.answer(asked.executionId, true, { stepId: 'ok' });
    });
    assertWhole(await answering);
    expect(asked.state.result).toBe(true);
    await expect(client.answer(asked.executionId, true)).rejects.toMatchObject({ name: 'RequestError', status: 409, code: 'not_waiting' });

    const waits = await client.run(workflow('wait', input('ok')));
    await client.cancel(waits.executionId, { reason: 'enough' });
    await expect(waits.result()).rejects.toMatchObject({ name: 'ExecutionError', state: { status: 'cancelled' } });
    const fails = await client.run(workflow('fail', agent('f', 'flaky', { input: { failures: 1 } })));
    await expect(fails.result()).rejects.toMatchObject({ name: 'ExecutionError', code: 'agent_failed' });
    await expect((await client.run(workflow('fine', agent('e', 'echo', { input: { x: 1 } })))).result()).resolves.toEqual({ x: 1 });
  });

  it('starts once, though the answer to its start is lost', async () => {
    const before = await app.alice.count();
    let lost = 0;
    const losing: typeof fetch = async (...given) => {
      const response = await fetch(...given);
      if (lost++ > 0) return response;
      await response.body?.cancel();
      throw new TypeError('the line was cut');
    };
    const client = new StepcastClient({ baseUrl: app.base, auth: { apiKey: KEYS.alice }, fetch: losing, reconnect: { delayMs: 1 } });
    const { id } = await client.start(workflow('once', agent('e', 'echo')), { n: 1 });
    expect(lost).toBe(2);
    expect(await app.alice.count()).toBe(before + 1);
    expect((await app.alice.status(id)).workflow).toBe('once');
  });

  it('follows several at once, from a cursor, and all of one\'s own', async () => {
    const client = clientTo(proxy.base);
    const aborter = new AbortController();
    const opened = Promise.withResolvers<void>();
    const own = collect(client.streamSeveral({ from: 'latest', signal: aborter.signal, onConnection: ({ state }) => state === 'live' && opened.resolve() }));
    await opened.promise;
    const ids = await Promise.all([1, 2, 3].map(async () => (await client.start(BRANCHES)).id));
    proxy.cutAfter = 4000;
    let cursor: string | undefined;
    const first: ExecutionEvent[] = [];
    for await (const event of client.streamSeveral({ executions: ids, onCursor: (place) => (cursor = place) })) if (first.push(event) === 25) break;
    // The last one had been handed on, but not worked at, when the loop was left.
    const seen = first.slice(0, -1);
    seen.push(...(await collect(client.streamSeveral({ executions: ids, after: cursor as string }))));
    assertEachWhole(seen, ids);
    aborter.abort();
    for (const event of await own) expect(ids).toContain(event.executionId);
  });

  it('refuses what it cannot do in words that help', async () => {
    expect(() => new StepcastClient()).toThrow('baseUrl must be a URL like http://localhost:3000, but is ""');
    await expect(clientTo(app.base, 'wrong-key-0123456789').list()).rejects.toMatchObject({ status: 401, code: 'unauthenticated' });
    await expect(clientTo(app.base).status('00000000-0000-4000-8000-000000000000')).rejects.toMatchObject({ status: 404, code: 'not_found' });
    await expect(clientTo(app.base).start(workflow('bad', agent('x', 'echo', { timeoutMs: -1 })))).rejects.toMatchObject({ status: 400, code: 'invalid_definition', errors: [{ path: '/workflow/steps/0/timeoutMs' }] });
    const nowhere = new StepcastClient({ baseUrl: 'http://127.0.0.1:1', reconnect: { delayMs: 1 } });
    await expect(nowhere.list()).rejects.toMatchObject({ name: 'RequestError', status: 0, isTransient: true, message: expect.stringContaining('cannot be reached') });
    const elsewhere = new StepcastClient({ baseUrl: `${app.base}/`, apiPath: 'nowhere/' });
    await expect(elsewhere.list()).rejects.toMatchObject({ status: 404 });
  });

  it('goes on over a crash and a redeployment of the service', async () => {
    const service = await ServiceProcess.start();
    const line = await FaultProxy.to(service.port);
    const services = [service];
    try {
      const client = clientTo(line.base);
      const run = await client.run(workflow('long', agent('t', 'tokens', { input: { count: 60, intervalMs: 20 } })));
      const ends: (() => Promise<unknown>)[] = [() => service.end('SIGKILL'), () => (services.at(-1) as ServiceProcess).end()];
      let redeployed: Promise<void> | undefined;
      const events = await collect(run, ({ seq }) => {
        // One after the other: many events may come at once.
        const end = seq % 20 === 0 && redeployed === undefined ? ends.shift() : undefined;
        if (!end) return;
        redeployed = end().then(async () => {
          const next = await ServiceProcess.start({ dataDir: service.dataDir });
          services.push(next);
          redeployed = undefined;
          line.retarget(next.port);
        });
      });
      await redeployed;
      assertWhole(events);
      expect(ends).toHaveLength(0);
      expect(run.state.steps['t']?.text).toBe(run.state.result);
    } finally {
      await line.close();
      for (const each of services) await each.dispose();
    }
  });
});
