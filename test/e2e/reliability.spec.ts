import { afterEach, describe, expect, it } from '@jest/globals';
import { agent, retry, workflow } from '../../src/orchestration/definition/builder.js';
import { assertWhole } from '../support/assert-whole.js';
import { TestApp } from '../support/app.js';

let app: TestApp;
afterEach(() => app.close());

describe('the reliability of executions', () => {
  it('is told to admins, of all users, live from the log', async () => {
    app = await TestApp.start({ streaming: { slos: [{ name: 'works', measure: 'success', target: 0.9, windowMs: 3_600_000 }] } });
    const good = await app.alice.start(workflow('good', retry('r', { maxAttempts: 2, backoff: { delayMs: 0 } }, agent('f', 'flaky', { input: { failures: 1 } }))));
    const bad = await app.bob.start(workflow('bad', agent('f', 'flaky', { input: { failures: 9 } })));
    assertWhole(await app.alice.follow(good));
    assertWhole(await app.bob.follow(bad));
    const report = (await app.root.get('/reliability?window=15m')).json as object;
    expect(report).toMatchObject({
      window: '15m', completed: 1, failed: 1, cancelled: 0, successRate: 0.5, compensationRate: 0.5, humanInputRate: 0, completionMs: { p50: expect.any(Number) },
      workflows: [{ workflow: 'adhoc', completed: 1, failed: 1 }], slos: [{ name: 'works', good: 1, bad: 1, ratio: 0.5, budgetLeft: -4, burnRates: { '5m': 5, '30m': 5, '1h': 5 } }],
    });
    expect(await app.alice.get('/reliability')).toMatchObject({ status: 403, json: { code: 'forbidden' } });
    expect(await app.root.get('/reliability?window=1y')).toMatchObject({ status: 400, json: { errors: [{ path: '/window' }] } });
  });

  it('is not to be had with objectives that make no sense', async () => {
    app = await TestApp.start();
    await expect(TestApp.start({ streaming: { slos: [{ name: 'x', measure: 'success', target: 2, windowMs: 3_600_000 }] } })).rejects.toThrow('slos [0].target must be a number above 0 and below 1');
  });
});
