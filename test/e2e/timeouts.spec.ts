import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { agent, input, parallel, retry, sequential, workflow } from '../../src/orchestration/definition/builder.js';
import { TestApp } from '../support/app.js';
import { assertWhole, of, outline } from '../support/assert-whole.js';

let app: TestApp;
beforeAll(async () => {
  app = await TestApp.start();
});
afterAll(() => app.close());

/** Gates that nobody opens: only a time-out ends them. */
const MS = 50;

describe('timeoutMs', () => {
  it('of a step fails the step, and its agent sees its signal', async () => {
    const id = await app.alice.start(workflow('slow', agent('g', 'gate', { timeoutMs: MS }), agent('after', 'gate')));
    const events = await app.alice.follow(id);
    assertWhole(events);
    expect(outline(events)).toEqual(['workflow_started', 'step_started g', 'step_failed g', 'workflow_failed']);
    expect(of(events, 'step_failed')[0]?.data.error).toMatchObject({ code: 'step_timeout', stepId: 'g' });
    expect(events.at(-1)).toMatchObject({ data: { error: { code: 'step_timeout', stepId: 'g' } } });
    expect(app.stage.callsOf(id).map(({ signal }) => signal.aborted)).toEqual([true]);
  });

  it('of a composite cancels what runs in it', async () => {
    const id = await app.alice.start(workflow('slow', parallel('p', { timeoutMs: MS }, agent('a', 'gate'), sequential('s', agent('b', 'gate')))));
    const events = await app.alice.follow(id);
    assertWhole(events);
    expect(of(events, 'step_cancelled').map(({ step }) => step.id).toSorted()).toEqual(['p/a', 'p/s', 'p/s/b']);
    expect(of(events, 'step_failed', 'p')[0]?.data.error.code).toBe('step_timeout');
    expect(app.stage.callsOf(id).map(({ signal }) => signal.aborted)).toEqual([true, true]);
  });

  it('of a step in a retry is a failed attempt like any other', async () => {
    // On a busy machine the time may be over for one that answers at once, too.
    const attempts = 50;
    const id = await app.alice.start(workflow('again', retry('r', { maxAttempts: attempts, backoff: { delayMs: 1, jitter: false, factor: 1 } }, agent('g', 'gate', { timeoutMs: MS }))));
    for (let attempt = 2; attempt <= attempts; attempt++) app.stage.gate(id, 'r/g', attempt).open('second');
    const events = await app.alice.follow(id);
    assertWhole(events);
    expect(of(events, 'step_retrying')[0]?.data.error.code).toBe('step_timeout');
    expect(events.at(-1)).toMatchObject({ type: 'workflow_completed', data: { result: 'second' } });
  });

  it('of the workflow fails it, whatever it is waiting for', async () => {
    for (const step of [agent('g', 'gate'), input('ask'), agent('d', 'delay', { input: { ms: 3_600_000 } }), retry('r', { maxAttempts: 2, backoff: { delayMs: 3_600_000 } }, agent('f', 'flaky', { input: { failures: 1 } }))]) {
      const id = await app.alice.start({ ...workflow('slow', step, agent('after', 'gate')), timeoutMs: MS });
      const events = await app.alice.follow(id);
      assertWhole(events);
      expect(events.at(-1)).toMatchObject({ type: 'workflow_failed', data: { error: { code: 'workflow_timeout' } } });
      expect(app.stage.callsOf(id, 'after')).toEqual([]);
      expect((await app.alice.status(id)).status).toBe('failed');
    }
  });

  it('that is kept does nothing', async () => {
    const id = await app.alice.start({ ...workflow('fast', sequential('s', { timeoutMs: 60_000 }, agent('e', 'echo', { timeoutMs: 60_000, input: 1 }))), timeoutMs: 60_000 });
    expect((await app.alice.follow(id)).at(-1)).toMatchObject({ type: 'workflow_completed', data: { result: 1 } });
  });

  it('goes on over a restart', async () => {
    const id = await app.alice.start({ ...workflow('slow', agent('g', 'gate')), timeoutMs: 2000 });
    await app.stage.gate(id, 'g').arrived;
    app = await app.restart();
    const events = await app.alice.follow(id);
    assertWhole(events);
    expect(events.at(-1)).toMatchObject({ type: 'workflow_failed', data: { error: { code: 'workflow_timeout' } } });
  });
});
