/** The guide to the client: its scripts as processes, against the service. */
import { resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { MarkdownPage } from '../support/markdown.js';
import { PastedScripts } from '../support/pasted-scripts.js';

const guide = new MarkdownPage('docs/guides/client.md');

describe('the guide to the client', () => {
  let scripts: PastedScripts;
  beforeAll(async () => {
    scripts = await PastedScripts.start(guide);
  });
  afterAll(() => scripts.dispose());

  it('has every block checked, and leads nowhere wrong', () => {
    expect(guide.blocks.filter(({ check }) => check[0] !== 'script')).toEqual([]);
    expect(guide.brokenLinks()).toEqual([]);
  });

  it('begins with a script that shows every event, and loads nothing of the service', async () => {
    const lines = await scripts.run('first.mjs', ['--import', resolve('test/support/loaded-packages.mjs')]);
    const events = lines.slice(0, -2);
    expect(events.map((line) => Number(line.split(' ')[0]))).toEqual(events.map((_, i) => i + 1));
    expect(events[0]).toContain('workflow_started');
    expect(events.at(-1)).toContain('workflow_completed');
    expect(lines.at(-2)).toMatch(/tide/);
    expect(lines.at(-1)).toBe('loaded packages: eventsource-parser');
  });

  it.each([
    ['start.mjs', ['Hello, Ada', 'completed']],
    ['state.mjs', ['attempt 1 failed: *', 'attempt 2 failed: *', 'completed 3 1']],
    ['answer.mjs', ['answered: true', 'cancelled: cancelled']],
    ['connection.mjs', ['connecting', 'live', 'ended']],
    ['several.mjs', ['*.', '*.']],
    ['errors.mjs', ['400 invalid_input /input/text', 'agent_failed failed']],
  ])('has %s, which does what it says', async (name, expected) => {
    const lines = await scripts.run(name);
    expect(lines).toHaveLength(expected.length);
    for (const [i, text] of expected.entries()) {
      const pattern = text.split('*').map((part) => part.replaceAll(/[.*+?^$()|[\]\\{}]/g, '\\$&')).join('.+');
      expect(lines[i]).toMatch(new RegExp(`^${pattern}$`));
    }
  });
});
