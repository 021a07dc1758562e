/** The guide to chats, agents and plain text: its scripts as processes, with the stock clients, against the service. */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { KEYS } from '../support/client.js';
import { MarkdownPage } from '../support/markdown.js';
import { PastedScripts } from '../support/pasted-scripts.js';
import { itWithShell, paste } from '../support/pasted-shell.js';

const guide = new MarkdownPage('docs/guides/protocols.md');

describe('the guide to protocols', () => {
  let scripts: PastedScripts;
  beforeAll(async () => {
    scripts = await PastedScripts.start(guide);
  });
  afterAll(() => scripts.dispose());

  it('has every block checked, and leads nowhere wrong', () => {
    // The page is compiled and run by the test of `useChat`.
    expect(guide.blocks.filter(({ check }) => !['script', 'shell', 'page'].includes(check[0] as string))).toEqual([]);
    expect(guide.brokenLinks()).toEqual([]);
  });

  it('runs a chat', async () => {
    const lines = await scripts.run('chat.mjs');
    expect(lines.length).toBeGreaterThan(3);
    expect(lines.slice(0, -1).every((line) => /^\d+ parts$/.test(line))).toBe(true);
    expect(lines.at(-1)).toMatch(/tide/);
  });

  it('runs an agent', async () => {
    expect(await scripts.run('agent.mjs')).toEqual(['completed 1', expect.stringMatching(/tide/)]);
  });

  it('shows what counts', async () => {
    expect(await scripts.run('shown.mjs')).toEqual(['It works.']);
  });

  itWithShell('writes plain text', async () => {
    const { code } = guide.only('shell');
    const out = await paste([{ name: 'text', code: scripts.atService(code).replace('$STEPCAST_API_KEY', KEYS.alice) }], scripts.folder);
    expect(out['text']).toBe('Hello, one word after the other.');
  });
});
