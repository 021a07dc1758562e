/** The guide to long operations: its app as a process, over a restart, and its commands against that. */
import { rmSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { tempDir } from '../support/app.js';
import { Client } from '../support/client.js';
import { Guide } from '../support/guide.js';
import { PastedApp, type SourceFile } from '../support/pasted-app.js';
import { answersIn, eventsIn, itWithShell, paste } from '../support/pasted-shell.js';
import { eventually } from '../support/patience.js';

const guide = new Guide('operations');
/** Blocks that a status or another answer comes of, and no events. */
const ANSWERS = new Set(['status', 'now']);

describe('the guide to operations', () => {
  let home: string;
  beforeAll(() => void (home = tempDir()));
  afterAll(() => rmSync(home, { recursive: true, force: true }));

  it('has every block checked, and leads nowhere wrong', () => {
    guide.assertAllChecked();
    expect(guide.brokenLinks()).toEqual([]);
  });

  itWithShell('has an app that runs as it is pasted, and commands that do what it says, over a restart too', async () => {
    const [begun, whole, ...more] = guide.stages as [SourceFile[], SourceFile[]];
    expect([begun.map(({ path }) => path), more]).toEqual([['reindex.ts', 'reindex.controller.ts', 'main.ts'], []]);
    const app = await PastedApp.start(begun, { home });
    const client = new Client(app.base, { 'x-api-key': 'change-this-key' });
    const isWaiting = (id: string) => eventually(async () => (await client.status(id)).status === 'waiting', `${id} waiting`);
    try {
      const blocks = guide.shell.map(({ name, code }) => ({ name, code: code.replaceAll('http://127.0.0.1:3000', app.base) }));
      const names = blocks.map(({ name }) => name);
      expect(names).toEqual(['start', 'status', 'cancel', 'steady', 'all', 'now', 'before', 'after']);
      // The terminal stays open over the restarts: what was set in it is set again.
      const first = await paste([...blocks.slice(0, -2), { name: 'terminal', code: 'declare -p APP KEY; declare -f idOf' }], home);
      await app.restart(whole);
      const before = await paste([{ name: 'terminal', code: first['terminal'] as string }, ...blocks.slice(-2, -1), { name: 'set', code: 'declare -p APP KEY LOST KEPT' }], home);
      const [lost, kept] = ['LOST', 'KEPT'].map((name) => new RegExp(`${name}="(.+)"`).exec(before['set'] ?? '')?.[1] as string);
      await isWaiting(kept as string);
      expect((await client.status(lost as string)).status).toBe('running');
      await app.restart();
      await isWaiting(kept as string);
      const after = await paste([{ name: 'terminal', code: before['set'] as string }, ...blocks.slice(-1)], home);
      guide.assertTold((name) => (ANSWERS.has(name) ? answersIn(first[name]) : eventsIn((name === 'after' ? after : first)[name])));
      expect(await client.status(lost as string)).toMatchObject({ status: 'failed', activeSteps: [], steps: { reindex_docs: { status: 'cancelled' } } });
    } finally {
      await app.dispose();
    }
  });
});
