/**
 * What the hooks and the component of React, and the composables and the component of Vue, have to show alike: in a real Chromium,
 * on the real service, over a line that is cut, stalled and slow.
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { type Browser, type BrowserContextOptions, type Locator } from 'playwright-core';
import { type JsonValue } from '../../src/contract/json.js';
import { MetricsRegistry } from '../../src/metrics/metrics.registry.js';
import { agent, input, iteration, parallel, retry, workflow } from '../../src/orchestration/definition/builder.js';
import { TestApp } from '../support/app.js';
import { bundle, LOWEST } from '../support/bundle.js';
import { describeInChromium, launch } from '../support/chromium.js';
import { KEYS } from '../support/client.js';
import { eventually, soon, within } from '../support/patience.js';
import { FaultProxy } from '../support/proxy.js';
import { WebPage, WebServer } from '../support/web.page.js';
import { type Brief, type Harness, type Seen, type Target } from './harness.types.js';

declare const harness: Harness;

export interface Views {
  /** Entry of the page. */
  entry: string;
  /** Picture that is kept in the docs. */
  picture: string;
}

/** Milliseconds that a browser may take where the machine is busy. A bound for failures, never a measure. */
const PATIENCE_MS = 60_000;

const TOKENS = { count: 60, intervalMs: 5 };
/** Three branches that stream, one of which is tried again, and a step after them. */
const RESEARCH = workflow('research',
  agent('plan', 'tokens', { input: { text: 'Tides <b>and</b> the <script>moon()</script>.', intervalMs: 1 } }),
  parallel('gather',
    agent('left', 'tokens', { input: TOKENS }),
    retry('again', { maxAttempts: 3, backoff: { delayMs: 1, jitter: false } }, agent('shaky', 'play', { input: { part: 'shaky' } })),
    agent('held', 'gate')),
  agent('report', 'tokens', { input: { text: 'Done, with the words that count.', intervalMs: 1 } }));
const ASK = workflow('ask', input('approve', { prompt: 'Publish?', schema: { type: 'boolean' } }), agent('after', 'echo'));
const QUESTIONS: [schema: JsonValue, typed: string, value: JsonValue][] = [
  [{ enum: ['red', 'green', 7] }, 'green', 'green'],
  [{ type: 'number', minimum: 1, maximum: 9 }, '2.5', 2.5],
  [{ type: 'integer' }, '7', 7],
  [{ type: 'string' }, 'a word', 'a word'],
  [{ type: 'string', maxLength: 2000 }, 'two\nlines', 'two\nlines'],
  [{ type: 'object', properties: { a: { type: 'number' } } }, '{"a": 1}', { a: 1 }],
];

/** @param more Tests of one of them alone. */
export function describeViews(name: string, { entry, picture }: Views, more: (stage: ViewStage) => void = () => {}): void {
  describeStage(name, new ViewStage(entry), (stage) => {
    describeReading(stage);
    describeComponent(stage);
    describeQuestions(stage);
    describeRunning(stage);
    describePicture(stage, picture);
    more(stage);
  });
}

/** The same, but for the picture, with the lowest version that is supported. */
export function describeLowest(name: string, entry: string, version: string, more: (stage: ViewStage) => void = () => {}): void {
  describeStage(`${name} with ${version}`, new ViewStage(entry, LOWEST), (stage) => {
    it('has no other version in its page', async () => {
      expect(await stage.web.page.evaluate(() => harness.version)).toBe(version);
    });
    describeReading(stage);
    describeComponent(stage);
    describeQuestions(stage);
    describeRunning(stage);
    more(stage);
  });
}

function describeStage(name: string, stage: ViewStage, tests: (stage: ViewStage) => void): void {
  jest.setTimeout(2 * PATIENCE_MS);
  describeInChromium(name, () => {
    beforeAll(() => stage.begin(), 120_000);
    afterAll(() => stage.end());
    beforeEach(() => stage.open());
    afterEach(() => stage.close());
    tests(stage);
  });
}

/** The service, a line to it with faults, and a page. */
export class ViewStage {
  app!: TestApp;
  proxy!: FaultProxy;
  web!: WebPage;
  private browser!: Browser;
  private server!: WebServer;

  /** @param packages Those that take the place of others in the page. */
  constructor(private readonly entry: string, private readonly packages: Readonly<Record<string, string>> = {}) {}

  async begin(): Promise<void> {
    const style = readFileSync('src/client/view/workflow-progress.css', 'utf8');
    const head = '<style>:root { color-scheme: light dark; font-family: sans-serif; } #root { max-width: 46rem; margin: 1rem auto; }</style>';
    const script = await bundle(this.entry, 'development', this.packages);
    this.server = await WebServer.start({ script, style, head });
    this.browser = await launch();
    this.app = await TestApp.start({ prepare: (nest) => nest.enableCors({ origin: true, exposedHeaders: ['Retry-After'], maxAge: 600 }) });
    this.app.stage.write('shaky', async function* ({ attempt, text }) {
      for (const word of ['one ', 'two ', 'three ']) yield text(`${attempt}:${word}`);
      if (attempt < 3) throw new Error('not yet');
      return 'fine';
    });
    this.app.stage.write('gauges', async function* ({ attempt, text }) {
      if (attempt === 1) throw new Error('the gauge at Brest does not answer');
      yield text('Brest: 7.2 m at 06:14 and 18:39. Saint-Malo: 12.1 m.');
      return { gauges: 2 };
    });
    this.app.stage.write('flood', async function* ({ input: { count }, text }) {
      for (let i = 0; i < Number(count);) {
        // Ten at a time, a hundred times a second.
        for (const end = i + 10; i < end; i++) yield text(`${i} `);
        await new Promise((resolve) => setTimeout(resolve, 10));
      }
      return 'dry';
    });
  }

  async end(): Promise<void> {
    await this.browser?.close();
    await this.server?.close();
    await this.app?.close();
  }

  async open(options: BrowserContextOptions = {}): Promise<void> {
    this.proxy = await FaultProxy.to(this.app.port);
    this.web = await WebPage.open(this.browser, this.server.base, options);
  }

  async close(): Promise<void> {
    await this.web.close();
    await this.proxy.close();
  }

  async call(what: 'probe' | 'show' | 'runner', target: Partial<Target>): Promise<void> {
    const whole: Target = { baseUrl: this.proxy.base, apiKey: KEYS.alice, ...target };
    await this.web.page.evaluate(([method, given]) => harness[method](given), [what, whole] as const);
  }

  seen(): Promise<Seen> {
    return this.web.page.evaluate(() => harness.seen());
  }

  unmount(): Promise<void> {
    return this.web.page.evaluate(() => harness.unmount());
  }

  /** Resolves with all that the page has seen when it has seen enough. */
  until(test: (seen: Brief) => boolean, what: string): Promise<Seen> {
    const asking = (async () => {
      while (!test(await this.web.page.evaluate(() => harness.brief()))) await sleep(25);
      return this.seen();
    })();
    return within(asking, what, PATIENCE_MS);
  }

  get view(): Locator {
    return this.web.page.locator('.stepcast');
  }

  /** Streams that the service has open. */
  async openStreams(): Promise<number> {
    const metrics = await this.app.nest.get(MetricsRegistry).metrics();
    return Number(/^stepcast_streams_open (\d+)/m.exec(metrics)?.[1]);
  }
}

const upTo = (n: number) => Array.from({ length: n }, (_, i) => i + 1);

function describeReading(stage: ViewStage): void {
  describe('a stream that is read', () => {
    it('has every event once and in order over a line that is cut, stalled and slow, and the text of the attempt that counts', async () => {
      const { app, proxy } = stage;
      const id = await app.alice.start(RESEARCH);
      proxy.delayMs = 3;
      // No pages in place of a line that a busy page is slow to read.
      await stage.call('probe', { executionId: id, stallMs: 500, probeMs: 600_000 });
      for (const seqs of [5, 20, 45]) {
        await stage.until((seen) => seen.count >= seqs, `${seqs} events`);
        const { connections } = proxy;
        proxy.cut();
        await eventually(() => proxy.connections > connections, 'another line');
      }
      const { connections } = await stage.until((seen) => seen.count >= 60, '60 events');
      proxy.stall();
      await stage.until((seen) => seen.connections.slice(connections.length).includes('waiting'), 'a line that is left as it stalls');
      proxy.resume();
      app.stage.gate(id, 'gather/held').open();
      const seen = await stage.until(({ status }) => status === 'completed', 'the end');
      const { lastSeq, steps } = await app.alice.status(id);
      expect(seen.seqs).toEqual(upTo(lastSeq));
      expect(seen).toMatchObject({ progress: 1, error: null, text: steps['report']?.output, result: steps['report']?.output });
      expect(proxy.connections).toBeGreaterThan(3);
      expect(seen.connections.at(-1)).toBe('ended');
    });

    it('renders at most once a frame at a thousand events a second, and keeps no more events than it is told', async () => {
      const { app } = stage;
      const count = 2000;
      const id = await app.alice.start(workflow('flood', agent('water', 'play', { input: { part: 'flood', count } })));
      await stage.call('probe', { executionId: id, maxEvents: 50 });
      const seen = await stage.until(({ status }) => status === 'completed', 'the end');
      expect(seen.seqs).toEqual(upTo((await app.alice.status(id)).lastSeq));
      expect(seen.seqs.length).toBeGreaterThan(count);
      // One to begin with.
      expect(seen.renders).toBeLessThanOrEqual(seen.frames + 1);
      expect(seen.renders).toBeLessThan(seen.seqs.length);
      expect(seen.mostEvents).toBe(50);
    });

    it('closes its line when it is unmounted, and is told nothing more', async () => {
      const { app } = stage;
      const id = await app.alice.start(workflow('long', agent('held', 'gate')));
      await app.stage.gate(id, 'held').arrived;
      await stage.call('probe', { executionId: id });
      await stage.until(({ connections }) => connections.at(-1) === 'live', 'a line');
      // Those of the page before may be seen to be gone a moment later.
      await eventually(async () => (await stage.openStreams()) === 1, 'one stream');
      await stage.unmount();
      await eventually(async () => (await stage.openStreams()) === 0, 'the end of the line');
      const { seqs } = await stage.seen();
      app.stage.gate(id, 'held').open();
      await eventually(async () => (await app.alice.status(id)).status === 'completed', 'the end');
      expect((await stage.seen()).seqs).toEqual(seqs);
    });

    it('follows another execution when it is given another id', async () => {
      const { app } = stage;
      const [first, second] = [await app.alice.start(ASK), await app.alice.start(ASK)];
      await stage.call('probe', { executionId: first });
      await stage.until(({ status }) => status === 'waiting', 'the first');
      await app.alice.post(`/executions/${second}/cancel`, {});
      await stage.web.page.evaluate((id) => harness.follow(id), second);
      const { seqs } = await stage.until(({ status }) => status === 'cancelled', 'the second');
      const { lastSeq } = await app.alice.status(second);
      expect(seqs.slice(-lastSeq)).toEqual(upTo(lastSeq));
      await eventually(async () => (await stage.openStreams()) === 0, 'no line to the first');
      await app.alice.post(`/executions/${first}/cancel`, {});
    });

    it('says why there is none', async () => {
      await stage.call('probe', { executionId: '00000000-0000-4000-8000-000000000000' });
      const { error, connections } = await stage.until((seen) => seen.error !== null, 'an error');
      expect(error).toMatch(/no execution/);
      expect(connections.at(-1)).toBe('ended');
    });
  });
}

function describeComponent(stage: ViewStage): void {
  describe('the component', () => {
    it('shows how far it is, the steps, the branches as cards, the text and the log, over a line with faults', async () => {
      const { app, proxy, web: { page } } = stage;
      const id = await app.alice.start(RESEARCH);
      await stage.call('show', { executionId: id });
      const bar = page.getByRole('progressbar', { name: 'Progress' });
      await page.getByRole('list', { name: 'gather' }).waitFor();
      proxy.cut();
      const card = (name: string) => page.getByRole('list', { name: 'gather', exact: true }).locator(`> [data-step="gather/${name}"]`);
      await card('left').filter({ hasText: 'Completed' }).first().waitFor();
      expect(await page.getByRole('list', { name: 'gather' }).locator('> li').count()).toBe(3);
      // The text of attempts that count for nothing is gone.
      await eventually(async () => (await card('again').locator('.stepcast-card-text').textContent()) === '3:one 3:two 3:three ', 'the text of the third attempt');
      expect(await card('again').getByRole('listitem').textContent()).toContain('attempt 3');
      expect(Number(await bar.getAttribute('aria-valuenow'))).toBeLessThan(100);
      expect(await bar.getAttribute('aria-valuetext')).toMatch(/^\d+ %, Running, held$/);
      app.stage.gate(id, 'gather/held').open();
      await stage.view.locator('> header').getByText('Completed').waitFor();
      expect([await bar.getAttribute('aria-valuenow'), await bar.getAttribute('aria-valuetext')]).toEqual(['100', '100 %, Completed']);
      const { steps } = await app.alice.status(id);
      expect(await page.getByRole('region', { name: 'Text' }).textContent()).toBe(steps['report']?.output);
      await page.locator('summary').click();
      const lines = await page.getByRole('list', { name: 'Log' }).getByRole('listitem').allTextContents();
      expect(lines[0]).toMatch(/^\d\d:\d\d:\d\d Started research$/);
      expect(lines.some((line) => line.includes('Attempt 1 of 3 of shaky failed') && line.includes('not yet'))).toBe(true);
      expect(lines.at(-1)).toContain('Completed research');
      expect(await page.getByRole('button', { name: 'Cancel' }).count()).toBe(0);
    });

    it('shows text as text, whatever is in it', async () => {
      const { app, web: { page } } = stage;
      const evil = '<img src=x onerror="document.title=1"> [a](javascript:alert(1)) &amp; </pre><b>bold</b>';
      const id = await app.alice.start(workflow('<i>evil</i>'.replaceAll(/\W/g, '_'), input('ask', { prompt: evil }), agent('say', 'tokens', { input: { text: evil } })));
      await stage.call('show', { executionId: id });
      await page.getByText(evil).first().waitFor();
      await app.alice.post(`/executions/${id}/input`, { value: evil });
      await eventually(async () => (await page.getByRole('region', { name: 'Text' }).textContent()) === evil, 'the text');
      expect(await stage.view.locator('img, b, i, a, script').count()).toBe(0);
      expect(await page.title()).toBe('A page');
    });

    it('speaks of steps, politely, and not of their text', async () => {
      const { app, web: { page } } = stage;
      const id = await app.alice.start(workflow('spoken', agent('first', 'gate'), agent('words', 'tokens', { input: { text: 'Nobody wants to hear these.', intervalMs: 1 } }), input('ok', { prompt: 'Go on?' })));
      await stage.call('show', { executionId: id });
      const live = page.getByRole('status');
      expect(await live.getAttribute('aria-live')).toBe('polite');
      expect(await page.locator('[aria-live], [role=status], [role=log]').count()).toBe(1);
      await live.getByText('first has started').waitFor();
      app.stage.gate(id, 'first').open();
      await live.getByText('ok waits for your answer: Go on?').waitFor();
      expect(await live.textContent()).not.toContain('Nobody');
      await app.alice.post(`/executions/${id}/input`, { value: 1 });
      await live.getByText('The workflow is completed').waitFor();
    });

    it('cancels, and says once how it has ended', async () => {
      const { app, web: { page } } = stage;
      const id = await app.alice.start(ASK);
      await stage.call('show', { executionId: id });
      await page.getByRole('button', { name: 'Cancel' }).click();
      await stage.view.locator('> header').getByText('Cancelled').waitFor();
      expect((await app.alice.status(id)).status).toBe('cancelled');
      expect((await stage.seen()).finished).toEqual([`${id} cancelled`]);
      expect(await page.getByRole('form').count()).toBe(0);
    });

    it('says why an execution has failed, and which rounds of a long loop it leaves out', async () => {
      const { app, web: { page } } = stage;
      const id = await app.alice.start(workflow('loop', iteration('rounds', { maxIterations: 14 }, agent('turn', 'echo')), agent('bad', 'flaky', { input: { failures: 1 } })));
      await stage.call('show', { executionId: id });
      await page.getByRole('alert').waitFor();
      const { error } = await app.alice.status(id);
      expect(await page.getByRole('alert').textContent()).toBe(error?.message);
      expect(await page.getByText('4 earlier rounds').count()).toBe(1);
      expect(await page.getByRole('list', { name: 'rounds' }).getByRole('listitem').count()).toBe(10);
    });

    it('takes a stream that the app has opened, lines of its own, other words, and leaves out what it is told to', async () => {
      const { app, web, web: { page } } = stage;
      const id = await app.alice.start(ASK);
      await stage.call('show', { executionId: id, ownStream: true, ownStep: true, german: true, showLog: false, showText: false });
      await page.getByRole('list', { name: 'Schritte' }).getByText('approve is waiting').waitFor();
      expect(await stage.view.locator('> header').textContent()).toContain('Wartet auf dich');
      expect(await page.getByRole('progressbar', { name: 'Fortschritt' }).count()).toBe(1);
      expect(await page.locator('details, pre').count()).toBe(0);
      expect(await stage.view.getAttribute('class')).toBe('stepcast own');
      await page.getByRole('button', { name: 'Ja' }).click();
      await page.getByRole('list', { name: 'Schritte' }).getByText('after is completed').waitFor();
      expect(web.gets.filter((path) => path.endsWith('/stream'))).toHaveLength(1);
      expect((await stage.seen()).finished).toEqual([`${id} completed`]);
    });

    it('asks by another client as soon as it is given one', async () => {
      const { app, web: { page } } = stage;
      const id = await app.alice.start(workflow('again', agent('words', 'tokens', { input: { text: 'Here they are.' } })));
      await stage.call('show', { executionId: id, apiKey: 'of-nobody' });
      await page.getByRole('alert').getByText('not known').waitFor();
      await page.evaluate((key) => harness.lend(key), KEYS.alice);
      await page.getByRole('region', { name: 'Text' }).getByText('Here they are.').waitFor();
      expect(await page.getByRole('alert').count()).toBe(0);
    });

    it('can be read without its stylesheet', async () => {
      const { app, web: { page } } = stage;
      await page.evaluate(() => harness.page.unstyle());
      const id = await app.alice.start(ASK);
      await stage.call('show', { executionId: id });
      await page.getByRole('form', { name: 'Publish?' }).waitFor();
      const text = await stage.view.innerText();
      for (const words of ['ask Waiting for you Cancel', '0 %', 'approve Waiting', 'Publish?', 'Yes']) expect(text).toContain(words);
    });
  });
}

function describeQuestions(stage: ViewStage): void {
  describe('a question', () => {
    it('of yes or no is answered by keyboard alone, which stays where it was', async () => {
      const { app, web: { page } } = stage;
      const id = await app.alice.start(ASK);
      await stage.call('show', { executionId: id });
      const yes = page.getByRole('form', { name: 'Publish?' }).getByRole('button', { name: 'Yes' });
      await yes.waitFor();
      // Past the button that cancels.
      await page.keyboard.press('Tab');
      await page.keyboard.press('Tab');
      await soon(async () => expect(await page.evaluate(() => harness.page.focused())).toEqual({ step: 'approve', text: 'Yes' }));
      await page.keyboard.press('Enter');
      await stage.view.locator('> header').getByText('Completed').waitFor();
      expect((await app.alice.status(id)).result).toBe(true);
      await soon(async () => expect(await page.evaluate(() => harness.page.focused())).toMatchObject({ step: 'approve', text: expect.stringContaining('Completed') }));
    });

    it.each(QUESTIONS)('with the schema %j is answered by its field', async (schema, typed, value) => {
      const { app, web: { page } } = stage;
      const id = await app.alice.start(workflow('ask', input('which', { schema })));
      await stage.call('show', { executionId: id });
      const form = page.getByRole('form', { name: 'which waits for an answer' });
      const field = form.getByLabel('Answer');
      await field.waitFor();
      if (await page.getByRole('combobox').count()) await field.selectOption({ label: typed });
      else await field.fill(typed);
      await form.getByRole('button', { name: 'Send' }).click();
      await stage.view.locator('> header').getByText('Completed').waitFor();
      expect((await app.alice.status(id)).result).toEqual(value);
    });

    it('says what is wrong with an answer, and takes a better one', async () => {
      const { app, web: { page } } = stage;
      const id = await app.alice.start(workflow('ask', input('which', { schema: { type: 'object', required: ['a'] } })));
      await stage.call('show', { executionId: id });
      const form = page.getByRole('form');
      const attempt = async (typed: string) => {
        await form.getByLabel('Answer').fill(typed);
        await form.getByRole('button', { name: 'Send' }).click();
      };
      await attempt('{"a"');
      await form.getByRole('alert').filter({ hasText: 'no valid JSON' }).waitFor();
      await attempt('{}');
      await form.getByRole('alert').filter({ hasText: /\ba\b/ }).filter({ hasNotText: 'JSON' }).waitFor();
      await attempt('{"a": 1}');
      await stage.view.locator('> header').getByText('Completed').waitFor();
      expect((await app.alice.status(id)).result).toEqual({ a: 1 });
    });
  });
}

function describeRunning(stage: ViewStage): void {
  describe('a run that the app starts', () => {
    it('is followed, one at a time, and a start that is refused says why', async () => {
      const { app, web: { page } } = stage;
      await app.alice.post('/workflows', { name: 'greet', inputSchema: { type: 'object', required: ['name'] }, steps: [{ type: 'agent', name: 'say', agent: 'tokens', input: { text: 'Hello {{input.name}}.' } }] });
      await stage.call('runner', { workflow: 'greet', input: '{"name": "Ada"}' });
      expect(await page.locator('output').textContent()).toBe('none');
      await page.getByRole('button', { name: 'Start' }).click();
      await stage.until(({ status }) => status === 'completed', 'the end');
      expect(await page.getByRole('region', { name: 'Text' }).textContent()).toBe('Hello Ada.');
      const first = await page.locator('output').textContent();
      expect((await app.alice.status(first as string)).status).toBe('completed');
      await page.getByRole('button', { name: 'Reset' }).click();
      expect(await page.locator('output').textContent()).toBe('none');
      await page.getByRole('button', { name: 'Start' }).click();
      await eventually(async () => (await stage.seen()).finished.length === 2, 'the second run');
      expect(await page.locator('output').textContent()).not.toBe(first);
      await stage.unmount();
      await stage.call('runner', { workflow: 'greet', input: '{}' });
      await page.getByRole('button', { name: 'Start' }).click();
      await eventually(async () => (await page.locator('#error').textContent()) !== '', 'the refusal');
      expect(await stage.seen()).toMatchObject({ error: expect.stringContaining('input'), status: 'queued' });
      expect(await page.getByRole('button', { name: 'Start', exact: true }).count()).toBe(1);
    });

    it('is cancelled by a button whose click is all that it is told', async () => {
      const { app, web: { page } } = stage;
      await app.alice.post('/workflows', { name: 'asks', steps: [{ type: 'input', name: 'approve' }] });
      await stage.call('runner', { workflow: 'asks' });
      await page.getByRole('button', { name: 'Start' }).click();
      await stage.until(({ status }) => status === 'waiting', 'the question');
      await page.getByRole('button', { name: 'Stop' }).click();
      await stage.until(({ status }) => status === 'cancelled', 'the end');
    });
  });
}

/** Pictures for the docs are written anew with STEPCAST_SCREENSHOTS=1. */
function describePicture(stage: ViewStage, picture: string): void {
  it('looks as the docs show it, light and dark, in a wide page and a narrow one', async () => {
    const { app } = stage;
    const id = await app.alice.start(PICTURED);
    await app.stage.gate(id, 'gather/news').arrived;
    for (const [suffix, colorScheme, width] of [['', 'light', 800], ['-dark', 'dark', 800], ['-narrow', 'light', 360]] as const) {
      await stage.close();
      await stage.open({ viewport: { width, height: 900 }, colorScheme, reducedMotion: 'reduce', deviceScaleFactor: 1.5 });
      const { web: { page } } = stage;
      await stage.call('show', { executionId: id });
      await page.getByRole('form').waitFor();
      await page.locator('[data-step="gather/summary"][data-status="completed"]').waitFor();
      expect(await page.evaluate(() => harness.page.overflow())).toBe(0);
      const shot = await stage.view.screenshot({ animations: 'disabled' });
      expect(shot.length).toBeLessThan(150 * 1024);
      if (process.env['STEPCAST_SCREENSHOTS'] === undefined) continue;
      mkdirSync('docs/screenshots', { recursive: true });
      // The others are to be looked at, and not kept.
      writeFileSync(suffix === '' ? `docs/screenshots/${picture}.png` : join(tmpdir(), `${picture}${suffix}.png`), shot);
    }
    await app.alice.post(`/executions/${id}/cancel`, {});
  });
}

/** Steps of many kinds, in many states. */
export const PICTURED = workflow('research',
  agent('plan', 'tokens', { input: { text: 'Look at papers, at data and at the news; then ask before anything is published.', intervalMs: 5 } }),
  parallel('gather',
    agent('papers', 'tokens', { input: { text: 'Newton explained the tides by the pull of the moon and of the sun in 1687. Laplace added in 1775 that water in motion answers a pull with a delay.', intervalMs: 4 } }),
    retry('data', { maxAttempts: 3, backoff: { delayMs: 1, jitter: false } }, agent('gauges', 'play', { input: { part: 'gauges' } })),
    agent('news', 'gate'),
    agent('summary', 'tokens', { input: { text: 'What is known about the moon and the tides: twice a day the water rises, and twice it falls. Spring tides come with the new moon and the full moon.', intervalMs: 20 } }),
    input('approve', { prompt: 'Publish what is known so far?', schema: { type: 'boolean' } })));
