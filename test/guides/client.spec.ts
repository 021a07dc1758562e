/** The guide to the client: its scripts as processes, against the service. */
import { resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { decodeJwt } from 'jose';
import { MarkdownPage } from '../support/markdown.js';
import { PastedScripts } from '../support/pasted-scripts.js';
import { PastedServer } from '../support/pasted-server.js';
import { environmentOf, itWithShell } from '../support/pasted-shell.js';
import { ServiceProcess } from '../support/process.js';

const guide = new MarkdownPage('docs/guides/client.md');

describe('the guide to the client', () => {
  let scripts: PastedScripts;
  beforeAll(async () => {
    scripts = await PastedScripts.start(guide);
  });
  afterAll(() => scripts.dispose());

  it('has every block checked, and leads nowhere wrong', () => {
    expect(guide.blocks.filter(({ check }) => !['script', 'server', 'start', 'none'].includes(check[0] as string))).toEqual([]);
    expect(guide.checked('none').filter(({ check }) => check.length < 3)).toEqual([]);
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

  itWithShell('has a server that makes tokens for a page, which the service takes as it is started there', async () => {
    const { STEPCAST_JWT_SECRET = '', STEPCAST_CORS_ORIGINS } = await environmentOf(guide.only('start').code, scripts.folder);
    const service = await ServiceProcess.start({ env: { STEPCAST_JWT_SECRET, STEPCAST_CORS_ORIGINS, STEPCAST_API_KEYS: undefined } });
    const server = await PastedServer.start(guide.only('server').code, { port: 8081, env: { STEPCAST_JWT_SECRET } });
    try {
      const answer = await fetch(`${server.base}/stepcast-token`);
      expect([answer.status, answer.headers.get('cache-control')]).toEqual([200, 'no-store']);
      const token = await answer.text();
      expect(decodeJwt(token)).toEqual({ sub: 'ada', exp: expect.any(Number) });
      expect((await fetch(server.base)).status).toBe(404);
      const page = service.as({ authorization: `Bearer ${token}` });
      const id = await page.start({ name: 'hello', steps: [{ type: 'agent', name: 'say', agent: 'echo', input: 'Hello' }] });
      expect((await page.follow(id)).at(-1)).toMatchObject({ type: 'workflow_completed', data: { result: 'Hello' } });
      expect((await service.as({ authorization: `Bearer ${token.slice(0, -4)}AAAA` }).get(`/executions/${id}`)).status).toBe(401);
    } finally {
      await server.dispose();
      await service.dispose();
    }
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
