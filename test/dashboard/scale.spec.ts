/** Ten thousand events, thousands of steps and of executions: all of them are there, and no more is drawn than one sees. */
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { type Browser } from 'playwright-core';
import { describeInChromium, launch } from '../support/chromium.js';
import { DashboardPage } from '../support/dashboard.js';
import { eventually, soon } from '../support/patience.js';
import { ServiceProcess } from '../support/process.js';

/** Elements of a page that shows one screen of anything. */
const MOST_ELEMENTS = 2500;
const WRITTEN = 9000;
const ROUNDS = 400;

describeInChromium('the dashboard at scale', () => {
  let service: ServiceProcess;
  let browser: Browser;

  beforeAll(async () => {
    const many = { STEPCAST_MAX_EXECUTIONS_PER_USER: '1000', STEPCAST_MAX_QUEUED_PER_USER: '10000', STEPCAST_START_LIMIT: '100000/60' };
    [service, browser] = await Promise.all([ServiceProcess.start({ env: many }), launch()]);
  }, 120_000);
  afterAll(async () => {
    await browser?.close();
    await service?.dispose();
  });

  it('shows each of 10,000 events, moves to any moment of them, and draws one screen', async () => {
    const alice = service.as('alice');
    const id = await alice.start({
      name: 'large', steps: [
        { type: 'agent', name: 'write', agent: 'tokens', input: { count: WRITTEN, intervalMs: 0 } },
        { type: 'iteration', name: 'turns', maxIterations: ROUNDS, step: { type: 'agent', name: 'turn', agent: 'echo' } },
      ],
    });
    const dashboard = await DashboardPage.signedIn(browser, service.base);
    const { page } = dashboard;
    const elements = () => page.evaluate<number>('document.querySelectorAll("*").length');
    await dashboard.execution(id);
    await dashboard.whenStatus('completed');
    const { lastSeq } = await alice.status(id);
    expect(lastSeq).toBeGreaterThan(10_000);

    const grid = page.getByRole('treegrid', { name: 'Steps' });
    await soon(async () => expect(Number(await grid.getAttribute('aria-rowcount'))).toBe(ROUNDS + 2));
    await soon(async () => expect(await grid.getByRole('row').count()).toBeLessThan(80));
    await soon(async () => expect(await elements()).toBeLessThan(MOST_ELEMENTS));

    await page.getByRole('tab', { name: /^Events/ }).click();
    const { seqs, mostRows } = await dashboard.readEvents();
    expect(seqs).toEqual(Array.from({ length: lastSeq }, (_, i) => i + 1));
    expect(mostRows).toBeLessThan(100);
    await soon(async () => expect(await elements()).toBeLessThan(MOST_ELEMENTS));

    await page.getByRole('searchbox', { name: 'Search events' }).fill('"offset":0}');
    await page.getByText(`1 of ${lastSeq.toLocaleString('en')} events`).waitFor();
    await page.getByRole('searchbox', { name: 'Search events' }).fill('');
    await page.getByRole('combobox', { name: 'Step', exact: true }).fill(`turns[${ROUNDS}]/turn`);
    await page.getByText(`2 of ${lastSeq.toLocaleString('en')} events`).waitFor();

    // The state at each moment is that of the log up to there.
    await page.getByRole('button', { name: 'Replay' }).click();
    await page.getByRole('tab', { name: 'Output' }).click();
    const slider = page.getByRole('slider', { name: 'Event' });
    const text = page.getByRole('region', { name: 'Text of write' });
    for (const written of [5000, 12, 8999, 251, 8998]) {
      await slider.fill(String(written + 2));
      await page.getByText(`${(written + 2).toLocaleString('en')} / ${lastSeq.toLocaleString('en')}`).waitFor();
      await soon(async () => expect(((await text.textContent()) ?? '').trimEnd().endsWith(`token${written}`)).toBe(true));
    }
    await page.getByRole('button', { name: 'One event on' }).click();
    await page.getByText(/^9,001 \/ /).waitFor();
    await page.getByRole('tab', { name: 'Timeline' }).click();
    await page.locator('[data-row="write"][data-status="running"]').waitFor();
    await soon(async () => expect(await grid.getByRole('row').count()).toBe(1));
    await page.getByRole('button', { name: 'Live' }).first().click();
    await page.locator('[data-row="write"][data-status="completed"]').waitFor();

    await page.getByRole('tab', { name: 'Graph' }).click();
    await page.locator('[data-node="turn"]').getByText(`round ${ROUNDS}`).waitFor();
    await soon(async () => expect(await page.locator('[data-node]').count()).toBe(3));
    expect(dashboard.complaints).toEqual([]);
    await dashboard.close();
  }, 240_000);

  it('draws of a thousand steps what is in sight', async () => {
    const alice = service.as('alice');
    const steps = Array.from({ length: 950 }, (_, i) => ({ type: 'agent' as const, name: `s${i}`, agent: 'echo', input: i }));
    const id = await alice.start({ name: 'wide', steps: [{ type: 'parallel', name: 'all', steps }] });
    const dashboard = await DashboardPage.signedIn(browser, service.base);
    const { page } = dashboard;
    await dashboard.execution(id);
    await dashboard.whenStatus('completed');
    await soon(async () => expect(await page.getByRole('treegrid').getAttribute('aria-rowcount')).toBe('951'));
    await soon(async () => expect(await page.getByRole('row').count()).toBeLessThan(80));
    await page.getByRole('tab', { name: 'Graph' }).click();
    const all = page.locator('[data-node="all"]');
    await all.waitFor();
    // It begins with the first of them, at a size that can be read.
    await soon(async () => expect((await page.locator('[data-node="s0"]').boundingBox())?.width).toBeGreaterThan(140));
    await all.focus();
    await page.keyboard.press('End');
    await page.locator('[data-node="s949"]:focus').waitFor();
    expect(dashboard.complaints).toEqual([]);
    await dashboard.close();
  }, 120_000);

  it('lists thousands of executions by as many rows as fit', async () => {
    const alice = service.as('alice');
    const total = 1200;
    for (let started = 0; started < total; started += 50) {
      await Promise.all(Array.from({ length: 50 }, () => alice.start({ name: 'one', steps: [{ type: 'agent', name: 'a', agent: 'echo' }] })));
    }
    const dashboard = await DashboardPage.signedIn(browser, service.base);
    const { page } = dashboard;
    await dashboard.go('executions?workflow=one');
    await page.locator('.row-link').first().waitFor();
    await page.locator('.row-link').first().focus();
    const last = page.locator(`[aria-posinset="${total}"]`);
    const reach = async () => {
      await page.keyboard.press('End');
      return (await last.count()) > 0;
    };
    await eventually(reach, 'the last execution');
    await soon(async () => expect(await page.getByRole('listitem').count()).toBeLessThan(60));
    await soon(async () => expect(await page.evaluate<number>('document.querySelectorAll("*").length')).toBeLessThan(MOST_ELEMENTS));
    expect(dashboard.complaints).toEqual([]);
    await dashboard.close();
  }, 240_000);
});
