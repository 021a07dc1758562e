import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { agent, iteration, parallel, retry, sequential, workflow } from '../../src/orchestration/definition/builder.js';
import { TestApp } from '../support/app.js';
import { assertWhole, of, outline } from '../support/assert-whole.js';

let app: TestApp;
beforeAll(async () => {
  app = await TestApp.start();
});
afterAll(() => app.close());

/** Calls of an execution's agents, as `step#attempt`. */
const calls = (id: string) => app.stage.callsOf(id).map(({ stepId, attempt }) => `${stepId}#${attempt}`);
const at = async (id: string, ...steps: string[]) => {
  for (const step of steps) await app.stage.gate(id, step).arrived;
};

describe('P12 a completed step never runs again', () => {
  it('over a restart: what was cut short runs again as a new attempt, with the same idempotency key', async () => {
    const id = await app.alice.start(workflow('once',
      agent('first', 'gate'), parallel('p', agent('done', 'gate'), agent('cut', 'gate')), agent('last', 'gate')));
    app.stage.gate(id, 'first').open(1);
    app.stage.gate(id, 'p/done').open(2);
    await at(id, 'p/cut');
    await (await app.alice.openExecution(id)).untilEvent('step_completed', 'p/done');
    app = await app.restart();
    await app.stage.gate(id, 'p/cut', 2).arrived;
    expect(app.stage.callsOf(id, 'p/cut').map(({ signal }) => signal.aborted)).toEqual([true, false]);
    app.stage.gate(id, 'p/cut', 2).open(3);
    app.stage.gate(id, 'last').open();
    const events = await app.alice.follow(id);
    assertWhole(events);
    expect(calls(id)).toEqual(['first#1', 'p/done#1', 'p/cut#1', 'p/cut#2', 'last#1']);
    expect(app.stage.callsOf(id).map(({ idempotencyKey }) => idempotencyKey)).toEqual(['first', 'p/done', 'p/cut', 'p/cut', 'last'].map((step) => `${id}/${step}`));
    expect(of(events, 'step_started', 'p/cut').map(({ step }) => step.attempt)).toEqual([1, 2]);
    expect(of(events, 'step_completed', 'p')[0]?.data.output).toEqual({ done: 2, cut: 3 });
  });

  it('over two restarts, in a loop that goes on in the round it was in', async () => {
    const id = await app.alice.start(workflow('rounds', iteration('i', { maxIterations: 3 }, sequential('s', agent('a', 'gate'), agent('b', 'gate')))));
    const open = (...steps: [string, number?][]) => {
      for (const [step, attempt] of steps) app.stage.gate(id, step, attempt).open();
    };
    open(['i[1]/s/a'], ['i[1]/s/b'], ['i[2]/s/a']);
    await at(id, 'i[2]/s/b');
    app = await app.restart();
    await app.stage.gate(id, 'i[2]/s/b', 2).arrived;
    app = await app.restart();
    await app.stage.gate(id, 'i[2]/s/b', 3).arrived;
    open(['i[2]/s/b', 3], ['i[3]/s/a'], ['i[3]/s/b']);
    const events = await app.alice.follow(id);
    assertWhole(events);
    expect(calls(id)).toEqual(['i[1]/s/a#1', 'i[1]/s/b#1', 'i[2]/s/a#1', 'i[2]/s/b#1', 'i[2]/s/b#2', 'i[2]/s/b#3', 'i[3]/s/a#1', 'i[3]/s/b#1']);
    expect(of(events, 'iteration_started').map(({ data }) => data.iteration)).toEqual([1, 2, 3]);
    // Composites are not started anew.
    for (const step of ['i', 'i[2]/s']) expect(of(events, 'step_started', step)).toHaveLength(1);
    expect(of(events, 'workflow_resumed').map(({ data }) => data.fromSeq)).toEqual(of(events, 'workflow_resumed').map(({ seq }) => seq - 1));
  });

  it('save inside a retry whose attempt failed', async () => {
    const id = await app.alice.start(workflow('again', agent('outside', 'gate'), retry('r', { maxAttempts: 2, backoff: { delayMs: 1 } }, sequential('s', agent('inside', 'gate'), agent('f', 'gate')))));
    app.stage.gate(id, 'outside').open();
    for (const attempt of [1, 2]) app.stage.gate(id, 'r/s/inside', attempt).open(attempt);
    app.stage.gate(id, 'r/s/f').fail('no');
    app.stage.gate(id, 'r/s/f', 2).open('yes');
    const events = await app.alice.follow(id);
    assertWhole(events);
    expect(calls(id)).toEqual(['outside#1', 'r/s/inside#1', 'r/s/f#1', 'r/s/inside#2', 'r/s/f#2']);
    expect(events.at(-1)).toMatchObject({ type: 'workflow_completed', data: { result: 'yes' } });
  });

  it('and a restart uses up no attempt of a retry', async () => {
    const id = await app.alice.start(workflow('attempts', retry('r', { maxAttempts: 2, backoff: { delayMs: 1 } }, agent('f', 'gate'))));
    await at(id, 'r/f');
    app = await app.restart();
    app.stage.gate(id, 'r/f', 2).fail('first failure');
    app.stage.gate(id, 'r/f', 3).open();
    const events = await app.alice.follow(id);
    assertWhole(events);
    expect(outline(events)).toEqual([
      'workflow_started', 'step_started r', 'step_started r/f', 'checkpoint_saved', 'workflow_resumed', 'step_started r/f', 'step_retrying r/f',
      'step_started r/f', 'step_completed r/f', 'step_completed r', 'workflow_completed',
    ]);
    expect(of(events, 'step_retrying')[0]?.data).toMatchObject({ attempt: 1, maxAttempts: 2 });
    expect(of(events, 'step_started', 'r/f').map(({ step }) => step.attempt)).toEqual([1, 2, 3]);
  });

  it('nor does anything of an execution that has ended', async () => {
    const ended = await app.alice.start(workflow('ended', agent('g', 'gate')));
    app.stage.gate(ended, 'g').open();
    const cancelled = await app.alice.start(workflow('cancelled', agent('g', 'gate')));
    await at(cancelled, 'g');
    await app.alice.post(`/executions/${cancelled}/cancel`);
    const logs = [await app.alice.follow(ended), await app.alice.follow(cancelled)];
    app = await app.restart();
    expect([await app.alice.follow(ended), await app.alice.follow(cancelled)]).toEqual(logs);
    expect([calls(ended), calls(cancelled)]).toEqual([['g#1'], ['g#1']]);
  });
});
