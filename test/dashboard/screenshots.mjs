/**
 * Takes the pictures of the documentation: `node test/dashboard/screenshots.mjs`, after `npm run build`. It starts the built
 * service, runs workflows on it, and looks at them with the system's Chromium. `STEPCAST_E2E_MAIN` and `STEPCAST_CHROMIUM` name
 * others of both.
 */
import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { chromium } from 'playwright-core';

const KEY = 'screenshots-key-0123456789';
const FOLDER = 'docs/screenshots';
const MOST_BYTES = 150 * 1024;
const main = resolve(process.env.STEPCAST_E2E_MAIN ?? 'dist/main.js');
const executablePath = [process.env.STEPCAST_CHROMIUM, '/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'].find((path) => path && existsSync(path));
if (!executablePath) throw new Error('no Chromium was found: install it, or name one by STEPCAST_CHROMIUM');

const tokens = (name, count, intervalMs) => ({ type: 'agent', name, agent: 'tokens', input: { count, intervalMs } });
const delay = (name, ms) => ({ type: 'agent', name, agent: 'delay', input: { ms } });
const LAUNCH = {
  name: 'launch', description: 'Drafts, checks and publishes an announcement',
  inputSchema: { type: 'object', required: ['product'], properties: { product: { type: 'string', description: 'What is launched' }, channel: { enum: ['blog', 'mail', 'both'], default: 'both' } } },
  steps: [
    tokens('outline', 12, 90),
    { type: 'parallel', name: 'gather', steps: [delay('market', 2600), tokens('quotes', 30, 60), { type: 'retry', name: 'figures', maxAttempts: 3, backoff: { delayMs: 700, jitter: false }, step: { type: 'sequential', name: 'report', steps: [delay('query', 500), { type: 'agent', name: 'parse', agent: 'flaky', input: { failures: 1 } }] } }] },
    { type: 'iteration', name: 'refine', maxIterations: 3, step: tokens('draft', 10, 60) },
    { type: 'input', name: 'approve', prompt: 'Publish the announcement of {{input.product}}?', schema: { type: 'boolean' } },
    { type: 'conditional', name: 'decide', when: 'steps.approve.output', then: tokens('publish', 20, 80), else: { type: 'agent', name: 'drop', agent: 'echo', input: null } },
  ],
};

const dataDir = mkdtempSync(join(tmpdir(), 'stepcast-screenshots-'));
const service = spawn(process.execPath, [main], { stdio: ['ignore', 'pipe', 'inherit'], env: { PATH: process.env.PATH, PORT: '0', STEPCAST_DATA_DIR: dataDir, STEPCAST_API_KEYS: `ada:${KEY}:admin`, STEPCAST_RATE_LIMIT: '100000/60' } });
const browser = await chromium.launch({ executablePath, args: ['--no-sandbox', '--disable-gpu'] });
try {
  const base = await new Promise((found, failed) => {
    let output = '';
    service.stdout.on('data', (text) => {
      output += text;
      const [, url] = /ready at (http:\/\/[^/]+)\//.exec(output) ?? [];
      if (url) found(url);
    });
    service.once('exit', () => failed(new Error(`the service ended:\n${output}`)));
  });
  const api = async (path, body) => {
    const response = await fetch(`${base}/api/v1${path}`, { method: 'POST', headers: { 'X-API-Key': KEY, 'Content-Type': 'application/json' }, body: JSON.stringify(body) });
    if (!response.ok) throw new Error(await response.text());
    return response.json();
  };
  const launch = async (product) => (await api('/workflows/launch/executions', { input: { product } })).id;
  const open = async (options) => {
    const page = await (await browser.newContext({ locale: 'en-GB', ...options })).newPage();
    await page.goto(`${base}/`);
    await page.getByLabel('API key').fill(KEY);
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.getByRole('navigation').waitFor();
    return page;
  };
  const shot = async (page, name) => {
    const path = join(FOLDER, `${name}.png`);
    // Bars stand where they are to go.
    await page.screenshot({ path, animations: 'disabled' });
    const { size } = statSync(path);
    if (size > MOST_BYTES) throw new Error(`${path} has ${size} bytes, which is more than ${MOST_BYTES}`);
    console.log(path, size);
  };
  mkdirSync(FOLDER, { recursive: true });
  await api('/workflows', LAUNCH);

  const desk = { viewport: { width: 1280, height: 860 } };
  const light = await open({ ...desk, colorScheme: 'light' });
  const dark = await open({ ...desk, colorScheme: 'dark' });
  const phone = await open({ viewport: { width: 390, height: 844 }, isMobile: true, hasTouch: true, deviceScaleFactor: 1, colorScheme: 'light' });
  const system = await open({ ...desk, colorScheme: 'dark' });
  await system.goto(`${base}/#/system`);

  const first = await launch('the tide calendar');
  await light.goto(`${base}/#/executions/${first}`);
  await light.locator('[data-row="gather/figures/report/parse"] .bar').nth(1).waitFor();
  await shot(light, 'timeline');
  await light.locator('[data-row="approve"] .bar.wait').waitFor();
  for (const product of ['the river map', 'the star chart']) await launch(product);
  await api('/workflows/brief/executions', { input: { text: 'The tide rises. The tide falls. The twilight darkens, and the curlew calls.' } });
  await api('/executions', { workflow: { name: 'nightly', steps: [{ type: 'agent', name: 'fetch', agent: 'flaky', input: { failures: 1 } }] } });

  await dark.goto(`${base}/#/executions/${first}/graph`);
  await dark.locator('[data-node="approve"][data-status="waiting"]').waitFor();
  await dark.locator('.react-flow__edge').first().waitFor({ state: 'attached' });
  await dark.waitForTimeout(600);
  await shot(dark, 'graph-dark');
  await light.getByRole('button', { name: 'Yes' }).click();
  await light.locator('[data-row="decide/publish"] .bar').waitFor();
  await light.goto(`${base}/#/executions`);
  await light.locator('[data-status="failed"]').first().waitFor();
  await light.waitForTimeout(400);
  await shot(light, 'executions');
  await light.goto(`${base}/#/workflows/launch`);
  await light.getByRole('heading', { name: 'launch' }).waitFor();
  await shot(light, 'workflow');
  await phone.goto(`${base}/#/executions/${first}`);
  await phone.locator('.execution[data-status="completed"]').waitFor();
  await phone.locator('.timeline-row').nth(5).waitFor();
  await shot(phone, 'phone');
  await light.goto(`${base}/#/executions/${first}`);
  await light.getByRole('button', { name: 'Replay' }).click();
  await light.getByRole('slider', { name: 'Event' }).fill('60');
  await light.getByRole('tab', { name: 'Timeline' }).click();
  await light.locator('[data-row="gather/quotes"]').click();
  await light.waitForTimeout(200);
  await shot(light, 'replay');
  await system.waitForTimeout(12_000);
  await shot(system, 'system-dark');
} finally {
  await browser.close();
  service.removeAllListeners('exit');
  const gone = new Promise((end) => service.once('exit', end));
  service.kill();
  await gone;
  rmSync(dataDir, { recursive: true, force: true });
}
