/** What one does with the dashboard, in a real Chromium against the built service. */
import { afterAll, beforeAll, beforeEach, afterEach, expect, it } from '@jest/globals';
import { type Browser, type Page } from 'playwright-core';
import { type WorkflowDefinition } from '../../src/contract/definition.js';
import { describeInChromium, launch } from '../support/chromium.js';
import { KEYS } from '../support/client.js';
import { CHART_TEXTS, DashboardPage, WATCH_CHARTS } from '../support/dashboard.js';
import { eventually, soon } from '../support/patience.js';
import { ModelServer } from '../support/model-server/model-server.js';
import { answer } from '../support/model-server/script.js';
import { ServiceProcess } from '../support/process.js';

const ASK: WorkflowDefinition = {
  name: 'ask', description: 'Asks before it says', inputSchema: {
    type: 'object', required: ['topic', 'size'], additionalProperties: false, properties: {
      topic: { type: 'string', minLength: 3, description: 'What it is about' }, size: { type: 'integer', minimum: 1, maximum: 9, default: 2 }, loud: { type: 'boolean', default: false },
      tone: { enum: ['calm', 'brisk'] }, tags: { type: 'array', items: { type: 'string' } }, more: { type: 'object', properties: { note: { type: 'string' } } }, free: { oneOf: [{ type: 'string' }, { type: 'number' }] },
    },
  },
  steps: [
    { type: 'parallel', name: 'both', steps: [{ type: 'agent', name: 'left', agent: 'tokens', input: { text: 'All about {{input.topic}}.' } }, { type: 'agent', name: 'right', agent: 'echo', input: '{{input}}' }] },
    { type: 'input', name: 'approve', prompt: 'Say it?', schema: { type: 'object', required: ['verdict'], properties: { verdict: { enum: ['yes', 'no'] }, why: { type: 'string' } } } },
    { type: 'agent', name: 'say', agent: 'echo', input: { verdict: '{{steps.approve.output.verdict}}', said: '{{steps.left.output}}' } },
  ],
};

describeInChromium('the dashboard', () => {
  let models: ModelServer;
  let service: ServiceProcess;
  let browser: Browser;
  let dashboard: DashboardPage;
  let page: Page;

  beforeAll(async () => {
    models = await ModelServer.start();
    [service, browser] = await Promise.all([ServiceProcess.start({ env: { ...models.env, LLM_MODEL: 'openai/gpt-5-mini', LLM_LIMITS: 'openai=1concurrent' } }), launch()]);
    expect((await service.as('alice').post('/workflows', ASK)).status).toBe(201);
  }, 120_000);
  afterAll(async () => {
    await browser?.close();
    await service?.dispose();
    await models?.close();
  });
  beforeEach(async () => {
    dashboard = await DashboardPage.open(browser, service.base);
    ({ page } = dashboard);
  });
  afterEach(() => dashboard.close());

  const button = (name: string) => page.getByRole('button', { name, exact: true });
  const calm = (complaints: readonly string[]) => complaints.filter((line) => !/status of 4\d\d/.test(line));

  it('takes a key that the service takes, keeps it for the tab, and puts it into no address', async () => {
    await page.getByLabel('API key').fill('not-a-key-of-anyone');
    await button('Sign in').click();
    await page.getByRole('alert').waitFor();
    await soon(async () => expect(await page.evaluate('JSON.stringify([{ ...sessionStorage }, { ...localStorage }])')).toBe('[{},{}]'));
    const addresses: string[] = [];
    page.on('request', (request) => addresses.push(request.url()));
    await dashboard.signIn('alice');
    await dashboard.go('executions');
    await page.getByText('Live', { exact: true }).waitFor();
    expect(addresses.length).toBeGreaterThan(2);
    for (const address of [...addresses, page.url()]) expect(address).not.toContain(KEYS.alice);
    await soon(async () => expect(await page.evaluate('Object.values(sessionStorage)')).toEqual([KEYS.alice]));
    await page.reload();
    await page.getByRole('heading', { name: 'Executions' }).waitFor();
    await button('Sign out').click();
    await page.getByLabel('API key').waitFor();
    await soon(async () => expect(await page.evaluate('JSON.stringify([{ ...sessionStorage }, { ...localStorage }])')).toBe('[{},{}]'));
    expect(calm(dashboard.complaints)).toEqual([]);
  });

  it('keeps the key beyond the tab only when that is asked for', async () => {
    await page.getByLabel('Keep me signed in').check();
    await dashboard.signIn('alice');
    await soon(async () => expect(await page.evaluate('[Object.values(sessionStorage), Object.values(localStorage)]')).toEqual([[], [KEYS.alice]]));
    const other = await page.context().newPage();
    await other.goto(service.base);
    await other.getByRole('navigation', { name: 'Main' }).waitFor();
    // Both have the key of the device: where one signs out, the other does not stay open.
    await other.getByRole('button', { name: 'Sign out' }).click();
    await page.getByLabel('API key').waitFor();
    await soon(async () => expect(await page.evaluate('[...Object.values(sessionStorage), ...Object.values(localStorage)]')).toEqual([]));
  });

  it('asks for a key again, and says why, when the one it has is not taken any more', async () => {
    const made = (await service.as('root').post('/keys', { user: 'carol' })).json as { id: string; key: string };
    await page.getByLabel('API key').fill(made.key);
    await button('Sign in').click();
    await dashboard.go('executions');
    await page.getByText('Live', { exact: true }).waitFor();
    await service.as('root').request('DELETE', `/keys/${made.id}`);
    await dashboard.go('workflows');
    await page.getByLabel('API key').waitFor();
    await soon(async () => expect(await page.getByRole('alert').textContent()).toMatch(/key/i));
    await soon(async () => expect(await page.evaluate('sessionStorage.length')).toBe(0));
  });

  it('makes a form of the input schema, shows faults at their places, starts, answers and shows the result', async () => {
    await dashboard.signIn('alice');
    await page.getByRole('searchbox', { name: 'Search workflows' }).fill('ask');
    await page.getByRole('link', { name: /^ask/ }).click();
    await page.getByRole('heading', { name: 'ask' }).waitFor();
    const field = (path: string) => page.locator(`[data-path="${path}"]`);
    await soon(async () => expect(await field('/size').locator('input').inputValue()).toBe('2'));
    await button('Start').click();
    await field('/topic').getByText('is missing').waitFor();
    await soon(async () => expect(await page.evaluate('document.activeElement.closest("[data-path]").dataset.path')).toBe('/topic'));
    await field('/topic').locator('input').fill('no');
    await field('/size').locator('input').fill('12');
    await button('Start').click();
    // By the service, which alone knows all rules.
    await field('/topic').getByText(/fewer than 3/).waitFor();
    await field('/size').getByText(/<= 9/).waitFor();
    await field('/topic').locator('input').fill('tides');
    await field('/size').locator('input').fill('3');
    await field('/loud').getByRole('checkbox').check();
    await field('/tone').locator('select').selectOption('brisk');
    await button('Add').click();
    await field('/tags/0').locator('input').fill('sea');
    await field('/free').locator('textarea').fill('{');
    await button('Start').click();
    await field('/free').getByText(/no valid JSON/).waitFor();
    await field('/free').locator('textarea').fill('7');
    await button('As JSON').click();
    const typed = JSON.parse(await page.getByRole('textbox', { name: 'Input' }).inputValue()) as object;
    expect(typed).toEqual({ topic: 'tides', size: 3, loud: true, tone: 'brisk', tags: ['sea'], free: 7 });
    await button('As a form').click();
    await soon(async () => expect(await field('/topic').locator('input').inputValue()).toBe('tides'));
    await button('Start').click();

    await dashboard.whenStatus('waiting');
    await soon(async () => expect(await page.title()).toContain('waiting'));
    await button('Answer').click();
    await page.getByText('is missing').waitFor();
    await soon(async () => expect(await page.evaluate('document.activeElement.closest("[data-path]").dataset.path')).toBe('/verdict'));
    await page.locator('[data-path="/verdict"] select').selectOption('yes');
    await button('Answer').click();
    await dashboard.whenStatus('completed');
    await soon(async () => expect(await page.getByRole('progressbar').getAttribute('aria-valuenow')).toBe('100'));
    await page.getByRole('tab', { name: 'Result' }).click();
    await soon(async () => expect(await page.getByRole('region', { name: 'Result' }).textContent()).toContain('All about tides.'));
    await soon(async () => expect(await page.getByRole('region', { name: 'Input' }).textContent()).toContain('brisk'));
    await page.getByRole('tab', { name: 'Output' }).click();
    await soon(async () => expect(await page.getByRole('region', { name: 'Text of both/left' }).textContent()).toBe('All about tides.'));

    const before = page.url();
    await button('Run again').click();
    await page.waitForURL((url) => url.href !== before);
    await dashboard.whenStatus('waiting');
    await page.getByRole('tab', { name: 'Result' }).click();
    await soon(async () => expect(await page.getByRole('region', { name: 'Input' }).textContent()).toContain('brisk'));
    await button('Cancel').click();
    await button('Cancel it').click();
    await dashboard.whenStatus('cancelled');
    expect(calm(dashboard.complaints)).toEqual([]);
  });

  it('makes a form of a schema that holds itself, and tells each fault of what is typed as JSON, and of what the schema does not tell of', async () => {
    const node = { type: 'object', properties: { value: { type: 'integer' }, left: { $ref: '#/$defs/node' }, right: { $ref: '#/$defs/node' } } };
    const steps: WorkflowDefinition['steps'] = [{ type: 'agent', name: 'e', agent: 'echo' }];
    const tree = { name: 'tree', inputSchema: { type: 'object', required: ['root', 'untold'], properties: { root: { $ref: '#/$defs/node' } }, $defs: { node } }, steps } as WorkflowDefinition;
    expect((await service.as('alice').post('/workflows', tree)).status).toBe(201);
    await dashboard.signIn('alice');
    await dashboard.go('workflows/tree');
    const field = (path: string) => page.locator(`[data-path="${path}"]`);
    await field('/root/left').locator('textarea').fill('{"right":{"value":"two"}}');
    await soon(async () => expect(await page.title()).toContain('tree'));
    await button('Start').click();
    await field('/untold').getByText('is missing').waitFor();
    await field('/untold').locator('textarea').fill('[1]');
    await button('Start').click();
    await field('/root/left').getByText('/right/value must be integer').waitFor();
    await soon(async () => expect(await page.evaluate('document.activeElement.closest("[data-path]").dataset.path')).toBe('/root/left'));
    await field('/root/left').locator('textarea').fill('{"right":{"value":2}}');
    await button('Start').click();
    await dashboard.whenStatus('completed');
    expect(calm(dashboard.complaints)).toEqual([]);
  });

  it('runs and stores a definition of one\'s own, and runs it again though it is not stored', async () => {
    await dashboard.signIn('alice');
    await dashboard.go('own');
    const definition = page.getByLabel('Definition, as JSON');
    await definition.fill('{"name": "own"');
    await page.getByText('no valid JSON').waitFor();
    await button('Run').click();
    await page.getByRole('alert').filter({ hasText: 'no valid JSON' }).waitFor();
    await soon(async () => expect(await page.getByText('no valid JSON').count()).toBe(1));
    await definition.fill(JSON.stringify({ name: 'own', steps: [{ type: 'agent', name: 'a' }] }));
    await button('Run').click();
    await page.getByText('/workflow/steps/0/agent').waitFor();
    expect((await page.getByRole('alert').textContent())?.split('/workflow/steps/0/agent')).toHaveLength(2);
    await definition.fill(JSON.stringify({ name: 'own', inputSchema: { type: 'object', properties: { word: { type: 'string', default: 'hello' } } }, steps: [{ type: 'agent', name: 'a', agent: 'echo', input: '{{input.word}}' }] }));
    await page.locator('[data-path="/word"] input').fill('goodbye');
    await button('Run').click();
    await dashboard.whenStatus('completed');
    const before = page.url();
    await button('Run again').click();
    await page.waitForURL((url) => url.href !== before);
    await dashboard.whenStatus('completed');
    await page.getByRole('tab', { name: 'Result' }).click();
    await soon(async () => expect(await page.getByRole('region', { name: 'Result' }).textContent()).toBe('goodbye'));
    await dashboard.go('own');
    await definition.fill(JSON.stringify({ name: 'kept', steps: [{ type: 'agent', name: 'a', agent: 'echo' }] }));
    await button('Store under its name').click();
    await page.getByRole('heading', { name: 'kept' }).waitFor();
    expect((await service.as('alice').get('/workflows/kept')).status).toBe(200);
  });

  it('keeps the definition one has written over a run, going back and a reload, until the field is emptied or one signs out', async () => {
    await dashboard.signIn('alice');
    await dashboard.go('own');
    const definition = page.getByLabel('Definition, as JSON');
    const sample = await definition.inputValue();
    const mine = JSON.stringify({ name: 'mine', steps: [{ type: 'agent', name: 'a', agent: 'echo' }] });
    await definition.fill(mine);
    await button('Run').click();
    await dashboard.whenStatus('completed');
    await page.goBack();
    await soon(async () => expect(await definition.inputValue()).toBe(mine));
    // What is not finished, too.
    await definition.fill(`${mine}, {`);
    await page.reload();
    await soon(async () => expect(await definition.inputValue()).toBe(`${mine}, {`));
    await definition.fill('');
    await page.reload();
    await soon(async () => expect(await definition.inputValue()).toBe(sample));
    await definition.fill(mine);
    await button('Sign out').click();
    await dashboard.signIn('bob');
    await dashboard.go('own');
    await soon(async () => expect(await definition.inputValue()).toBe(sample));
    expect(calm(dashboard.complaints)).toEqual([]);
  });

  it('takes the help away with the page that it was opened on', async () => {
    await dashboard.signIn('alice');
    const help = page.getByRole('dialog', { name: 'Keyboard' });
    const focused = (expected: string) => soon(async () => expect(await page.evaluate('document.activeElement.getAttribute("aria-label") ?? document.activeElement.id')).toBe(expected));
    for (const [from, to, heading, focus] of [['executions', 'system', 'Executions', 'main'], ['workflows', 'workflows/ask', 'Workflows', 'Keyboard help']] as const) {
      await dashboard.go(from);
      await page.getByRole('heading', { name: heading, level: 1 }).waitFor();
      await dashboard.go(to);
      await button('Keyboard help').click();
      await help.waitFor();
      await page.goBack();
      await help.waitFor({ state: 'detached' });
      await page.getByRole('heading', { name: heading, level: 1 }).waitFor();
      await focused(focus);
    }
    await button('Keyboard help').click();
    await help.getByRole('button', { name: 'Close' }).click();
    await help.waitFor({ state: 'detached' });
    await focused('Keyboard help');
  });

  it('runs again, edits and draws the definition that an execution was started with, whatever is stored under its name', async () => {
    const alice = service.as('alice');
    const step = (name: string, input: string) => ({ type: 'agent' as const, name, agent: 'echo', input });
    const given: WorkflowDefinition = {
      name: 'twice', inputSchema: { type: 'object', properties: { word: { type: 'string' } } },
      steps: [{ type: 'conditional', name: 'way', when: 'true', then: step('taken', 'given {{input.word}}'), else: step('untaken', 'no') }],
    };
    expect((await alice.post('/workflows', { name: 'twice', steps: [step('other', 'stored')] })).status).toBe(201);
    const result = page.getByRole('region', { name: 'Result' });
    const leaves = async (press: string) => {
      const before = page.url();
      await button(press).click();
      await page.waitForURL((url) => url.href !== before && /executions\/[\w-]{36}/.test(url.href));
      await dashboard.whenStatus('completed');
      await page.getByRole('tab', { name: 'Result' }).click();
    };
    await dashboard.signIn('alice');
    await dashboard.execution(await alice.start(given, { word: 'once' }), 'graph');
    // What has not begun, too: the stored one has no such step.
    await page.locator('[data-node=untaken]').waitFor();
    await leaves('Run again');
    await soon(async () => expect(await result.textContent()).toBe('given once'));
    await button('Edit input').click();
    await page.getByRole('heading', { name: 'Run your own' }).waitFor();
    expect(JSON.parse(await page.getByLabel('Definition, as JSON').inputValue())).toEqual(given);
    const word = page.locator('[data-path="/word"] input');
    expect(await word.inputValue()).toBe('once');
    await word.fill('anew');
    await leaves('Run');
    await soon(async () => expect(await result.textContent()).toBe('given anew'));

    // Started by its name, it is run again by its name, as it is stored now.
    await dashboard.execution(await alice.start('twice'), 'graph');
    await page.locator('[data-node=other]').waitFor();
    expect((await alice.post('/workflows', { name: 'twice', steps: [step('newer', 'newly stored')] })).status).toBe(201);
    await leaves('Run again');
    await soon(async () => expect(await result.textContent()).toBe('newly stored'));
    expect((await alice.request('DELETE', '/workflows/twice')).status).toBe(204);
    await button('Run again').click();
    await page.getByRole('alert').filter({ hasText: 'No workflow is called twice any more' }).waitFor();
    expect(calm(dashboard.complaints)).toEqual([]);
  });

  it('lists executions as they come and change, and filters them', async () => {
    const alice = service.as('alice');
    await dashboard.signIn('alice');
    await dashboard.go('executions');
    await page.getByText('Live', { exact: true }).waitFor();
    const id = await alice.start({ name: 'seen', steps: [{ type: 'input', name: 'ask' }] }, null, { sessionId: 'chat-1' });
    const row = page.locator(`[data-id="${id}"]`);
    await row.and(page.locator('[data-status=waiting]')).waitFor();
    await soon(async () => expect(await page.locator('.row-link').first().getAttribute('data-id')).toBe(id));
    await alice.post(`/executions/${id}/input`, { value: 1 });
    await row.and(page.locator('[data-status=completed]')).waitFor();
    await page.getByLabel('Session').fill('chat-1');
    await page.getByLabel('Session').press('Enter');
    await page.waitForURL(/sessionId=chat-1/);
    await row.waitFor();
    await soon(async () => expect(await page.locator('.row-link').count()).toBe(1));
    await page.getByLabel('Status').selectOption('failed');
    await page.getByText('No execution fits').waitFor();
    await button('Clear').click();
    await row.click();
    await page.getByRole('heading', { name: 'seen' }).waitFor();
    expect(calm(dashboard.complaints)).toEqual([]);
  });

  it('takes a box that is left empty as no, and leaves out what nobody has touched', async () => {
    const alice = service.as('alice');
    const schema = { type: 'object', required: ['agreed'], properties: { agreed: { type: 'boolean' }, later: { type: 'boolean' }, more: { type: 'object', required: ['sure'], properties: { sure: { type: 'boolean' }, note: { type: 'string' } } } } };
    const definition: WorkflowDefinition = { name: 'agrees', steps: [{ type: 'input', name: 'ask', schema }] };
    const outputOf = async (id: string) => (await alice.status(id)).steps['ask']?.output;
    await dashboard.signIn('alice');
    const [first, second] = [await alice.start(definition), await alice.start(definition)];
    await dashboard.execution(first);
    const field = (path: string) => page.locator(`[data-path="${path}"]`);
    await soon(async () => expect(await field('/agreed').textContent()).toBe('agreed'));
    expect(await field('/agreed').getByRole('checkbox').getAttribute('aria-required')).toBeNull();
    await button('Answer').click();
    await dashboard.whenStatus('completed');
    expect(await outputOf(first)).toEqual({ agreed: false });
    await dashboard.execution(second);
    await field('/agreed').getByRole('checkbox').check();
    await field('/later').getByRole('combobox').selectOption('No');
    await field('/more/note').getByRole('textbox').fill('well');
    await button('Answer').click();
    await dashboard.whenStatus('completed');
    expect(await outputOf(second)).toEqual({ agreed: true, later: false, more: { sure: false, note: 'well' } });
    expect(calm(dashboard.complaints)).toEqual([]);
  });

  it('plays a replay by the space bar as soon as it is opened, from the start where it is at the end, and gives the focus back', async () => {
    const alice = service.as('alice');
    await dashboard.signIn('alice');
    await dashboard.execution(await alice.start({ name: 'plays', steps: [{ type: 'agent', name: 'a', agent: 'echo' }] }), 'events');
    await dashboard.whenStatus('completed');
    const moment = page.getByRole('slider', { name: 'Event' });
    const focused = () => page.evaluate('document.activeElement.ariaLabel ?? document.activeElement.textContent');
    await button('Replay').click();
    const total = await moment.getAttribute('max');
    expect(await moment.inputValue()).toBe(total);
    await soon(async () => expect(await focused()).toBe('Play'));
    await page.evaluate(`{
      const slider = document.querySelector('.replay input[type=range]');
      globalThis.moments = [];
      new MutationObserver(() => moments.push(slider.getAttribute('aria-valuetext'))).observe(slider, { attributeFilter: ['aria-valuetext'] });
    }`);
    await page.keyboard.press(' ');
    await soon(async () => expect(await page.evaluate('[moments[0], moments.at(-1)]')).toEqual(['before the first event', `event ${total} of ${total}, workflow_completed`]));
    await button('Play').waitFor();
    // On the slider too, which has no use for it, so that who has moved it need not leave it.
    await moment.focus();
    await page.keyboard.press('Home');
    expect(await moment.inputValue()).toBe('0');
    await page.keyboard.press(' ');
    await soon(async () => expect(await moment.inputValue()).toBe(total));
    await button('Play').waitFor();
    await page.getByRole('region', { name: 'Replay' }).getByRole('button', { name: 'Live' }).click();
    await moment.waitFor({ state: 'detached' });
    await soon(async () => expect(await focused()).toBe('Replay'));
    expect(calm(dashboard.complaints)).toEqual([]);
  });

  it('shows the rows of a result as a table under the labels of its columns, all of it as JSON, and its whole id', async () => {
    const alice = service.as('alice');
    const rows = [{ phase: 'Climb', strikes: 7 }, { phase: 'Descent', strikes: null }];
    const result = { question: 'By phase?', columns: [{ name: 'phase', label: 'Phase of flight', type: 'text' }, { name: 'strikes', label: 'Strikes', type: 'number' }], rows, spec: { $schema: 'https://vega.github.io/schema/vega-lite/v6.json', mark: 'bar' } };
    const id = await alice.start({ name: 'charted', steps: [{ type: 'agent', name: 'a', agent: 'echo', input: result }] });
    await page.context().grantPermissions(['clipboard-read', 'clipboard-write']);
    await dashboard.signIn('alice');
    await dashboard.execution(id, 'result');
    await dashboard.whenStatus('completed');
    await soon(async () => expect(await page.getByRole('table', { name: 'rows' }).getByRole('row').allInnerTexts()).toEqual(['Phase of flight\tStrikes', 'Climb\t7', 'Descent\t']));
    const tree = page.getByRole('region', { name: 'Result' });
    await tree.getByText('bar').waitFor();
    expect(await tree.getByText('Descent').count()).toBe(0);
    await tree.getByText('rows').click();
    await tree.getByText('1 {2}').click();
    await tree.getByText('Descent').waitFor();
    expect(await page.getByRole('tabpanel').getByRole('link').count()).toBe(0);
    const clipboard = () => page.evaluate<string>('navigator.clipboard.readText()');
    await button('Copy JSON').first().click();
    await soon(async () => expect(JSON.parse(await clipboard())).toEqual(result));
    await button('Copy id').click();
    await soon(async () => expect(await clipboard()).toBe(id));
    expect(await page.getByTitle(id).textContent()).toBe(`${id.slice(0, 8)}…`);
    expect(calm(dashboard.complaints)).toEqual([]);
  });

  it('shows the steps as a graph, those to come too, and as a timeline with each attempt and round', async () => {
    const alice = service.as('alice');
    await alice.post('/workflows', {
      name: 'shapes', steps: [
        { type: 'retry', name: 'again', maxAttempts: 3, backoff: { delayMs: 1 }, step: { type: 'agent', name: 'shaky', agent: 'flaky', input: { failures: 1 } } },
        { type: 'iteration', name: 'rounds', maxIterations: 3, step: { type: 'agent', name: 'turn', agent: 'echo' } },
        { type: 'input', name: 'ask' },
        { type: 'agent', name: 'later', agent: 'echo' },
      ],
    });
    const id = await alice.start('shapes');
    await dashboard.signIn('alice');
    await dashboard.execution(id);
    await dashboard.whenStatus('waiting');
    const row = (step: string) => page.locator(`[data-row="${step}"]`);
    await soon(async () => expect(await dashboard.dataOf('[data-row="again/shaky"] .bar:not(.wait)', 'bar')).toEqual(['retried', 'completed']));
    for (const round of [1, 2, 3]) expect(await row(`rounds[${round}]/turn`).getAttribute('aria-level')).toBe('2');
    await row('ask').locator('.bar.wait').waitFor();
    await row('rounds').getByText('▾').click();
    await soon(async () => expect(await row('rounds[1]/turn').count()).toBe(0));
    await row('again/shaky').click();
    await page.getByRole('complementary', { name: 'Step again/shaky' }).getByText('1. retried').waitFor();
    await page.getByRole('tab', { name: 'Graph' }).click();
    const node = (name: string) => page.locator(`[data-node="${name}"]`);
    for (const [name, status] of [['again', 'completed'], ['shaky', 'completed'], ['turn', 'completed'], ['ask', 'waiting'], ['later', 'pending']] as const) {
      await node(name).and(page.locator(`[data-status=${status}]`)).waitFor();
    }
    await node('turn').click();
    await page.getByRole('complementary', { name: 'Step rounds[3]/turn' }).waitFor();
    await alice.post(`/executions/${id}/input`, { value: 1 });
    await node('later').and(page.locator('[data-status=completed]')).waitFor();
    expect(calm(dashboard.complaints)).toEqual([]);
  });

  it('says in the head why an execution has failed or was cancelled, with a link to the step, and before that moment of a replay does not', async () => {
    const alice = service.as('alice');
    await dashboard.signIn('alice');
    const outcome = page.locator('.outcome');
    await dashboard.execution(await alice.start({ name: 'fails', steps: [{ type: 'agent', name: 'well', agent: 'echo' }, { type: 'agent', name: 'bad', agent: 'flaky', input: { failures: 9 } }] }), 'events');
    await dashboard.whenStatus('failed');
    await outcome.getByText('agent_failed').waitFor();
    const said = await outcome.textContent();
    await outcome.getByRole('link', { name: 'bad' }).click();
    await page.getByRole('complementary', { name: 'Step bad' }).waitFor();
    await button('Replay').click();
    await outcome.waitFor();
    const moment = page.locator('.replay input[type=range]');
    await moment.press('Home');
    await outcome.waitFor({ state: 'detached' });
    await moment.press('End');
    await outcome.waitFor();
    await soon(async () => expect(await outcome.textContent()).toBe(said));

    const id = await alice.start({ name: 'stops', steps: [{ type: 'input', name: 'ask' }] });
    await dashboard.execution(id);
    await dashboard.whenStatus('waiting');
    await soon(async () => expect(await outcome.count()).toBe(0));
    await alice.post(`/executions/${id}/cancel`, { reason: 'no longer wanted' });
    await dashboard.whenStatus('cancelled');
    await outcome.getByText('no longer wanted').waitFor();
    expect(calm(dashboard.complaints)).toEqual([]);
  });

  it('says in the head what a step that has not gone on is held up by, until it goes on', async () => {
    const alice = service.as('alice');
    const [first, second] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    models.script('gpt-5-mini', answer(['One', { until: first.promise }]), answer(['Two', { until: second.promise }, '.']));
    const definition: WorkflowDefinition = { name: 'talks', steps: [{ type: 'agent', name: 'say', agent: 'llm', input: { prompt: 'Say it' } }] };
    await alice.start(definition);
    await models.arrived('gpt-5-mini');
    const id = await alice.start(definition);
    await dashboard.signIn('alice');
    await dashboard.execution(id);
    const hold = page.locator('.head .hold').and(page.getByRole('status'));
    await hold.getByText('concurrency_limited').waitFor();
    await soon(async () => expect(await hold.textContent()).toContain('waits for a place'));
    await hold.getByRole('link', { name: 'say' }).click();
    await page.getByRole('complementary', { name: 'Step say' }).waitFor();
    first.resolve();
    await page.getByRole('complementary', { name: 'Step say' }).getByText('Two').waitFor();
    await hold.getByText('concurrency_limited').waitFor({ state: 'detached' });
    await soon(async () => expect(await page.locator('.execution').getAttribute('data-status')).toBe('running'));
    second.resolve();
    await dashboard.whenStatus('completed');
    expect(calm(dashboard.complaints)).toEqual([]);
  });

  it('says nothing of an execution that it has not heard of yet, and shows why there is no list of workflows', async () => {
    const id = await service.as('alice').start({ name: 'asks', steps: [{ type: 'input', name: 'ask' }] });
    await dashboard.signIn('alice');
    await page.route('**/api/v1/**', (route) => route.abort());
    await dashboard.go(`executions/${id}`);
    await page.getByText(/The line was cut/).waitFor();
    await soon(async () => expect(await page.title()).toBe(`Execution ${id.slice(0, 8)} · Stepcast`));
    expect([await page.locator('.chip').count(), await button('Cancel').count(), await page.getByRole('tab').count()]).toEqual([0, 0, 0]);
    await page.setViewportSize({ width: 390, height: 844 });
    await dashboard.go('workflows/ask');
    await button('Try again').waitFor();
    await page.getByRole('alert').waitFor();
    await page.unroute('**/api/v1/**');
    await button('Try again').click();
    await page.getByRole('heading', { name: 'ask' }).waitFor();
    await dashboard.execution(id);
    await dashboard.whenStatus('waiting');
    await soon(async () => expect(await page.title()).toBe('waiting · asks · Stepcast'));
  });

  it('says so where there is no such page, and leads back', async () => {
    await dashboard.signIn('alice');
    await dashboard.go('nowhere/at%20all');
    await page.getByRole('heading', { name: 'There is no such page' }).waitFor();
    await page.getByRole('link', { name: 'Go to the workflows' }).click();
    await page.getByRole('searchbox', { name: 'Search workflows' }).waitFor();
    expect(calm(dashboard.complaints)).toEqual([]);
  });

  it('shows live metrics to those who may read them, and tells others what that takes', async () => {
    await dashboard.signIn('alice');
    await dashboard.go('system');
    await page.getByText('metrics:read').waitFor();
    await page.getByRole('status').filter({ hasText: 'Ready' }).waitFor();
    const admin = await DashboardPage.signedIn(browser, service.base, 'root');
    await admin.page.evaluate(WATCH_CHARTS);
    await admin.go('system');
    await admin.page.locator('.chart canvas').nth(7).waitFor();
    await admin.page.getByRole('row', { name: /^All/ }).waitFor();
    // Asked from outside: the page's policy lets nothing in it evaluate a text over and over.
    const charts = await eventually(async () => {
      const drawn = await admin.page.evaluate<{ width: number; texts: { text: string; right: number }[] }[]>(CHART_TEXTS);
      return drawn.some(({ texts }) => texts.some(({ text }) => /^\d\d:\d\d:\d\d$/.test(text))) && drawn;
    }, 'a time below a chart');
    for (const { width, texts } of charts) {
      const labels = texts.map(({ text }) => text).filter(Boolean);
      expect(new Set(labels).size).toBe(labels.length);
      for (const { right } of texts) expect(right).toBeLessThanOrEqual(width);
    }
    // No model has a price here.
    await soon(async () => expect(await admin.page.locator('.tiles > div').filter({ hasText: 'Cost of models' }).locator('dd').textContent()).toBe('—'));
    expect(calm(admin.complaints)).toEqual([]);
    await admin.close();
  });
});
