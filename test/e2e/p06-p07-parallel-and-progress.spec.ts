import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { agent, conditional, iteration, parallel, retry, sequential, workflow } from '../../src/orchestration/definition/builder.js';
import { TestApp } from '../support/app.js';
import { assertProgress, assertWhole, of, outline } from '../support/assert-whole.js';

let app: TestApp;
beforeAll(async () => {
  app = await TestApp.start();
});
afterAll(() => app.close());

describe("P6 a parallel branch's result is streamed when that branch completes", () => {
  it('while the others still run', async () => {
    const id = await app.alice.start(workflow('branches', parallel('p', agent('a', 'gate'), agent('b', 'gate'), agent('c', 'gate'))));
    const reader = await app.alice.openExecution(id);
    for (const branch of ['c', 'a']) {
      await app.stage.gate(id, `p/${branch}`).arrived;
      app.stage.gate(id, `p/${branch}`).open(`output of ${branch}`);
      const done = await reader.untilEvent('step_completed', `p/${branch}`);
      expect(done.data.output).toBe(`output of ${branch}`);
      expect(done.step).toMatchObject({ parallelIndex: branch === 'a' ? 0 : 2, parallelTotal: 3 });
    }
    // Both were seen while b had not ended; the status says the same.
    expect(await app.alice.status(id)).toMatchObject({ status: 'running', activeSteps: ['p', 'p/b'] });
    app.stage.gate(id, 'p/b').open('output of b');
    await reader.whenEnded();
    assertWhole(reader.events);
    expect(of(reader.events, 'step_completed').map(({ step }) => step.id)).toEqual(['p/c', 'p/a', 'p/b', 'p']);
    expect(of(reader.events, 'step_completed', 'p')[0]?.data.output).toEqual({ a: 'output of a', b: 'output of b', c: 'output of c' });
  });

  it('and what is within a branch is streamed as it is made, mixed with the other branches', async () => {
    const id = await app.alice.start(workflow('mixed', parallel('p', sequential('left', agent('l1', 'gate'), agent('l2', 'gate')), sequential('right', agent('r1', 'gate'), agent('r2', 'gate')))));
    const reader = await app.alice.openExecution(id);
    for (const step of ['p/right/r1', 'p/left/l1', 'p/right/r2', 'p/left/l2']) {
      await app.stage.gate(id, step).arrived;
      app.stage.gate(id, step).open();
      await reader.untilEvent('step_completed', step);
    }
    await reader.whenEnded();
    expect(of(reader.events, 'step_completed').map(({ step }) => step.id)).toEqual(['p/right/r1', 'p/left/l1', 'p/right/r2', 'p/right', 'p/left/l2', 'p/left', 'p']);
  });

  it('with no more of them at once than concurrency says', async () => {
    const id = await app.alice.start(workflow('two', parallel('p', { concurrency: 2 }, ...['a', 'b', 'c', 'd'].map((name) => agent(name, 'gate')))));
    const reader = await app.alice.openExecution(id);
    const running = () => app.stage.callsOf(id).map(({ stepId }) => stepId);
    await app.stage.gate(id, 'p/b').arrived;
    expect(running()).toEqual(['p/a', 'p/b']);
    app.stage.gate(id, 'p/b').open();
    await app.stage.gate(id, 'p/c').arrived;
    expect(running()).toEqual(['p/a', 'p/b', 'p/c']);
    for (const branch of ['a', 'c', 'd']) app.stage.gate(id, `p/${branch}`).open();
    await reader.whenEnded();
    assertWhole(reader.events);
  });

  it('and a branch that fails cancels its siblings, or under continue is left out', async () => {
    const branches = [agent('bad', 'flaky', { input: { failures: 1 } }), agent('good', 'gate')] as const;
    const strict = await app.alice.start(workflow('strict', parallel('p', ...branches), agent('never', 'echo')));
    const failed = await app.alice.follow(strict);
    assertWhole(failed);
    expect(of(failed, 'step_cancelled', 'p/good')).toMatchObject([{ data: { reason: 'sibling_failed' } }]);
    expect(failed.at(-1)).toMatchObject({ type: 'workflow_failed', data: { error: { code: 'agent_failed', stepId: 'p/bad' } } });
    expect(outline(failed)).not.toContain('step_started never');

    const lenient = await app.alice.start(workflow('lenient', parallel('p', { onError: 'continue' }, ...branches)));
    app.stage.gate(lenient, 'p/good').open('fine');
    expect((await app.alice.follow(lenient)).at(-1)).toMatchObject({ type: 'workflow_completed', data: { result: { good: 'fine' } } });
  });
});

describe('P7 progress is 0..1, never falls, and is 1 exactly on workflow_completed', () => {
  it('over retries, early ends of loops, branches not taken and steps that tell their own progress', async () => {
    app.stage.write('halves', (ctx) => {
      for (const fraction of [0.5, 0.25, 7, Number.NaN, 1]) ctx.progress(fraction, `at ${fraction}`);
      return ctx.attempt;
    });
    const id = await app.alice.start(workflow('progress',
      agent('p1', 'play', { input: { part: 'halves' } }),
      retry('r', { maxAttempts: 3, backoff: { delayMs: 1 } }, sequential('rs', agent('p2', 'play', { input: { part: 'halves' } }), agent('f', 'flaky', { input: { failures: 2 } }))),
      iteration('i', { maxIterations: 50, until: 'steps.e.output == 1' }, agent('e', 'echo', { input: 1 })),
      conditional('c', { when: 'false', then: sequential('yes', agent('y1', 'echo'), agent('y2', 'echo')), else: agent('no', 'echo') }),
      conditional('none', { when: 'false', then: agent('never', 'echo') }),
      parallel('p', { onError: 'continue' }, agent('x', 'flaky', { input: { failures: 1 } }), agent('y', 'echo')),
      agent('last', 'gate')));
    const reader = await app.alice.openExecution(id);
    await reader.untilEvent('step_started', 'last');
    const now = await app.alice.status(id);
    expect(now.progress).toBe(reader.events.at(-1)?.progress);
    expect(now.progress).toBeGreaterThan(0.8);
    app.stage.gate(id, 'last').open();
    await reader.whenEnded();
    assertWhole(reader.events);
    expect((await app.alice.status(id)).progress).toBe(1);
    // It is no jump from 0 to 1.
    expect(new Set(reader.events.map(({ progress }) => progress)).size).toBeGreaterThan(8);
  });

  it('and does not reach 1 in a workflow that fails or is cancelled at its last step', async () => {
    const failing = await app.alice.start(workflow('fails', agent('a', 'echo'), agent('f', 'flaky', { input: { failures: 1 } })));
    const cancelled = await app.alice.start(workflow('waits', agent('a', 'echo'), agent('g', 'gate')));
    await app.stage.gate(cancelled, 'g').arrived;
    await app.alice.post(`/executions/${cancelled}/cancel`);
    for (const id of [failing, cancelled]) {
      const events = await app.alice.follow(id);
      assertProgress(events);
      expect((await app.alice.status(id)).progress).toBe(events.at(-1)?.progress);
    }
  });
});
