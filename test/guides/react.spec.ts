/** The guide to React: its pages compiled and run, its variables compared with the stylesheet. */
import { readFileSync } from 'node:fs';
import { expect, it } from '@jest/globals';
import { MarkdownPage } from '../support/markdown.js';
import { describeGuide } from './pages.suite.js';

describeGuide('react', ({ start, open }) => {
  it('have a look and words of their own', async () => {
    const id = await start();
    const web = await open('look', `?execution=${id}`);
    const { page } = web;
    await page.getByText('approve: waiting').waitFor();
    await page.locator('.stepcast-button[data-answer=true]').waitFor();
    // The variables of the guide are set in the same page.
    expect(await page.evaluate("getComputedStyle(document.querySelector('.stepcast-button[data-answer=true]')).backgroundColor")).toBe('rgb(102, 51, 153)');
    await page.getByRole('button', { name: 'Abbrechen' }).click();
    await page.getByText('Abgebrochen').waitFor();
    await web.close();
  });
});

it('the guide to React lists all variables of the stylesheet', () => {
  const css = readFileSync('src/client/view/workflow-progress.css', 'utf8');
  const read = [...css.matchAll(/var\((--stepcast-[a-z-]+)/g)].map(([, variable]) => variable as string);
  expect(new MarkdownPage('docs/guides/react.md').names('variables').toSorted()).toEqual([...new Set(read)].toSorted());
});
