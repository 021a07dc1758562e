import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type ExecutionEvent } from '../../src/contract/events.js';
import { agent, iteration, parallel, retry, sequential, workflow } from '../../src/orchestration/definition/builder.js';
import { TestApp } from '../support/app.js';
import { assertWhole, of, textOf } from '../support/assert-whole.js';
import { Browser } from '../support/browser.js';
import { API, KEYS } from '../support/client.js';
import { FaultProxy } from '../support/proxy.js';

let app: TestApp;
beforeAll(async () => {
  app = await TestApp.start();
  /** Streams another text in each attempt, and fails until the third. */
  app.stage.write('third time', function* (ctx) {
    for (const piece of ['attempt ', String(ctx.attempt), ' ä€😀 ', 'end']) yield ctx.text(piece);
    if (ctx.attempt < 3) throw new Error(`attempt ${ctx.attempt} fails`);
  });
});
afterAll(() => app.close());

const bold = (name: string) => agent(name, 'play', { input: { part: 'third time' } });
const twice = { maxAttempts: 3, backoff: { delayMs: 1 } };
const output = (events: ExecutionEvent[], stepId: string) => of(events, 'step_completed', stepId).at(-1)?.data.output;

describe('P11 text is never lost or doubled', () => {
  it('by a retry of the step itself', async () => {
    const id = await app.alice.start(workflow('retried', retry('r', twice, bold('t'))));
    const events = await app.alice.follow(id);
    assertWhole(events);
    expect(output(events, 'r/t')).toBe('attempt 3 ä€😀 end');
    expect(textOf(events, 'r/t')).toBe('attempt 3 ä€😀 end');
    expect(of(events, 'step_retrying').map(({ step, data }) => [step.id, data.attempt, data.maxAttempts])).toEqual([['r/t', 1, 3], ['r/t', 2, 3]]);
    expect(of(events, 'step_output').map(({ step }) => step.attempt)).toEqual([1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3]);
    expect((await app.alice.status(id)).steps['r/t']?.text).toBe('attempt 3 ä€😀 end');
  });

  it('by the last attempt, which fails for good', async () => {
    const id = await app.alice.start(workflow('given_up', retry('r', { maxAttempts: 2, backoff: { delayMs: 1 } }, bold('t'))));
    const events = await app.alice.follow(id);
    assertWhole(events);
    expect(of(events, 'step_retrying')).toHaveLength(1);
    expect(textOf(events, 'r/t')).toBe('attempt 2 ä€😀 end');
    expect(of(events, 'step_failed', 'r/t')).toMatchObject([{ step: { attempt: 2 }, data: { error: { message: 'attempt 2 fails' } } }]);
    expect(events.at(-1)).toMatchObject({ type: 'workflow_failed', data: { error: { code: 'agent_failed', message: 'attempt 2 fails', stepId: 'r/t' } } });
  });

  it('by a retry of a composite, which voids the steps in it that had completed', async () => {
    const id = await app.alice.start(workflow('composite', retry('r', twice, sequential('s',
      agent('first', 'tokens', { input: { text: 'always the same' } }), parallel('p', agent('side', 'tokens', { input: { count: 3 } }), bold('t')), agent('last', 'echo')))));
    const events = await app.alice.follow(id);
    assertWhole(events);
    expect(of(events, 'step_retrying').map(({ step }) => step.id)).toEqual(['r/s', 'r/s']);
    for (const step of ['r/s/first', 'r/s/p/side', 'r/s/p/t']) {
      expect([step, textOf(events, step)]).toEqual([step, output(events, step)]);
      expect([step, (await app.alice.status(id)).steps[step]?.text]).toEqual([step, output(events, step)]);
    }
    // The composite's steps were streamed anew in each attempt.
    expect(of(events, 'step_completed', 'r/s/first')).toHaveLength(3);
  });

  it('in rounds of a loop, each with a text of its own', async () => {
    const id = await app.alice.start(workflow('rounds', iteration('i', { maxIterations: 3 }, agent('t', 'tokens', { input: { count: 4 } }))));
    const events = await app.alice.follow(id);
    for (const round of [1, 2, 3]) expect(textOf(events, `i[${round}]/t`)).toBe('token1 token2 token3 token4');
  });

  it('where pieces wait to be sent together', async () => {
    const id = await app.alice.start({ ...workflow('flushed', retry('r', twice, bold('t'))), streaming: { flushIntervalMs: 60_000 } });
    const events = await app.alice.follow(id);
    // One event an attempt: what waited went out before the attempt failed or completed.
    expect(of(events, 'step_output').map(({ data }) => data.delta)).toEqual([1, 2, 3].map((n) => `attempt ${n} ä€😀 end`));
    expect(textOf(events, 'r/t')).toBe('attempt 3 ä€😀 end');
  });

  it('with offsets that count each kind in UTF-16 units', async () => {
    app.stage.write('kinds', (ctx) => {
      ctx.text('😀');
      ctx.reasoning('ä');
      ctx.data({ n: 1 });
      ctx.text('b');
      ctx.reasoning('ö');
      ctx.data([2]);
      ctx.text('');
      ctx.text('c');
    });
    const id = await app.alice.start(workflow('offsets', agent('k', 'play', { input: { part: 'kinds' } })));
    const events = await app.alice.follow(id);
    expect(of(events, 'step_output').map(({ data }) => [data.kind, data.offset, data.delta])).toEqual([
      ['text', 0, '😀'], ['reasoning', 0, 'ä'], ['data', 0, { n: 1 }], ['text', 2, 'b'], ['reasoning', 1, 'ö'], ['data', 1, [2]], ['text', 3, 'c'],
    ]);
    expect(output(events, 'k')).toBe('😀bc');
  });

  it('over a line that is cut within and between the attempts', async () => {
    const proxy = await FaultProxy.to(app.port);
    try {
      proxy.cutAfter = 1500;
      const id = await app.alice.start(workflow('cut', retry('r', twice, bold('t')), agent('u', 'tokens', { input: { count: 30, intervalMs: 1 } })));
      const browser = new Browser(`${proxy.base}${API}/executions/${id}/stream`, { headers: { 'X-API-Key': KEYS.alice } });
      await browser.whenClosed();
      assertWhole(browser.events);
      expect(browser.connections.length).toBeGreaterThan(5);
      for (const step of ['r/t', 'u']) expect(textOf(browser.events, step)).toBe(output(browser.events, step));
    } finally {
      await proxy.close();
    }
  });

  it('by a restart of the service in the middle of it', async () => {
    app.stage.write('half', async function* (ctx) {
      yield ctx.text(`attempt ${ctx.attempt}: `);
      await app.stage.gate(ctx.executionId, ctx.stepId, ctx.attempt).answer.promise;
      yield ctx.text('the rest');
    });
    const half = (name: string) => agent(name, 'play', { input: { part: 'half' } });
    const id = await app.alice.start(workflow('moved', agent('before', 'tokens', { input: { count: 5 } }), parallel('p', agent('done', 'tokens', { input: { count: 5 } }), half('cut'))));
    const reader = await app.alice.openExecution(id);
    await reader.untilEvent('step_output', 'p/cut');
    await reader.untilEvent('step_completed', 'p/done');
    app = await app.restart();
    expect(await reader.whenEnded()).toBe('end');
    const rest = await app.alice.openExecution(id, '', { 'last-event-id': reader.lastEventId as string });
    await rest.untilEvent('step_output', 'p/cut');
    app.stage.gate(id, 'p/cut', 2).open();
    await rest.whenEnded();

    const events = [...reader.events, ...rest.events];
    assertWhole(events);
    expect(of(events, 'workflow_resumed')).toHaveLength(1);
    for (const step of ['before', 'p/done', 'p/cut']) expect([step, textOf(events, step)]).toEqual([step, output(events, step)]);
    expect(output(events, 'p/cut')).toBe('attempt 2: the rest');
    // Who joins late is told the same.
    expect(await app.alice.follow(id)).toEqual(events);
  });
});
