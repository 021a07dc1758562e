import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { agent, conditional, input, iteration, parallel, retry, sequential, workflow } from '../../src/orchestration/definition/builder.js';
import { TestApp } from '../support/app.js';
import { assertWhole, of, outline } from '../support/assert-whole.js';

let app: TestApp;
beforeAll(async () => {
  app = await TestApp.start();
});
afterAll(() => app.close());

const cancel = (id: string, body?: object) => app.alice.post(`/executions/${id}/cancel`, body);

describe('P13 after cancel answers', () => {
  it('running agents have seen their signal, no step starts, and workflow_cancelled is the last event', async () => {
    const id = await app.alice.start(workflow('busy',
      parallel('p', agent('a', 'gate'), sequential('s', agent('b', 'gate'), agent('next', 'gate')), retry('r', { maxAttempts: 5 }, agent('c', 'gate'))), agent('after', 'gate')));
    const reader = await app.alice.openExecution(id);
    for (const step of ['p/a', 'p/s/b', 'p/r/c']) await app.stage.gate(id, step).arrived;
    const answer = await cancel(id, { reason: 'changed my mind' });
    expect(answer).toMatchObject({ status: 202, json: { id, status: 'cancelled' } });
    expect(app.stage.callsOf(id).map(({ signal }) => signal.aborted)).toEqual([true, true, true]);
    expect(await app.alice.status(id)).toMatchObject({ status: 'cancelled', activeSteps: [], result: null, error: null });
    // Whatever comes after changes nothing.
    for (const step of ['p/a', 'p/s/b', 'p/r/c', 'p/s/next', 'after']) app.stage.gate(id, step).open();
    await reader.whenEnded();
    assertWhole(reader.events);
    expect(reader.events.at(-1)).toMatchObject({ type: 'workflow_cancelled', data: { reason: 'changed my mind' } });
    expect(of(reader.events, 'step_cancelled').map(({ step }) => step.id).toSorted()).toEqual(['p', 'p/a', 'p/r', 'p/r/c', 'p/s', 'p/s/b']);
    expect(app.stage.callsOf(id)).toHaveLength(3);
    expect(await app.alice.follow(id)).toEqual(reader.events);
  });

  it('an agent that ignores its signal is left alone, and what it still does reaches nobody', async () => {
    app.stage.write('stubborn', async (ctx) => {
      await app.stage.gate(ctx.executionId, ctx.stepId).answer.promise;
      ctx.text('too late');
      ctx.progress(0.9);
      ctx.log('too late');
      return 'too late';
    });
    const id = await app.alice.start(workflow('stubborn', agent('s', 'play', { input: { part: 'stubborn' } }), agent('after', 'gate')));
    const reader = await app.alice.openExecution(id);
    await reader.untilEvent('step_started', 's');
    expect((await cancel(id)).status).toBe(202);
    await reader.whenEnded();
    const log = await app.alice.follow(id);
    app.stage.gate(id, 's').open();
    await new Promise((resolve) => setImmediate(resolve));
    // A later execution goes through the same journal, so anything the agent had told would be in by now.
    await app.alice.follow(await app.alice.start(workflow('later', agent('e', 'echo'))));
    expect(await app.alice.follow(id)).toEqual(log);
    expect(outline(log)).toEqual(['workflow_started', 'step_started s', 'step_cancelled s', 'workflow_cancelled']);
    expect(app.stage.callsOf(id, 'after')).toEqual([]);
  });

  it('an agent that cleans up in its finally does so, and what it tells then reaches nobody', async () => {
    let cleaned = () => {};
    const cleanup = new Promise<void>((resolve) => (cleaned = resolve));
    app.stage.write('tidy', async function* (ctx) {
      try {
        yield ctx.text('first');
        await app.stage.gate(ctx.executionId, ctx.stepId).answer.promise;
        yield ctx.text('never');
      } finally {
        ctx.text('cleaning up');
        cleaned();
      }
    });
    const id = await app.alice.start(workflow('tidy', agent('t', 'play', { input: { part: 'tidy' } })));
    const reader = await app.alice.openExecution(id);
    await reader.untilEvent('step_output');
    await cancel(id);
    app.stage.gate(id, 't').open();
    await cleanup;
    await reader.whenEnded();
    expect(of(await app.alice.follow(id), 'step_output').map(({ data }) => data.delta)).toEqual(['first']);
  });

  it.each([
    ['in the delay before a retry', retry('r', { maxAttempts: 2, backoff: { delayMs: 3_600_000, jitter: false } }, agent('f', 'flaky', { input: { failures: 1 } })), 'step_retrying'],
    ['while a person is asked', input('ask', { prompt: 'Go on?' }), 'input_required'],
    ['in a silent delay', agent('d', 'delay', { input: { ms: 3_600_000 } }), 'step_started'],
    ['between two pieces of text', agent('t', 'tokens', { input: { count: 2, intervalMs: 3_600_000 } }), 'step_output'],
    ['in the branch of a condition', conditional('c', { when: 'true', then: agent('d', 'delay', { input: { ms: 3_600_000 } }) }), 'step_started'],
    ['in a loop', iteration('i', { maxIterations: 10_000 }, agent('d', 'delay', { input: { ms: 1 } })), 'iteration_completed'],
    ['in a loop that never waits', iteration('i', { maxIterations: 10_000 }, agent('e', 'echo')), 'iteration_completed'],
  ] as const)('%s', async (_when, step, sign) => {
    const id = await app.alice.start(workflow('phase', step, agent('after', 'gate')));
    const reader = await app.alice.openExecution(id);
    await reader.until(sign);
    expect((await cancel(id)).status).toBe(202);
    await reader.whenEnded();
    assertWhole(reader.events);
    expect(reader.events.at(-1)?.type).toBe('workflow_cancelled');
    expect(app.stage.callsOf(id)).toEqual([]);
    const { steps } = await app.alice.status(id);
    expect(Object.values(steps).map(({ status }) => status).filter((status) => !['completed', 'cancelled'].includes(status))).toEqual([]);
  });

  it('it answers the same again, all at once too, and 409 once the execution has ended otherwise', async () => {
    const id = await app.alice.start(workflow('waits', agent('g', 'gate')));
    await app.stage.gate(id, 'g').arrived;
    const answers = await Promise.all(Array.from({ length: 8 }, (_, n) => cancel(id, { reason: `number ${n}` })));
    expect(answers.map(({ status }) => status)).toEqual(Array(8).fill(202));
    expect((await cancel(id)).status).toBe(202);
    expect(of(await app.alice.follow(id), 'workflow_cancelled')).toHaveLength(1);

    for (const step of [agent('e', 'echo'), agent('f', 'flaky', { input: { failures: 1 } })]) {
      const ended = await app.alice.start(workflow('ended', step));
      const log = await app.alice.follow(ended);
      expect(await cancel(ended)).toMatchObject({ status: 409, json: { code: 'already_finished' } });
      expect(await app.alice.follow(ended)).toEqual(log);
    }
  });

  it('it has told the truth, however close the end was', async () => {
    const ids = await Promise.all(Array.from({ length: 30 }, () => app.alice.start(workflow('race', agent('t', 'tokens', { input: { count: 20 } }), agent('e', 'echo')))));
    await Promise.all(ids.map(async (id, n) => {
      const reader = await app.alice.openExecution(id);
      await reader.until(({ id: seq }) => Number(seq) > n % 22);
      const { status } = await cancel(id);
      await reader.whenEnded();
      assertWhole(reader.events);
      expect([status, reader.events.at(-1)?.type]).toEqual(status === 202 ? [202, 'workflow_cancelled'] : [409, 'workflow_completed']);
    }));
  });

  it('a cancel in the middle of a restart waits for the execution to be there again', async () => {
    const id = await app.alice.start(workflow('moved', agent('g', 'gate')));
    await app.stage.gate(id, 'g').arrived;
    app = await app.restart();
    expect((await cancel(id)).status).toBe(202);
    const events = await app.alice.follow(id);
    assertWhole(events);
    expect(events.at(-1)?.type).toBe('workflow_cancelled');
  });
});
