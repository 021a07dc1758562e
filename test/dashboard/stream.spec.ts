/** What the dashboard shows over a line that breaks: everything, once and in order (P1, P3, P11). */
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { type Browser } from 'playwright-core';
import { type WorkflowDefinition } from '../../src/contract/definition.js';
import { type ExecutionEvent } from '../../src/contract/events.js';
import { describeInChromium, launch } from '../support/chromium.js';
import { DashboardPage } from '../support/dashboard.js';
import { soon } from '../support/patience.js';
import { ServiceProcess } from '../support/process.js';
import { FaultProxy } from '../support/proxy.js';

const STREAMED: WorkflowDefinition = {
  name: 'streamed', steps: [
    {
      type: 'parallel', name: 'p', steps: [
        { type: 'agent', name: 'a', agent: 'tokens', input: { count: 400, intervalMs: 2 } },
        { type: 'input', name: 'hold' },
        { type: 'retry', name: 'r', maxAttempts: 3, backoff: { delayMs: 20 }, step: { type: 'sequential', name: 's', steps: [{ type: 'agent', name: 'b', agent: 'tokens', input: { count: 120, intervalMs: 2 } }, { type: 'agent', name: 'f', agent: 'flaky', input: { failures: 2 } }] } },
      ],
    },
    { type: 'input', name: 'ask', schema: { type: 'boolean' } },
    { type: 'agent', name: 'c', agent: 'tokens', input: { count: 200, intervalMs: 1 } },
  ],
};

describeInChromium('the dashboard over a broken line', () => {
  let service: ServiceProcess;
  let browser: Browser;

  beforeAll(async () => {
    [service, browser] = await Promise.all([ServiceProcess.start({ env: { STEPCAST_HEARTBEAT_MS: '1000' } }), launch()]);
  }, 120_000);
  afterAll(async () => {
    await browser?.close();
    await service?.dispose();
  });

  it('has every event once, 1 to n, and each text whole, though it is cut, held back, slowed down and the service killed', async () => {
    const proxy = await FaultProxy.to(service.port);
    try {
      const dashboard = await DashboardPage.signedIn(browser, proxy.base);
      const { page } = dashboard;
      const id = await service.as('alice').start(STREAMED);
      proxy.delayMs = 5;
      await dashboard.execution(id, 'output');
      await page.getByRole('region', { name: 'Text of p/a' }).waitFor();
      // Each connection now carries a small part of it.
      proxy.cutAfter = 50_000;
      proxy.cut();
      await page.locator('.execution:not([data-events="0"])').waitFor();
      proxy.stall();
      const stalledAt = Number(await page.locator('.execution').getAttribute('data-events'));
      // Whatever the page has by now, there is more to come.
      const reader = await service.as('alice').openExecution(id);
      await reader.untilEvent('input_required', 'p/hold');
      expect((await service.as('alice').post(`/executions/${id}/input`, { value: 1, stepId: 'p/hold' })).status).toBe(202);
      await reader.untilEvent('input_required', 'ask');
      proxy.resume();
      proxy.cut();
      await dashboard.whenStatus('waiting');
      await soon(async () => expect(Number(await page.locator('.execution').getAttribute('data-events'))).toBeGreaterThan(stalledAt));

      await service.end('SIGKILL');
      service = await service.restart();
      proxy.retarget(service.port);
      await page.locator('.execution[data-status=waiting]').waitFor();
      await page.getByRole('button', { name: 'Yes' }).click();
      await dashboard.whenStatus('completed');

      const { lastSeq, steps } = (await service.as('alice').get(`/executions/${id}`)).json as { lastSeq: number; steps: Record<string, { output: unknown }> };
      for (const step of ['p/a', 'p/r/s/b', 'c']) await soon(async () => expect(await page.getByRole('region', { name: `Text of ${step}`, exact: true }).textContent()).toBe(steps[step]?.output));
      await page.getByRole('tab', { name: /^Events/ }).click();
      const { seqs } = await dashboard.readEvents();
      expect(seqs).toEqual(Array.from({ length: lastSeq }, (_, i) => i + 1));
      expect(proxy.connections).toBeGreaterThan(4);
      expect(dashboard.complaints.filter((line) => !/net::|Failed to load resource/.test(line))).toEqual([]);
      await dashboard.close();
    } finally {
      await proxy.close();
    }
  }, 240_000);

  it('keeps its list up to date over cut lines', async () => {
    const proxy = await FaultProxy.to(service.port);
    try {
      const dashboard = await DashboardPage.signedIn(browser, proxy.base);
      const { page } = dashboard;
      await dashboard.go('executions');
      await page.getByText('Live', { exact: true }).waitFor();
      const alice = service.as('alice');
      const ids: string[] = [];
      for (let round = 0; round < 4; round++) {
        ids.push(await alice.start({ name: `round-${round}`, steps: [{ type: 'input', name: 'ask' }] }));
        proxy.cut();
      }
      for (const id of ids) await page.locator(`[data-id="${id}"][data-status=waiting]`).waitFor();
      await Promise.all(ids.map((id) => alice.post(`/executions/${id}/input`, { value: 1 })));
      proxy.cut();
      for (const id of ids) await page.locator(`[data-id="${id}"][data-status=completed]`).waitFor();
      const shown = await dashboard.dataOf('.row-link', 'id');
      expect(new Set(shown).size).toBe(shown.length);
      await dashboard.close();
    } finally {
      await proxy.close();
    }
  });

  it('loads over a line that is cut while its files come', async () => {
    const proxy = await FaultProxy.to(service.port);
    try {
      const dashboard = await DashboardPage.signedIn(browser, proxy.base);
      const id = await service.as('alice').start({ name: 'short', steps: [{ type: 'agent', name: 'a', agent: 'echo' }] });
      await dashboard.execution(id);
      await dashboard.whenStatus('completed');
      // The file of the graph is larger: its first connections fail.
      proxy.cutAfter = 10_000;
      proxy.cut();
      const failed = dashboard.page.waitForEvent('requestfailed');
      await dashboard.page.getByRole('tab', { name: 'Graph' }).click();
      await failed;
      proxy.cutAfter = undefined;
      const node = dashboard.page.locator('[data-node="a"]');
      const again = dashboard.page.getByRole('button', { name: 'Load the page again' });
      await node.or(again).waitFor();
      if (await again.isVisible()) await again.click();
      await node.waitFor();
      await dashboard.close();
    } finally {
      await proxy.close();
    }
  });

  it('shows what came before it was opened as it shows what came since', async () => {
    const alice = service.as('alice');
    const id = await alice.start({ ...STREAMED, name: 'late' });
    const reader = await alice.openExecution(id);
    await reader.untilEvent('input_required', 'p/hold');
    await alice.post(`/executions/${id}/input`, { value: 1, stepId: 'p/hold' });
    await reader.untilEvent('input_required', 'ask');
    const dashboard = await DashboardPage.signedIn(browser, service.base);
    await dashboard.execution(id, 'events');
    await dashboard.whenStatus('waiting');
    await alice.post(`/executions/${id}/input`, { value: true });
    await reader.whenEnded();
    await dashboard.whenStatus('completed');
    const { seqs } = await dashboard.readEvents();
    expect(seqs).toEqual(reader.events.map(({ seq }: ExecutionEvent) => seq));
    expect(dashboard.complaints).toEqual([]);
    await dashboard.close();
  });
});
