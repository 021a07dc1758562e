/** Whatever a workflow is called, asks, streams or puts out stays text in the dashboard: it never runs, loads or opens anything. */
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { type Browser } from 'playwright-core';
import { type WorkflowDefinition } from '../../src/contract/definition.js';
import { describeInChromium, launch } from '../support/chromium.js';
import { DashboardPage } from '../support/dashboard.js';
import { soon } from '../support/patience.js';
import { ServiceProcess } from '../support/process.js';

/** Each would call `pwned()`, open a dialog or load something, if it were markup, a script or an address. */
const HOSTILE = [
  '<script>pwned("script")</script>', '<img src=x onerror=pwned("img")>', '<svg onload=pwned("svg")><animate onbegin=pwned("svg2")>', '"><iframe srcdoc="<script>parent.pwned(1)</script>">',
  'javascript:pwned("url")', '[link](javascript:pwned("md"))', '![x](http://127.0.0.1:9/leak.png)', '<style>body{background:url(http://127.0.0.1:9/leak)}</style>', '<a href="javascript:pwned(2)">click</a>',
  '{{constructor.constructor("pwned(3)")()}}', '<math><mtext></p><img src onerror=alert(1)>', '</textarea><script>alert(2)</script>', '<form action="http://127.0.0.1:9/"><input name=key>', '\u202Eevil\u0000\u001b]8;;http://127.0.0.1:9\u0007',
].join('\n');

const SPEC = { $schema: 'https://vega.github.io/schema/vega-lite/v5.json', data: { url: 'http://127.0.0.1:9/rows.json' }, transform: [{ calculate: 'pwned("vega")', as: 'x' }], mark: { type: 'bar', href: 'javascript:pwned("vega")' }, rows: [{ name: '{{input.text}}', n: 1 }] };

const hostile: WorkflowDefinition = {
  name: 'hostile', description: HOSTILE, inputSchema: {
    type: 'object', title: HOSTILE, description: HOSTILE, properties: { [HOSTILE]: { type: 'string', title: HOSTILE, description: HOSTILE, default: HOSTILE, examples: [HOSTILE] }, pick: { enum: [HOSTILE, 'other'] }, __proto__x: { type: 'string' } },
  },
  steps: [
    { type: 'agent', name: 'constructor', agent: 'tokens', input: { text: '{{input.text}}' } },
    { type: 'agent', name: 'toString', agent: 'echo', input: { [HOSTILE.slice(0, 30)]: '{{input.text}}', spec: SPEC, rows: SPEC.rows } },
    { type: 'input', name: 'hasOwnProperty', prompt: '{{input.text}}', schema: { type: 'object', title: HOSTILE, description: HOSTILE, properties: { [HOSTILE]: { type: 'string', description: HOSTILE } } } },
    { type: 'agent', name: 'spec', agent: 'echo', input: '{{steps.toString.output}}' },
  ],
};
const failing: WorkflowDefinition = { name: 'failing', steps: [{ type: 'agent', name: 'f', agent: 'http', input: { url: `http://127.0.0.1:9/${encodeURIComponent(HOSTILE)}` } }] };

describeInChromium('the dashboard and what is hostile', () => {
  let service: ServiceProcess;
  let browser: Browser;

  beforeAll(async () => {
    [service, browser] = await Promise.all([ServiceProcess.start(), launch()]);
  }, 120_000);
  afterAll(async () => {
    await browser?.close();
    await service?.dispose();
  });

  it('shows it as the text that it is, in every view', async () => {
    const alice = service.as('alice');
    expect((await alice.post('/workflows', hostile)).json).toMatchObject({ name: 'hostile' });
    const id = await alice.start('hostile', { text: HOSTILE, pick: HOSTILE }, { sessionId: HOSTILE.slice(0, 150).replaceAll('\n', ' ') });
    const failed = await alice.start(failing);
    const dashboard = await DashboardPage.open(browser, service.base);
    const { page, complaints } = dashboard;
    await page.exposeFunction('pwned', (what: string) => void complaints.push(`ran: ${what}`));
    const elsewhere: string[] = [];
    page.on('request', (request) => {
      if (!request.url().startsWith(service.base)) elsewhere.push(request.url());
    });
    await dashboard.signIn('alice');
    const shows = (text: string) => page.getByText(text, { exact: false }).first().waitFor();

    await dashboard.go('workflows/hostile');
    await shows('<img src=x onerror=pwned("img")>');
    await page.getByText('Definition').click();
    await page.getByRole('region', { name: 'Steps of hostile' }).waitFor();

    await dashboard.execution(id);
    await dashboard.whenStatus('waiting');
    await page.locator('[data-row="toString"]').click();
    await page.getByRole('complementary', { name: 'Step toString' }).waitFor();
    await page.getByRole('tab', { name: 'Graph' }).click();
    await page.locator('[data-node="constructor"]').click();
    await page.getByRole('complementary', { name: 'Step constructor' }).waitFor();
    await page.getByRole('tab', { name: 'Output' }).click();
    await soon(async () => expect(await page.getByRole('region', { name: 'Text of constructor' }).textContent()).toBe(HOSTILE));
    await page.getByRole('tab', { name: /^Events/ }).click();
    await page.locator('.event-row').last().click();
    await page.keyboard.press('Home');
    await page.getByRole('region', { name: 'Event 1 as JSON' }).waitFor();
    await page.getByRole('searchbox', { name: 'Search events' }).fill('<script>');
    await page.locator('.event-row').first().waitFor();
    await page.getByRole('button', { name: 'Answer' }).click();
    await dashboard.whenStatus('completed');
    await page.getByRole('tab', { name: 'Result' }).click();
    await page.getByRole('region', { name: 'Rows' }).getByText('<img src=x').waitFor();
    await page.getByRole('button', { name: 'Replay' }).click();
    await page.getByRole('slider', { name: 'Event' }).fill('3');

    await dashboard.execution(failed, 'result');
    await dashboard.whenStatus('failed');
    await dashboard.go('executions');
    await shows('hostile');
    // What is taken from the address is text as well.
    await page.goto(`${service.base}/#/workflows/${encodeURIComponent(HOSTILE)}`);
    await shows('There is no workflow');
    await page.goto(`${service.base}/#/executions/${encodeURIComponent(HOSTILE)}/${encodeURIComponent('<script>')}`);
    await page.getByRole('alert').waitFor();
    await page.goto(`${service.base}/#/executions?workflow=${encodeURIComponent(HOSTILE)}&status=${encodeURIComponent('<b>')}`);
    await page.getByRole('heading', { name: 'Executions' }).waitFor();

    await soon(async () => expect(await page.evaluate('document.querySelectorAll("iframe, object, embed, base, [srcdoc], style").length')).toBe(0));
    expect(elsewhere).toEqual([]);
    expect(complaints.filter((line) => !/status of 4\d\d/.test(line))).toEqual([]);
    await dashboard.close();
  }, 120_000);

  it('runs no string as a script, though one got in', async () => {
    const dashboard = await DashboardPage.signedIn(browser, service.base);
    const tries = await dashboard.page.evaluate(`[
      () => { document.body.innerHTML = '<img src=x onerror=alert(1)>'; },
      () => { document.body.insertAdjacentHTML('beforeend', '<b>x</b>'); },
      () => { const script = document.createElement('script'); script.text = 'alert(1)'; document.body.append(script); },
      () => { trustedTypes.createPolicy('own', { createHTML: (text) => text }); },
      () => { document.write('<b>x</b>'); },
    ].map((attempt) => { try { attempt(); return 'done'; } catch (error) { return error.name; } })`);
    expect(tries).toEqual(['TypeError', 'TypeError', 'TypeError', 'TypeError', 'TypeError']);
    expect(dashboard.complaints.filter((line) => line.startsWith('dialog'))).toEqual([]);
    await dashboard.close();
  });
});
