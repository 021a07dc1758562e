/** The dashboard by keyboard, on a phone, in both colours, and for those who hear it. */
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { type Browser, type Page } from 'playwright-core';
import { describeInChromium, launch } from '../support/chromium.js';
import { KEYS } from '../support/client.js';
import { DashboardPage } from '../support/dashboard.js';
import { eventually, soon } from '../support/patience.js';
import { ServiceProcess } from '../support/process.js';

/** What each view has to be, of what can be told by looking at its elements. */
const FAULTS = `(() => {
  const faults = [];
  const shown = (element) => element.checkVisibility({ visibilityProperty: true });
  const nameOf = (element) => {
    const by = (element.getAttribute('aria-labelledby') ?? '').split(' ').map((id) => document.getElementById(id)?.textContent ?? '').join(' ').trim();
    return by || element.getAttribute('aria-label') || [...(element.labels ?? [])].map((label) => label.textContent).join(' ').trim() || element.textContent.trim() || element.title || element.alt || '';
  };
  const tell = (what, element) => faults.push(what + ': ' + element.outerHTML.slice(0, 160));
  for (const element of document.querySelectorAll('button, a[href], input, select, textarea, summary, [role=region], [role=treegrid], [role=grid], [role=tablist], [role=tab], [role=progressbar], [role=slider], dialog, nav, aside')) {
    if (shown(element) && nameOf(element) === '') tell('no name', element);
  }
  for (const element of document.querySelectorAll('[aria-labelledby], [aria-describedby], [aria-controls]')) {
    for (const attribute of ['aria-labelledby', 'aria-describedby', 'aria-controls']) for (const id of (element.getAttribute(attribute) ?? '').split(' ').filter(Boolean)) if (!document.getElementById(id) && shown(element)) tell(attribute + ' leads nowhere', element);
  }
  const ids = [...document.querySelectorAll('[id]')].map(({ id }) => id);
  for (const id of ids.filter((id, i) => ids.indexOf(id) !== i)) faults.push('double id: ' + id);
  for (const bar of document.querySelectorAll('[role=progressbar]')) if (!(Number(bar.getAttribute('aria-valuenow')) <= 100)) tell('no value', bar);
  if (document.querySelectorAll('main').length !== 1) faults.push('not one main');
  if (document.querySelectorAll('h1').length !== 1) faults.push('not one h1');
  for (const list of document.querySelectorAll('[role=tablist], [role=treegrid], [role=grid]')) {
    const items = [...list.querySelectorAll(list.role === 'tablist' ? '[role=tab]' : '[role=row]')];
    if (items.filter(({ tabIndex }) => tabIndex === 0).length > 1) tell('more than one stop for Tab', list);
  }
  for (const image of document.querySelectorAll('img')) if (!image.hasAttribute('alt')) tell('no alt', image);
  if (!document.documentElement.lang) faults.push('no language');
  // Text on its ground, by WCAG 2: 4.5 to 1; 3 to 1 where it is large.
  const canvas = document.createElement('canvas').getContext('2d', { willReadFrequently: true });
  const parse = (colour) => { canvas.clearRect(0, 0, 1, 1); canvas.fillStyle = colour; canvas.fillRect(0, 0, 1, 1); return [...canvas.getImageData(0, 0, 1, 1).data]; };
  const light = ([r, g, b]) => [r, g, b].map((v) => v / 255).map((v) => (v <= .03928 ? v / 12.92 : ((v + .055) / 1.055) ** 2.4)).reduce((sum, v, i) => sum + v * [.2126, .7152, .0722][i], 0);
  const over = (top, under) => { const a = top[3] / 255; return [0, 1, 2].map((i) => top[i] * a + under[i] * (1 - a)).concat(255); };
  const groundOf = (element) => { const layers = []; for (let at = element; at; at = at.parentElement) { const colour = parse(getComputedStyle(at).backgroundColor); if (colour[3] > 0) layers.push(colour); if (colour[3] === 255) break; } return layers.reverse().reduce((under, top) => over(top, under), [255, 255, 255, 255]); };
  const seen = new Set();
  for (const element of document.querySelectorAll('body *')) {
    if (![...element.childNodes].some((node) => node.nodeType === 3 && node.data.trim()) || !shown(element) || element.closest('[disabled], [aria-disabled=true], svg, .unseen')) continue;
    const style = getComputedStyle(element);
    const ground = groundOf(element);
    const ink = over(parse(style.color), ground);
    const [high, low] = [light(ink), light(ground)].sort((a, b) => b - a);
    const ratio = (high + .05) / (low + .05);
    const large = parseFloat(style.fontSize) >= 24 || (parseFloat(style.fontSize) >= 18.66 && Number(style.fontWeight) >= 700);
    const key = element.className + style.color + ground;
    if (ratio < (large ? 3 : 4.5) && !seen.has(key)) { seen.add(key); tell('contrast ' + ratio.toFixed(2), element); }
  }
  return faults;
})()`;

describeInChromium('the dashboard for everybody', () => {
  let service: ServiceProcess;
  let browser: Browser;
  let id: string;

  beforeAll(async () => {
    [service, browser] = await Promise.all([ServiceProcess.start(), launch()]);
    const steps = [
      { type: 'parallel' as const, name: 'both', steps: [{ type: 'agent' as const, name: 'left', agent: 'tokens', input: { count: 5 } }, { type: 'agent' as const, name: 'a_rather_long_name_of_a_step_that_has_to_fit_somehow', agent: 'echo' }] },
      { type: 'retry' as const, name: 'again', maxAttempts: 3, backoff: { delayMs: 1 }, step: { type: 'agent' as const, name: 'shaky', agent: 'flaky', input: { failures: 2 } } },
      { type: 'input' as const, name: 'approve', prompt: 'May it go on, and is this a question that is long enough to be broken into lines on a narrow screen?', schema: { type: 'boolean' } },
    ];
    const walk = { name: 'walk', description: 'For a walk', inputSchema: { type: 'object', properties: { a: { type: 'string' }, b: { type: 'boolean', default: true }, c: { type: 'array', items: { type: 'number' } } } }, steps };
    for (const user of ['alice', 'root'] as const) expect((await service.as(user).post('/workflows', walk)).status).toBe(201);
    const root = service.as('root');
    id = await root.start('walk', { a: 'x'.repeat(300) });
    await (await root.openExecution(id)).until('input_required');
  }, 120_000);
  afterAll(async () => {
    await browser?.close();
    await service?.dispose();
  });

  const views = () => ['workflows/walk', 'own', 'executions', `executions/${id}`, `executions/${id}/graph`, `executions/${id}/output`, `executions/${id}/events`, `executions/${id}/result`, 'system'];
  const settled = async (page: Page) => {
    await page.locator('main :is(h1, h2)').filter({ visible: true }).first().waitFor();
    await page.getByText(/^(Loading|Looking) …$/).first().waitFor({ state: 'detached' });
    if (page.url().endsWith('/graph')) await page.locator('[data-node]').first().waitFor();
  };

  it.each(['light', 'dark'] as const)('has names, roles and contrast in every view, in %s colours', async (colorScheme) => {
    const signIn = await DashboardPage.open(browser, service.base, { colorScheme });
    await signIn.page.getByLabel('API key').waitFor();
    await soon(async () => expect(await signIn.page.evaluate(FAULTS)).toEqual([]));
    await signIn.close();
    const dashboard = await DashboardPage.signedIn(browser, service.base, 'root', { colorScheme });
    const { page } = dashboard;
    for (const view of views()) {
      await dashboard.go(view);
      await settled(page);
      await soon(async () => expect({ view, faults: await page.evaluate(FAULTS) }).toEqual({ view, faults: [] }));
    }
    await dashboard.close();
  }, 180_000);

  it('takes the colours of the system until one chooses others, which it keeps', async () => {
    const ground = 'getComputedStyle(document.body).backgroundColor';
    const dashboard = await DashboardPage.signedIn(browser, service.base, 'alice', { colorScheme: 'dark' });
    const { page } = dashboard;
    const dark = await page.evaluate(ground);
    await page.emulateMedia({ colorScheme: 'light' });
    await soon(async () => expect(await page.evaluate(ground)).not.toBe(dark));
    const light = await page.evaluate(ground);
    const toggle = page.getByRole('button', { name: /^Colours/ });
    await toggle.click();
    await toggle.click();
    await soon(async () => expect(await page.evaluate(ground)).toBe(dark));
    await page.reload();
    await page.locator('main h1').waitFor();
    await soon(async () => expect(await page.evaluate(ground)).toBe(dark));
    await toggle.click();
    await soon(async () => expect(await page.evaluate(ground)).toBe(light));
    await dashboard.close();
  });

  it('tells what is chosen where the colours are those of the system', async () => {
    const dashboard = await DashboardPage.signedIn(browser, service.base, 'root', { forcedColors: 'active' });
    const { page } = dashboard;
    await dashboard.execution(id);
    await page.getByRole('tab', { name: 'Timeline', selected: true }).waitFor();
    const lines = (selector: string) => page.evaluate<string[]>(`[...document.querySelectorAll('${selector}')].map((at) => getComputedStyle(at).borderBottomColor)`);
    for (const [chosen, others] of [['[role=tab][aria-selected=true]', '[role=tab][aria-selected=false]'], ['nav a[aria-current]', 'nav a:not([aria-current])']] as const) {
      const [line] = await lines(chosen);
      expect(line).toMatch(/^rgb/);
      expect(await lines(others)).not.toContain(line);
    }
    await dashboard.close();
  });

  it.each([360, 390])('fits a phone of %i pixels: nothing is wider than the screen', async (width) => {
    const dashboard = await DashboardPage.signedIn(browser, service.base, 'root', { viewport: { width, height: 740 }, isMobile: true, hasTouch: true });
    const { page } = dashboard;
    for (const view of ['workflows', ...views()]) {
      await dashboard.go(view);
      await settled(page);
      await soon(async () => expect({ view, wide: await page.evaluate('document.documentElement.scrollWidth') }).toEqual({ view, wide: width }));
    }
    await dashboard.execution(id);
    // With its events there, whose number is in their tab.
    await dashboard.whenStatus('waiting');
    // What only scrolling sideways shows is found by nobody.
    await soon(async () => expect(await page.evaluate(`(({ scrollWidth, clientWidth }) => scrollWidth - clientWidth)(document.querySelector('[role=tablist]'))`)).toBe(0));
    await page.locator('[data-row="again/shaky"]').tap();
    await page.getByRole('complementary', { name: 'Step again/shaky' }).waitFor();
    await page.getByRole('button', { name: 'Replay' }).tap();
    await page.getByRole('slider', { name: 'Event' }).waitFor();
    await soon(async () => expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(width));
    expect(dashboard.complaints).toEqual([]);
    await dashboard.close();
  }, 120_000);

  it('is used from the sign-in to the result by keyboard alone', async () => {
    const alice = service.as('alice');
    const dashboard = await DashboardPage.open(browser, service.base);
    const { page } = dashboard;
    const { keyboard } = page;
    const focused = (test: string) => eventually(() => page.evaluate<boolean>(`(() => { const at = document.activeElement; return Boolean(${test}); })()`), `a focus for which ${test}`);
    await focused('at.id === "key"');
    await keyboard.type(KEYS.alice);
    await keyboard.press('Enter');
    await page.getByRole('heading', { name: 'Workflows', level: 1 }).waitFor();
    // What a filter is to take away has to be there first.
    await page.getByRole('link', { name: /^brief/ }).waitFor();

    await keyboard.press('?');
    await page.getByRole('dialog', { name: 'Keyboard' }).waitFor();
    await keyboard.press('Escape');
    await page.getByRole('dialog').waitFor({ state: 'detached' });

    await keyboard.press('/');
    await focused('at.type === "search"');
    await keyboard.type('walk');
    await page.getByRole('link', { name: /^brief/ }).waitFor({ state: 'detached' });
    await keyboard.press('Tab');
    await focused('at.textContent.startsWith("walk")');
    await keyboard.press('Enter');
    await page.getByRole('heading', { name: 'walk' }).waitFor();
    await page.getByRole('button', { name: 'Start', exact: true }).waitFor();
    for (let presses = 0; presses < 30 && !(await page.evaluate<boolean>('document.activeElement.textContent === "Start"')); presses++) await keyboard.press('Tab');
    await keyboard.press('Enter');
    await dashboard.whenStatus('waiting');

    // Into the timeline, down to a step, and into what is known of it.
    await page.locator('.timeline-row').first().waitFor();
    for (let presses = 0; presses < 40 && !(await page.evaluate<boolean>('document.activeElement.matches(".timeline-row")')); presses++) await keyboard.press('Tab');
    await keyboard.press('Home');
    await focused('at.dataset.row === "both"');
    await keyboard.press('ArrowLeft');
    await page.locator('[data-row="both"][aria-expanded=false]').waitFor();
    await keyboard.press('ArrowRight');
    await page.locator('[data-row="both"][aria-expanded=true]').waitFor();
    await keyboard.press('ArrowRight');
    await focused('at.dataset.row?.startsWith("both/")');
    await keyboard.press('Enter');
    await page.getByRole('complementary', { name: /^Step both/ }).waitFor();
    await keyboard.press('Escape');
    await page.getByRole('complementary').waitFor({ state: 'detached' });

    await keyboard.press('4');
    await page.getByRole('grid', { name: 'Events' }).waitFor();
    await page.locator('.event-row').first().waitFor();
    await page.locator('#tab-events').focus();
    for (let presses = 0; presses < 20 && !(await page.evaluate<boolean>('document.activeElement.matches(".event-row")')); presses++) await keyboard.press('Tab');
    await keyboard.press('Home');
    await focused('at.dataset.seq === "1"');
    await keyboard.press('ArrowDown');
    await focused('at.dataset.seq === "2"');
    await keyboard.press('Enter');
    await page.getByRole('complementary', { name: 'Event 2' }).waitFor();
    await keyboard.press('Escape');
    await page.getByRole('complementary').waitFor({ state: 'detached' });

    await keyboard.press('r');
    await page.getByRole('slider', { name: 'Event' }).waitFor();
    const total = Number(await page.getByRole('slider', { name: 'Event' }).getAttribute('max'));
    await keyboard.press(',');
    await page.getByText(`${total - 1} / ${total}`).waitFor();
    await keyboard.press('r');

    await page.getByRole('button', { name: 'Yes' }).focus();
    await keyboard.press('Enter');
    await dashboard.whenStatus('completed');
    await page.locator('#announcer').getByText('walk has completed').waitFor({ state: 'attached' });
    // Both at once, as the second has to come soon, and the page may be busy.
    await Promise.all([keyboard.press('g'), keyboard.press('e')]);
    await page.getByRole('heading', { name: 'Executions' }).waitFor();
    await focused('at.id === "main"');
    await page.locator('.row-link').first().waitFor();
    for (let presses = 0; presses < 20 && !(await page.evaluate<boolean>('document.activeElement.matches(".row-link")')); presses++) await keyboard.press('Tab');
    await keyboard.press('ArrowDown');
    await keyboard.press('Enter');
    await page.getByRole('heading', { name: 'walk' }).waitFor();
    expect((await alice.get('/executions?workflow=walk&status=completed')).json.executions).toHaveLength(1);
    expect(dashboard.complaints).toEqual([]);
    await dashboard.close();
  }, 180_000);

  it('takes two keys for two however fast they are typed', async () => {
    const dashboard = await DashboardPage.signedIn(browser, service.base);
    const { page } = dashboard;
    await page.getByRole('heading', { name: 'Workflows', level: 1 }).waitFor();
    // In one task: nothing that is put off comes between them.
    await page.evaluate("for (const key of ['g', 'e']) document.body.dispatchEvent(new KeyboardEvent('keydown', { key, bubbles: true, cancelable: true }))");
    await page.getByRole('heading', { name: 'Executions' }).waitFor();
    await page.evaluate("for (const key of ['g', 'g', 's']) document.body.dispatchEvent(new KeyboardEvent('keydown', { key, bubbles: true, cancelable: true }))");
    await page.getByRole('heading', { name: 'System' }).waitFor();
    await dashboard.close();
  });

  it('does nothing by single keys for those who have turned them off', async () => {
    const dashboard = await DashboardPage.signedIn(browser, service.base);
    const { page } = dashboard;
    await page.getByRole('button', { name: 'Keyboard help' }).click();
    await page.getByLabel('Single keys do something').uncheck();
    await page.keyboard.press('Escape');
    await page.getByRole('dialog').waitFor({ state: 'detached' });
    await page.keyboard.press('?');
    await page.keyboard.press('g');
    await page.keyboard.press('s');
    await soon(async () => expect(await page.getByRole('dialog').count()).toBe(0));
    expect(page.url()).not.toContain('system');
    await dashboard.close();
  });
});
