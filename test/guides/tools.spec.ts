/** The guide to tools: its app as a process, and its commands against that. */
import { spawn } from 'node:child_process';
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { llmOptionsFrom } from '../../src/llm/llm.env.js';
import { tempDir } from '../support/app.js';
import { freePort } from '../support/free-port.js';
import { Guide } from '../support/guide.js';
import { PastedApp, type SourceFile } from '../support/pasted-app.js';
import { environmentOf, eventsIn, itWithShell, paste } from '../support/pasted-shell.js';
import { eventually } from '../support/patience.js';
import { Web } from '../tools/support/web.js';

const guide = new Guide('tools');
/** Commands for the app as it begins; the others are for the one that has the second tool. */
const FIRST = new Set(['step', 'model', 'wrong']);

describe('the guide to tools', () => {
  let home: string;
  let bank: Web;
  let rates: Web;
  beforeAll(async () => {
    home = tempDir();
    [bank, rates] = await Promise.all([Web.start(), Web.start()]);
  });
  afterAll(async () => {
    await Promise.all([bank.close(), rates.close()]);
    rmSync(home, { recursive: true, force: true });
  });

  it('has every block checked, and leads nowhere wrong', () => {
    guide.assertAllChecked();
    expect(guide.brokenLinks()).toEqual([]);
  });

  it('has a bank and rates to try it with, which are busy at first', async () => {
    const port = await freePort();
    const { path, code } = guide.saved.find(({ path }) => path === 'servers.mjs') as SourceFile;
    writeFileSync(join(home, path), code.replace('8080', String(port)));
    const servers = spawn(process.execPath, [join(home, path)], { stdio: 'ignore' });
    try {
      const ask = async (route: string) => {
        const response = await fetch(`http://localhost:${port}${route}`);
        return [response.status, await response.json()];
      };
      const first = await eventually(() => ask('/refunds').catch(() => undefined), 'servers.mjs to listen');
      expect([first, await ask('/refunds')]).toEqual([[503, expect.anything()], [200, { receipt: 'R-1' }]]);
      expect([await ask('/rates?base=EUR'), await ask('/rates?base=EUR')]).toEqual([[503, expect.anything()], [200, { USD: 1.16 }]]);
    } finally {
      servers.kill('SIGKILL');
    }
  });

  itWithShell('has an app that runs as it is pasted, and commands that do what it says', async () => {
    bank.on('/refunds', (response) => response.writeHead(bank.visits.length === 1 ? 503 : 200, { 'content-type': 'application/json' }).end('{"receipt": "R-1"}'));
    rates.on('/rates', (response) => response.writeHead(rates.visits.length === 1 ? 503 : 200, { 'content-type': 'application/json' }).end('{"USD": 1.16}'));
    const ratesHost = `localhost:${rates.port}`;
    const here = (code: string): string => code.replaceAll('localhost:8080', ratesHost);
    // What the guide allows is allowed, with the port that the server has here.
    const { LLM_HTTP_ALLOWED_HOSTS: allowed = '' } = await environmentOf(guide.only('start').code, home);
    expect(llmOptionsFrom({ LLM_HTTP_ALLOWED_HOSTS: allowed })).toMatchObject({ faults: [], options: { httpAllowedHosts: ['localhost:8080', 'intranet.example'] } });
    const [first, whole, ...more] = guide.stages as [SourceFile[], SourceFile[]];
    expect([first.map(({ path }) => path), more]).toEqual([['stock.tool.ts', 'main.ts'], []]);
    const app = await PastedApp.start(first, { home, env: { BANK_URL: bank.url('').replace(/\/$/, ''), LLM_HTTP_ALLOWED_HOSTS: here(allowed) } });
    try {
      for (const { path, code } of guide.saved) writeFileSync(join(home, path), here(code));
      const blocks = guide.shell.map(({ name, code }) => ({ name, code: here(code).replaceAll('http://127.0.0.1:3000', app.base) }));
      const before = await paste([...blocks.filter(({ name }) => FIRST.has(name)), { name: 'terminal', code: 'declare -p URL KEY' }], home);
      await app.restart(whole);
      const after = await paste([{ name: 'terminal', code: before['terminal'] as string }, ...blocks.filter(({ name }) => !FIRST.has(name))], home);
      const out = { ...before, ...after };
      guide.assertTold((name) => eventsIn(out[name]?.replaceAll(ratesHost, 'localhost:8080')));
      const keys = bank.visits.map(({ headers }) => headers['idempotency-key']);
      expect(keys).toEqual([expect.stringMatching(/\/safely\/pay\/refund\//), keys[0]]);
      expect(bank.visits.map(({ body }) => JSON.parse(body) as unknown)).toEqual([{ order: '4711', cents: 1999 }, { order: '4711', cents: 1999 }]);
      expect(rates.visits.map(({ path }) => path)).toEqual(['/rates?base=EUR', '/rates?base=EUR']);
    } finally {
      await app.dispose();
    }
  });
});
