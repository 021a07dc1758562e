/** `useChat` of the AI SDK in a real Chromium: the page of the guide, as it stands there, in front of the service. */
import { afterAll, beforeAll, expect, it, jest } from '@jest/globals';
import { type Browser, type Page } from 'playwright-core';
import { type WorkflowDefinition } from '../../src/contract/definition.js';
import { TestApp } from '../support/app.js';
import { describeInChromium, launch } from '../support/chromium.js';
import { GuidePages, JWT_SECRET } from '../support/guide.pages.js';
import { eventually, soon } from '../support/patience.js';
import { type WebPage, WebServer } from '../support/web.page.js';
import { store } from './support/scene.js';

/** By the name of the workflow in the guide: it writes, waits for the test, and writes on. */
const BRIEF: WorkflowDefinition = {
  name: 'brief',
  inputSchema: { type: 'object', required: ['text'], properties: { text: { type: 'string' } } },
  steps: [
    { type: 'agent', name: 'begin', agent: 'tokens', input: { text: 'It begins with {{input.text}},' } },
    { type: 'agent', name: 'hold', agent: 'gate' },
    { type: 'agent', name: 'end', agent: 'tokens', input: { text: 'and ends well.' } },
  ],
};
const ASKS: WorkflowDefinition = { ...BRIEF, steps: [{ type: 'input', name: 'publish', schema: { type: 'boolean' } }, { type: 'agent', name: 'say', agent: 'tokens', input: { text: 'It is out.' } }] };

jest.setTimeout(120_000);

describeInChromium('useChat', () => {
  const guide = new GuidePages('protocols');
  let app: TestApp;
  let browser: Browser;
  let server: WebServer;
  beforeAll(async () => {
    browser = await launch();
    server = await WebServer.start({ script: '' });
    app = await TestApp.start({ streaming: { jwt: { secret: JWT_SECRET } }, prepare: (nest) => nest.enableCors({ origin: server.origin }) });
  }, 120_000);
  afterAll(async () => {
    await browser?.close();
    await server?.close();
    await app?.close();
    guide.remove();
  });

  const open = (): Promise<WebPage> => guide.open('chat', '', { browser, service: app, server });
  /** What is shown of the messages of the assistant: each of its texts in a list of its own. */
  const answers = async (page: Page): Promise<string[][]> =>
    Promise.all((await page.getByRole('article', { name: 'assistant' }).all()).map((article) => article.locator('p').allTextContents()));
  const say = async (page: Page, text: string): Promise<void> => {
    await page.getByLabel('Text').fill(text);
    await page.getByRole('button', { name: 'Send' }).click();
  };
  /** The execution that was started last. */
  const latest = (): Promise<string> => eventually(async () => {
    const { json } = await app.alice.get('/executions?limit=1');
    return (json as { executions: { id: string }[] }).executions[0]?.id;
  }, 'an execution');

  it('compiles as the guide shows it', () => {
    expect(guide.faults()).toEqual([]);
  });

  it('shows the text as it is written, and goes on with it after a reload in the middle', async () => {
    await store(app.alice, BRIEF);
    const web = await open();
    const { page } = web;
    await say(page, 'the tide');
    await soon(async () => expect(await answers(page)).toEqual([['It begins with the tide,']]));
    const id = await latest();
    await app.stage.gate(id, 'hold').arrived;
    expect(await page.getByRole('button', { name: 'Send' }).isDisabled()).toBe(true);

    await page.reload();
    await soon(async () => expect(await answers(page)).toEqual([['It begins with the tide,']]));
    app.stage.gate(id, 'hold').open();
    await soon(async () => expect(await answers(page)).toEqual([['It begins with the tide,', 'and ends well.']]));
    // The end has come, and the next message is one of its own.
    await say(page, 'the moon');
    await soon(async () => expect(await answers(page)).toEqual([['It begins with the tide,', 'and ends well.'], ['It begins with the moon,']]));
    const second = await latest();
    expect(second).not.toBe(id);
    app.stage.gate(second, 'hold').open();
    await soon(async () => expect((await answers(page))[1]).toEqual(['It begins with the moon,', 'and ends well.']));
    expect(await page.getByRole('alert').count()).toBe(0);
    expect(await app.alice.count()).toBe(2);
    await web.close();
  });

  it('asks, after a reload too, and goes on with the answer', async () => {
    await store(app.alice, ASKS);
    const web = await open();
    const { page } = web;
    await say(page, 'all of it');
    await page.getByRole('button', { name: 'Yes' }).waitFor();
    await page.reload();
    await page.getByRole('button', { name: 'Yes' }).click();
    await soon(async () => expect(await answers(page)).toEqual([['It is out.']]));
    expect((await app.alice.status(await latest())).steps['publish']).toMatchObject({ status: 'completed', output: true });
    expect(await page.getByRole('alert').count()).toBe(0);
    await web.close();
  });
});
