/** The guide to chats, agents and plain text: its scripts as processes, with the stock clients, against the service. */
import { execFile } from 'node:child_process';
import { rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { KEYS } from '../support/client.js';
import { MarkdownPage } from '../support/markdown.js';
import { folderInPackage } from '../support/pasted-app.js';
import { itWithShell, paste } from '../support/pasted-shell.js';
import { ServiceProcess } from '../support/process.js';

const guide = new MarkdownPage('docs/guides/protocols.md');
const NODE = resolve('node_modules/.bin/node');

describe('the guide to protocols', () => {
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

  const atService = (code: string) => code.replaceAll('http://127.0.0.1:3000', service.base);

  /** Lines that a script of the guide writes. */
  async function run(name: string): Promise<string[]> {
    const script = guide.checked('script').find(({ check }) => check[1] === name);
    writeFileSync(join(folder, name), atService(script?.code as string));
    const { stdout } = await promisify(execFile)(NODE, [join(folder, name)], { env: { STEPCAST_API_KEY: KEYS.alice, NO_COLOR: '1' } });
    return stdout.trim().split('\n');
  }

  it('has every block checked but the one that needs React, and leads nowhere wrong', () => {
    expect(guide.blocks.filter(({ check }) => !['script', 'shell'].includes(check[0] as string)).map(({ language }) => language)).toEqual(['tsx']);
    expect(guide.brokenLinks()).toEqual([]);
  });

  it('runs a chat', async () => {
    const lines = await run('chat.mjs');
    expect(lines.length).toBeGreaterThan(3);
    expect(lines.slice(0, -1).every((line) => /^\d+ parts$/.test(line))).toBe(true);
    expect(lines.at(-1)).toMatch(/tide/);
  });

  it('runs an agent', async () => {
    expect(await run('agent.mjs')).toEqual(['completed 1', expect.stringMatching(/tide/)]);
  });

  it('shows what counts', async () => {
    expect(await run('shown.mjs')).toEqual(['It works.']);
  });

  itWithShell('writes plain text', async () => {
    const { code } = guide.only('shell');
    const out = await paste([{ name: 'text', code: atService(code).replace('$STEPCAST_API_KEY', KEYS.alice) }], folder);
    expect(out['text']).toBe('Hello, one word after the other.');
  });
});
