/** The command where what is around it fails: a service that does not answer, pipes that are closed, text that is not meant well. */
import { type ServerResponse } from 'node:http';
import net, { type AddressInfo } from 'node:net';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { agent, input, parallel, workflow } from '../../src/orchestration/definition/builder.js';
import { refuses, ScriptServer } from '../client/support/script.server.js';
import { TestApp } from '../support/app.js';
import { eventually } from '../support/patience.js';
import { FaultProxy } from '../support/proxy.js';
import { command, PipedCommand, pty, Terminal } from './support/terminal.js';

const CTRL_C = '\u0003';
/** All but the end of a line. */
const CONTROLS = /[^\n\P{Cc}]/u;

let app: TestApp;
let home: string;
beforeAll(async () => {
  app = await TestApp.start();
  home = mkdtempSync(join(tmpdir(), 'stepcast-cli-'));
  app.stage.write('fails', () => {
    throw new Error('no\u001b[2J\u009b2J good');
  });
  app.stage.write('gives', () => ({ text: 'a\u001b[2J\u009b2Jb' }));
});
afterAll(async () => {
  rmSync(home, { recursive: true, force: true });
  await app.close();
});

const save = (definition: { name: string }): string => {
  const path = join(home, `${definition.name}.json`);
  writeFileSync(path, JSON.stringify(definition));
  return path;
};
const play = (part: string) => save(workflow(part, agent('p', 'play', { input: { part } })));

describe('a service that takes requests and does not answer', () => {
  let mute: net.Server;
  let base: string;
  let connections: net.Socket[];
  beforeEach(async () => {
    connections = [];
    mute = net.createServer((connection) => void connections.push(connection.on('error', () => undefined)));
    await new Promise<void>((resolve) => mute.listen(0, '127.0.0.1', resolve));
    base = `http://127.0.0.1:${(mute.address() as AddressInfo).port}`;
  });
  afterEach(async () => {
    for (const connection of connections) connection.destroy();
    await new Promise((resolve) => mute.close(resolve));
  });

  it.each([['watch'], ['replay']])('is left by SIGINT at once: stepcast %s', async (name) => {
    const running = new PipedCommand([name, '00000000-0000-4000-8000-000000000000'], { base });
    await eventually(() => connections.length > 0, 'its request');
    running.signal('SIGINT');
    expect((await running.end()).code).toBe(130);
  });

  (pty ? it : it.skip)('is left by Ctrl-C, twice, in a terminal', async () => {
    const terminal = new Terminal(['watch', '00000000-0000-4000-8000-000000000000'], { base });
    try {
      await eventually(() => connections.length > 0, 'its request');
      terminal.type(CTRL_C);
      await terminal.until('Cancel the execution?');
      terminal.type(CTRL_C);
      expect(await terminal.end()).toBe(130);
    } finally {
      terminal.dispose();
    }
  });
});

describe('a list that is longer than the service gives at once', () => {
  it('is asked for page by page', async () => {
    const server = await ScriptServer.start();
    try {
      const page = (count: number, nextCursor: string | null) => (_request: unknown, response: ServerResponse) =>
        void response.setHeader('content-type', 'application/json').end(JSON.stringify({ executions: Array.from({ length: count }, (_, i) => ({ id: `${i}` })), nextCursor }));
      server.turns = [page(200, 'here'), page(30, 'there')];
      const { code, stdout } = await command(['list', '--json', '-n', '230'], { base: server.base });
      expect({ code, lines: stdout.trim().split('\n').length }).toEqual({ code: 0, lines: 230 });
      expect(server.requests.map(({ url }) => [url.searchParams.get('limit'), url.searchParams.get('cursor')])).toEqual([['200', null], ['30', 'here']]);
    } finally {
      await server.close();
    }
  });
});

(pty ? describe : describe.skip)('a question in a terminal', () => {
  const asks = (name: string) => input(name, { prompt: `${name}?` });
  const idOf = async (terminal: Terminal) => {
    await terminal.until('▶');
    return /execution ([0-9a-f-]{36})/.exec(terminal.text)?.[1] as string;
  };

  it('that somebody else has answered makes room for the next one that waits', async () => {
    const terminal = new Terminal(['run', '-f', save(workflow('two', parallel('both', asks('first'), asks('second'))))], { base: app.base });
    try {
      const id = await idOf(terminal);
      await terminal.until('? both/second waits');
      await terminal.until('first? ');
      expect((await app.alice.post(`/executions/${id}/input`, { stepId: 'both/first', value: 1 })).status).toBe(202);
      await terminal.until('! both/first: 1');
      await terminal.until('second? ', terminal.text.indexOf('! both/first: 1'));
      terminal.type('2\r');
      expect(await terminal.end()).toBe(0);
      expect(terminal.text).toContain('! both/second: 2');
    } finally {
      terminal.dispose();
    }
  });

  it('whose answer gets no reply is left by Ctrl-C', async () => {
    const proxy = await FaultProxy.to(app.port);
    const terminal = new Terminal(['run', '-f', save(workflow('held', asks('first')))], { base: proxy.base });
    try {
      const id = await idOf(terminal);
      await terminal.until('? first waits');
      await terminal.until('first? ', terminal.text.indexOf('? first waits') + 20);
      proxy.stall();
      terminal.type('1\r');
      await eventually(async () => (await app.alice.status(id)).status === 'completed', 'the answer');
      terminal.type(CTRL_C);
      await terminal.until('Cancel the execution?');
      terminal.type(CTRL_C);
      expect(await terminal.end()).toBe(130);
    } finally {
      terminal.dispose();
      await proxy.close();
    }
  });
});

describe('a pipe that is closed', () => {
  it('for what is said beside it stops nothing', async () => {
    const running = new PipedCommand(['run', '-f', save(workflow('asks', input('ok')))], { base: app.base });
    running.closeStderr();
    const id = await eventually(async () => ((await app.alice.get('/executions?workflow=asks')).json as { executions: { id: string; status: string }[] }).executions.find(({ status }) => status === 'waiting')?.id, 'the execution');
    await app.alice.post(`/executions/${id}/input`, { value: 7 });
    expect(await running.end()).toMatchObject({ code: 0, stdout: expect.stringMatching(/\n7\n$/) });
  });

  it('for what it writes ends it without a word', async () => {
    const running = new PipedCommand(['run', '-f', save(workflow('one', agent('e', 'echo'))), '--json'], { base: app.base });
    running.closeStdout();
    expect(await running.end()).toMatchObject({ code: 0, stderr: '' });
  });
});

describe('a disk that is full', () => {
  const FULL = '/dev/full';

  // A system without that file has nothing that is always full.
  (existsSync(FULL) ? it.each : it.skip.each)([['a list', ['workflows']], ['what happens', ['run', '--plain']], ['the result', ['run', '--quiet']]])('is told where %s is to be written to it', async (_what, args) => {
    const [name, ...more] = args as [string, ...string[]];
    const file = name === 'run' ? ['-f', save(workflow('one', agent('e', 'echo')))] : [];
    const { code, stderr } = await command([name, ...file, ...more], { base: app.base, stdoutFile: FULL });
    expect({ code, last: stderr.trimEnd().split('\n').at(-1) }).toEqual({ code: 2, last: expect.stringMatching(/^stepcast: standard output cannot be written: ENOSPC/) });
    expect(stderr).not.toMatch(/^\s+at /m);
  });
});

describe('text that would move the cursor', () => {
  it('is none of what is said of failures, nor of a line of JSON', async () => {
    const failed = await command(['run', '-f', play('fails'), '--quiet'], { base: app.base });
    expect(failed).toMatchObject({ code: 1, stderr: expect.stringContaining('no good') });
    expect(failed.stderr).not.toMatch(CONTROLS);
    const written = await command(['run', '-f', play('gives'), '--json'], { base: app.base });
    expect(written.stdout).not.toMatch(CONTROLS);
    expect(JSON.parse(written.stdout.trim().split('\n').at(-1) as string)).toMatchObject({ data: { result: { text: 'a\u001b[2J\u009b2Jb' } } });
    const id = (JSON.parse(written.stdout.split('\n', 1)[0] as string) as { executionId: string }).executionId;
    expect((await command(['status', id, '--json'], { base: app.base })).stdout).not.toMatch(CONTROLS);
    expect((await command(['replay', id, '--json', '--speed', '0'], { base: app.base })).stdout).toBe(written.stdout);
  });

  it('is none of a refusal', async () => {
    const server = await ScriptServer.start();
    try {
      server.otherwise = refuses(400, {}, JSON.stringify({ code: 'invalid_request', detail: 'not\u001b[2J so', errors: [{ path: '/a\u001b[2J', message: 'is\u009b2J bad' }] }));
      expect(await command(['list'], { base: server.base })).toEqual({ code: 4, stdout: '', stderr: 'stepcast: not so\nstepcast:   /a is bad\n' });
    } finally {
      await server.close();
    }
  });

  it('is none of a result that a terminal shows, but of one that a program reads', async () => {
    const text = save(workflow('text', agent('e', 'echo', { input: 'a\u001b[2Jb' })));
    expect((await command(['run', '-f', text, '--quiet'], { base: app.base })).stdout).toBe('a\u001b[2Jb\n');
    if (!pty) return;
    const terminal = new Terminal(['run', '-f', text, '--quiet'], { base: app.base });
    expect(await terminal.end()).toBe(0);
    expect(terminal.raw).toBe('ab\r\n');
  });
});
