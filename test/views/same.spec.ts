/** The components of React and Vue show the same, element by element and word by word, for eyes and ears. */
import { afterAll, beforeAll, expect, it, jest } from '@jest/globals';
import { describeInChromium } from '../support/chromium.js';
import { type Harness } from './harness.types.js';
import { PICTURED, ViewStage } from './views.suite.js';

declare const harness: Harness;

jest.setTimeout(120_000);

describeInChromium('the components of React and Vue', () => {
  const stages = [new ViewStage('test/react/pages/harness.tsx'), new ViewStage('test/vue/pages/harness.ts')];
  beforeAll(async () => {
    for (const stage of stages) {
      await stage.begin();
      await stage.open();
    }
  }, 120_000);
  afterAll(async () => {
    for (const stage of stages) {
      await stage.close();
      await stage.end();
    }
  });

  it.each([{}, { ownStep: true, german: true, showLog: false }])('are the same with %j', async (target) => {
    const { app } = stages[0] as ViewStage;
    const id = await app.alice.start(PICTURED);
    await app.stage.gate(id, 'gather/news').arrived;
    const looks = await Promise.all(stages.map(async (stage) => {
      stage.proxy.retarget(app.port);
      const { page } = stage.web;
      await stage.call('show', { executionId: id, ...target });
      await page.getByRole('form').waitFor();
      await page.locator('[data-step="gather/summary"][data-status="completed"]').waitFor();
      await page.getByRole('status').locator('p').first().waitFor();
      const look = { outline: await page.evaluate(() => harness.page.outline()), aria: await stage.view.ariaSnapshot() };
      await stage.unmount();
      return look;
    }));
    const [react, vue] = looks.map(({ outline, aria }) => ({ outline: outline.filter((element) => element !== 'P  '), aria: withoutLive(aria) }));
    expect(vue).toEqual(react);
    expect(react?.aria).toContain('progressbar');
    await app.alice.post(`/executions/${id}/cancel`, {});
  });
});

/** What is said goes by the moment at which each page has come. */
function withoutLive(aria: string): string {
  const lines = aria.split('\n');
  const at = lines.findIndex((line) => /^\s*- status/.test(line));
  return lines.slice(0, at).join('\n');
}
