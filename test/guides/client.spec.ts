/** The guide to the client: its scripts as processes, against the service. */
import { execFile } from 'node:child_process';
import { rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { KEYS } from '../support/client.js';
import { MarkdownPage } from '../support/markdown.js';
import { folderInPackage } from '../support/pasted-app.js';
import { ServiceProcess } from '../support/process.js';

const guide = new MarkdownPage('docs/guides/client.md');
const NODE = resolve('node_modules/.bin/node');

describe('the guide to the client', () => {
  let service: ServiceProcess;
  let folder: string;
  beforeAll(async () => {
    service = await ServiceProcess.start();
    folder = folderInPackage();
  });
  afterAll(async () => {
    rmSync(folder, { recursive: true, force: true });
    await service.dispose();
  });

  /** Lines that a script of the guide writes. @param preload what Node loads before it. */
  async function run(name: string, preload: string[] = []): Promise<string[]> {
    const script = guide.checked('script').find(({ check }) => check[1] === name);
    writeFileSync(join(folder, name), (script?.code as string).replaceAll('http://127.0.0.1:3000', service.base));
    const { stdout } = await promisify(execFile)(NODE, [...preload, join(folder, name)], { env: { STEPCAST_API_KEY: KEYS.alice, NO_COLOR: '1' } });
    return stdout.trim().split('\n');
  }

  it('has every block checked, and leads nowhere wrong', () => {
    expect(guide.blocks.filter(({ check }) => check[0] !== 'script')).toEqual([]);
    expect(guide.brokenLinks()).toEqual([]);
  });

  it('begins with a script that shows every event, and loads nothing of the service', async () => {
    const lines = await run('first.mjs', ['--import', resolve('test/support/loaded-packages.mjs')]);
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
    const lines = await run(name);
    expect(lines).toHaveLength(expected.length);
    for (const [i, text] of expected.entries()) {
      const pattern = text.split('*').map((part) => part.replaceAll(/[.*+?^$()|[\]\\{}]/g, '\\$&')).join('.+');
      expect(lines[i]).toMatch(new RegExp(`^${pattern}$`));
    }
  });
});
