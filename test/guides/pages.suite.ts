/** What the guides to React and Vue show, run as it stands. */
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { type Browser } from 'playwright-core';
import { describeInChromium, launch } from '../support/chromium.js';
import { GuidePages, JWT_SECRET } from '../support/guide.pages.js';
import { eventually, soon } from '../support/patience.js';
import { ServiceProcess } from '../support/process.js';
import { WebServer } from '../support/web.page.js';

const DEFINITION = { name: 'ask', steps: [{ type: 'input', name: 'approve', prompt: 'Publish?', schema: { type: 'boolean' } }, { type: 'agent', name: 'say', agent: 'tokens', input: { text: 'It is out.' } }] };

export interface GuideStage {
  /** Starts a workflow that asks a person; answers its id. */
  start: () => Promise<string>;
  open: (page: string, query?: string) => ReturnType<GuidePages['open']>;
}

export function describeGuide(name: 'react' | 'vue', more: (stage: GuideStage) => void = () => {}): void {
  jest.setTimeout(120_000);
  const guide = new GuidePages(name);
  afterAll(() => guide.remove());

  describe(`the guide to ${name}`, () => {
    it('has every block checked, and leads nowhere wrong', () => {
      expect(guide.blocks.filter(({ check }) => !['page', 'style'].includes(check[0] as string))).toEqual([]);
      expect(guide.brokenLinks()).toEqual([]);
    });

    it('shows TypeScript that compiles', () => {
      expect(guide.faults()).toEqual([]);
    }, 120_000);
  });

  describeInChromium(`the pages of the guide to ${name}`, () => {
    let browser: Browser;
    let service: ServiceProcess;
    let server: WebServer;
    const start = () => service.as('alice').start(DEFINITION as never);
    const open = (page: string, query = '') => guide.open(page, query, { browser, service, server });
    beforeAll(async () => {
      browser = await launch();
      server = await WebServer.start({ script: '' });
      service = await ServiceProcess.start({ env: { STEPCAST_JWT_SECRET: JWT_SECRET, STEPCAST_CORS_ORIGINS: server.origin } });
    }, 120_000);
    afterAll(async () => {
      await browser?.close();
      await server?.close();
      await service?.dispose();
    });

    it('start a workflow, show it run, and tell its end', async () => {
      const web = await open('run');
      const { page } = web;
      const logged: string[] = [];
      page.on('console', (message) => logged.push(message.text()));
      await page.getByRole('button', { name: 'Summarise' }).click();
      await page.getByRole('region', { name: 'brief' }).getByText('Completed').first().waitFor();
      await soon(async () => expect(await page.getByRole('region', { name: 'Text' }).textContent()).toMatch(/tide|moon/));
      await eventually(() => logged.includes('completed'), 'the call of onFinish');
      await web.close();
    });

    it('follow one that runs, and answer what it waits for', async () => {
      const id = await start();
      const web = await open('follow', `?execution=${id}`);
      const { page } = web;
      await page.getByText('waiting, 0 % approve').waitFor();
      await page.getByRole('button', { name: 'Yes' }).click();
      await page.getByText('completed, 100 % It is out.').waitFor();
      await soon(async () => expect(await page.title()).toBe('Completed ask'));
      await web.close();
    });

    more({ start, open });
  });
}
