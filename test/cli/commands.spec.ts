/** The command as a program calls it: what it writes where, its exit codes, and its stream over a line with faults. */
import { accessSync, constants, lstatSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { SignJWT } from 'jose';
import { type ExecutionEvent } from '../../src/contract/events.js';
import { agent, input, parallel, retry, sequential, workflow } from '../../src/orchestration/definition/builder.js';
import { assertWhole } from '../support/assert-whole.js';
import { TestApp } from '../support/app.js';
import { KEYS } from '../support/client.js';
import { eventually } from '../support/patience.js';
import { ServiceProcess } from '../support/process.js';
import { FaultProxy } from '../support/proxy.js';
import { COMMAND, command, PipedCommand } from './support/terminal.js';

let app: TestApp;
let proxy: FaultProxy;
let home: string;
beforeAll(async () => {
  app = await TestApp.start();
});
afterAll(() => app.close());
beforeEach(async () => {
  proxy = await FaultProxy.to(app.port);
  home = mkdtempSync(join(tmpdir(), 'stepcast-cli-'));
});
afterEach(async () => {
  await proxy.close();
  rmSync(home, { recursive: true, force: true });
});

const save = (name: string, value: unknown): string => {
  const path = join(home, name);
  writeFileSync(path, JSON.stringify(value));
  return path;
};
const run = (args: readonly string[], more: object = {}) => command(args, { base: app.base, cwd: home, ...more });
const eventsIn = (text: string) => text.trim().split('\n').map((line) => JSON.parse(line) as ExecutionEvent);

const BRANCHES = workflow('branches',
  parallel('both', agent('left', 'tokens', { input: { count: 30, intervalMs: 3 } }), retry('again', { maxAttempts: 3, backoff: { delayMs: 5, jitter: false } }, agent('right', 'flaky', { input: { failures: 2 } }))),
  agent('last', 'echo', { input: '{{steps.left.output}}' }));

describe('stepcast run', () => {
  it('--json writes each event once, over a line that is cut, slow, and stalls', async () => {
    proxy.cutAfter = 3000;
    proxy.delayMs = 2;
    const running = new PipedCommand(['run', '-f', save('branches.json', BRANCHES), '--json'], { base: proxy.base });
    await eventually(() => running.stdout.includes('"seq":5,'), 'some events');
    proxy.stall();
    await app.executions.result((JSON.parse(running.stdout.split('\n')[0] as string) as ExecutionEvent).executionId);
    proxy.resume();
    const { code, stdout, stderr } = await running.end();
    assertWhole(eventsIn(stdout));
    expect(eventsIn(stdout)).toEqual(await app.alice.follow(eventsIn(stdout)[0]?.executionId as string));
    expect(code).toBe(0);
    expect(proxy.connections).toBeGreaterThan(3);
    expect(stderr).toContain('the line is cut');
  });

  it('writes a line for what happens where there is no terminal, then the result, and that to a file too', async () => {
    const { code, stdout, stderr } = await run(['run', '--file', save('branches.json', BRANCHES), '--output', 'result.txt']);
    expect(code).toBe(0);
    expect(stderr).toMatch(/^stepcast: execution [0-9a-f-]{36}\n$/);
    const lines = stdout.split('\n').map((line) => line.replace(/^[\d:.]{12} /, ''));
    expect(lines[0]).toBe('▶ branches');
    expect(lines).toEqual(expect.arrayContaining([expect.stringMatching(/^✓ both\/left {2}/), expect.stringMatching(/^↻ both\/again\/right: attempt 1 of 3 failed: .*; again in 5ms$/), '✓ completed']));
    const text = readFileSync(join(home, 'result.txt'), 'utf8');
    expect(text).toMatch(/^(token\d+ ?){30}$/);
    expect(stdout.endsWith(`✓ completed\n\n${text}\n`)).toBe(true);
    expect(readdirSync(home).toSorted()).toEqual(['branches.json', 'result.txt']);
    // Nothing of a terminal is written where there is none.
    expect(stdout).not.toContain('\u001b');
  });

  it('takes its input as JSON, from a file and from standard input, and --quiet writes the result alone', async () => {
    const file = save('echo.json', workflow('echo', agent('e', 'echo')));
    expect(await run(['run', '-f', file, '-q', '-i', '{"a":1}'])).toEqual({ code: 0, stdout: '{"a":1}\n', stderr: '' });
    expect(await run(['run', '-f', file, '-q', '-i', `@${save('in.json', [1, 2])}`])).toMatchObject({ code: 0, stdout: '[1,2]\n' });
    expect(await run(['run', '-f', file, '-q', '-i', '-'], { stdin: '"text"' })).toMatchObject({ code: 0, stdout: 'text\n' });
  });

  it('starts a stored workflow by its name, detached, once for a key', async () => {
    await app.alice.post('/workflows', workflow('stored', agent('e', 'echo')));
    const args = ['run', 'stored', '-i', '1', '--detach', '--idempotency-key', 'k', '--session', 's'];
    const [first, second] = [await run(args), await run(args)];
    expect(first).toMatchObject({ code: 0, stdout: expect.stringMatching(/^[0-9a-f-]{36}\n$/), stderr: '' });
    expect(second.stdout).toBe(first.stdout);
    expect((await app.alice.status(first.stdout.trim())).sessionId).toBe('s');
  });

  it('tells by its exit code how it ended', async () => {
    const fails = save('fails.json', workflow('fails', agent('f', 'flaky', { input: { failures: 1 } })));
    expect(await run(['run', '-f', fails, '-q'])).toMatchObject({ code: 1, stdout: '', stderr: expect.stringMatching(/^stepcast: .+\n$/) });
    const waits = new PipedCommand(['run', '-f', save('waits.json', workflow('waits', input('ok'))), '--json'], { base: app.base });
    const id = await eventually(() => /"executionId":"([^"]+)".*"input_required"|"input_required".*"executionId":"([^"]+)"/.exec(waits.stdout)?.slice(1).find(Boolean), 'the question');
    await app.alice.post(`/executions/${id}/cancel`);
    expect((await waits.end()).code).toBe(3);
    for (const args of [['run'], ['run', 'a', '-f', 'b'], ['run', 'a', '-i', '{no'], ['run', 'a', '-i', '@nothere'], ['run', '-f', 'nothere'], ['list', '--status', 'odd'], ['nonsense'], ['replay', 'x', '--speed', 'fast'], ['list', '-n', '0']]) {
      expect([args, (await run(args)).code]).toEqual([args, 2]);
    }
    expect((await run(['list', '--url', 'ftp://x'])).stderr).toContain('must begin with http:// or https://');
    expect(await run(['run', 'nothere'])).toMatchObject({ code: 4, stdout: '', stderr: expect.stringContaining('nothere') });
    expect(await run(['list'], { env: { STEPCAST_API_KEY: 'wrong-key-0123456789' } })).toMatchObject({ code: 4, stderr: expect.stringContaining('set STEPCAST_API_KEY') });
    expect(await run(['run', '-f', save('bad.json', { name: 'bad', steps: [{ type: 'agent', name: 'x', agent: 'echo', timeoutMs: -1 }] })])).toMatchObject({ code: 4, stderr: expect.stringContaining('/workflow/steps/0/timeoutMs') });
    expect(await run(['list'], { base: 'http://127.0.0.1:1' })).toMatchObject({ code: 5, stderr: expect.stringContaining('stepcast serve') });
    expect((await run(['--help'])).code).toBe(0);
    expect((await run(['--version'])).stdout).toMatch(/^\d+\.\d+\.\d+/);
  });

  it('whose start is refused tells what to give, or what could have been meant', async () => {
    const { status } = await app.alice.post('/workflows', { ...workflow('greeting', agent('e', 'echo')), inputSchema: { type: 'object', required: ['name'], properties: { name: { type: 'string', description: 'Whom to greet' }, loud: { type: 'boolean' } } } });
    expect(status).toBe(201);
    const hint = `stepcast:   greeting takes an input like: --input '{"name":"…"}'\nstepcast:     name: string, required. Whom to greet\nstepcast:     loud: boolean\n`;
    expect(await run(['run', 'greeting'])).toMatchObject({ code: 4, stdout: '', stderr: expect.stringMatching(/^stepcast: the input does not meet/) });
    for (const args of [['run', 'greeting'], ['run', 'greeting', '-i', '{"loud":1}']]) expect((await run(args)).stderr).toContain(hint);
    expect((await run(['run', 'Greting'])).stderr).toBe('stepcast: there is no workflow "Greting"\nstepcast:   did you mean greeting?\nstepcast:   stepcast workflows lists what can be run\n');
    expect((await run(['run', 'nothing-like-it'])).stderr).not.toContain('did you mean');
    expect((await run(['run', '-f', save('text.json', 'greeting')])).stderr).toContain('holds no definition');
  });

  it('starts nothing whose result could not be written, and leaves what it writes into as it is', async () => {
    const file = save('kept.json', workflow('kept', agent('e', 'echo')));
    for (const output of [home, join(home, 'nothere', 'out')]) expect(await run(['run', '-f', file, '-o', output])).toMatchObject({ code: 2, stderr: expect.stringMatching(/^stepcast: \S+ cannot be written: /) });
    expect((await run(['list', '--workflow', 'kept'])).stdout).toBe('no executions\n');
    const secret = join(home, 'secret');
    writeFileSync(secret, 'old', { mode: 0o600 });
    symlinkSync(secret, join(home, 'link'));
    expect((await run(['run', '-f', file, '-q', '-i', '1', '-o', 'link'])).code).toBe(0);
    expect([readFileSync(secret, 'utf8'), statSync(secret).mode & 0o777, lstatSync(join(home, 'link')).isSymbolicLink()]).toEqual(['1\n', 0o600, true]);
    // A device is no file that another could take the place of.
    symlinkSync('/dev/null', join(home, 'null'));
    expect((await run(['run', '-f', file, '-q', '-i', '1', '-o', 'null'])).code).toBe(0);
    expect(lstatSync(join(home, 'null')).isSymbolicLink()).toBe(true);
  });

  it('leaves at SIGINT while it goes on, or cancels where that was asked for', async () => {
    for (const [more, code, status] of [[[], 130, 'waiting'], [['--cancel-on-interrupt'], 3, 'cancelled']] as const) {
      const waits = new PipedCommand(['run', '-f', save('waits.json', workflow('waits', input('ok'))), ...more], { base: app.base });
      await eventually(() => waits.stderr.includes('it waits for an answer'), 'the question');
      waits.signal('SIGINT');
      const { code: ended, stderr } = await waits.end();
      expect(ended).toBe(code);
      const id = /execution ([0-9a-f-]{36})/.exec(stderr)?.[1] as string;
      expect((await app.alice.status(id)).status).toBe(status);
      if (code === 130) expect(stderr).toContain(`stepcast watch ${id}`);
    }
  });

  it('goes on over a crash of the service', async () => {
    const preload = 'test/support/second-life.mjs';
    const service = await ServiceProcess.start({ preload });
    const line = await FaultProxy.to(service.port);
    let next: ServiceProcess | undefined;
    try {
      // Half a minute of them, so that they are not done before the kill.
      const long = save('long.json', workflow('long', agent('t', 'tokens', { input: { count: 300, intervalMs: 100 } })));
      const running = new PipedCommand(['run', '-f', long, '--json'], { base: line.base });
      await eventually(() => running.stdout.includes('"seq":12,'), 'some events');
      await service.end('SIGKILL');
      next = await ServiceProcess.start({ dataDir: service.dataDir, preload });
      line.retarget(next.port);
      const { code, stdout } = await running.end();
      expect(code).toBe(0);
      assertWhole(eventsIn(stdout));
      expect(eventsIn(stdout).map(({ type }) => type)).toContain('workflow_resumed');
    } finally {
      await line.close();
      await next?.dispose();
      await service.dispose();
    }
  });
});

describe('stepcast watch and replay', () => {
  it('show what has been, whole, and as fast as one wants', async () => {
    const id = await app.alice.start(BRANCHES);
    const log = await app.alice.follow(id);
    const watched = await run(['watch', id, '--json']);
    expect(watched.code).toBe(0);
    expect(eventsIn(watched.stdout)).toEqual(log);
    const replayed = await run(['replay', id, '--json', '--speed', '0']);
    expect(replayed).toMatchObject({ code: 0, stderr: '' });
    expect(eventsIn(replayed.stdout)).toEqual(log);
    expect((await run(['replay', id, '--speed', '50'])).stdout).toContain('✓ both/left');
    expect((await run(['watch', '00000000-0000-4000-8000-000000000000'])).code).toBe(4);
  });

  it('ask nothing that has been answered since', async () => {
    const id = await app.alice.start(workflow('asked', input('ok'), agent('e', 'echo')));
    await eventually(async () => (await app.alice.post(`/executions/${id}/input`, { value: 1 })).status === 202, 'the answer');
    const { code, stderr } = await run(['watch', id]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  });
});

describe('stepcast list, status, workflows, answer and cancel', () => {
  it('show and do what the API does', async () => {
    const id = await app.alice.start(workflow('asked', input('ok', { prompt: 'How\nmany\u001b[2J?', schema: { type: 'integer' } })));
    await eventually(async () => (await app.alice.status(id)).status === 'waiting', 'the question');
    expect((await run(['status', id])).stdout).toMatch(/^asked {2}waiting {2}0%.*\n\nSTEP +STATUS.*\nok +waiting\n\n\? ok waits for an answer: How many\?\n$/);
    expect((await run(['status', id], { env: { FORCE_COLOR: '1' } })).stdout).toContain('\u001b[35m? ok waits for an answer: How many?\u001b[39m\n');
    expect(JSON.parse((await run(['status', id, '--json'])).stdout)).toMatchObject({ id, status: 'waiting' });
    expect((await run(['list', '--status', 'waiting', '--workflow', 'asked', '-n', '1'])).stdout).toMatch(new RegExp(`^ID +WORKFLOW +STATUS +DONE +STARTED\n${id} +asked +waiting +0% +\\d+[sm] ago\n$`));
    expect(JSON.parse((await run(['list', '--workflow', 'asked', '--json', '-n', '1'])).stdout)).toMatchObject({ id });
    expect(await run(['answer', id, 'text', '--step', 'ok'])).toMatchObject({ code: 4, stderr: expect.stringContaining('integer') });
    expect(await run(['answer', id, '7'])).toMatchObject({ code: 0, stdout: expect.stringMatching(/^(running|completed)\n$/) });
    expect((await run(['watch', id, '-q'])).stdout).toBe('7\n');
    expect((await run(['status', id])).stdout).not.toContain('waits for an answer');
    const other = await app.alice.start(workflow('other', input('ok')));
    expect(await run(['cancel', other, '--reason', 'enough'])).toMatchObject({ code: 0, stdout: 'cancelled\n' });
    expect((await run(['list', '--session', 'nobody'])).stdout).toBe('no executions\n');
    const two = await app.alice.start(workflow('two', parallel('both', input('one'), input('two'))));
    await eventually(async () => Object.values((await app.alice.status(two)).steps).filter(({ status }) => status === 'waiting').length === 2, 'both questions');
    expect(await run(['answer', two, '7'])).toMatchObject({ code: 4, stderr: expect.stringContaining('\nstepcast:   say which with --step\n') });
    await app.alice.post('/workflows', { ...workflow('shown', sequential('s', agent('e', 'echo'))), description: 'Shows\u001b[2J it', inputSchema: { type: 'object', required: ['a'], properties: { a: {}, b: {} } } });
    expect(await run(['list', '-n', '1'])).toMatchObject({ code: 0, stderr: 'stepcast: there are more; --limit says how many to show\n' });
    expect((await run(['list', '--url', `${app.base}/api/v1`])).code).toBe(0);
    expect((await run(['status', 'nothere'])).stderr).toContain('stepcast list shows');
    const { stdout } = await run(['workflows']);
    expect(stdout).toMatch(/^NAME +INPUT +DESCRIPTION\n/);
    expect(stdout).toMatch(/^shown +a, b\? +Shows it$/m);
    expect((await run(['workflows', '--json'])).stdout.split('\n').filter(Boolean).map((line) => (JSON.parse(line) as { name: string }).name)).toContain('shown');
  });
});

describe('the built command', () => {
  it('is a program of its own, as npx starts it', () => {
    accessSync(COMMAND, constants.X_OK);
    expect(readFileSync(COMMAND, 'utf8')).toMatch(/^#!\/usr\/bin\/env node\n/);
  });
});

describe('a service that takes tokens alone', () => {
  const secret = 'a secret of thirty-two bytes, or more';
  const signed = () => new SignJWT({ sub: 'carol' }).setProtectedHeader({ alg: 'HS256' }).setExpirationTime('1h').sign(Buffer.from(secret));

  it('is asked with the token that stands where a key would, and a development key that it refuses is named with what to set', async () => {
    const dataDir = join(home, 'data');
    mkdirSync(dataDir);
    const service = await ServiceProcess.start({ dataDir, env: { STEPCAST_API_KEYS: undefined, STEPCAST_JWT_SECRET: secret } });
    try {
      const token = await signed();
      const asked = (args: readonly string[], key: string) => command(args, { base: service.base, cwd: home, env: { STEPCAST_API_KEY: key } });
      expect(await asked(['list'], token)).toEqual({ code: 0, stdout: 'no executions\n', stderr: '' });
      expect(await asked(['list', '--key', token], 'a-key-of-no-one')).toMatchObject({ code: 0, stdout: 'no executions\n' });
      expect(await asked(['list'], 'a-key-of-no-one')).toMatchObject({ code: 4, stderr: expect.stringContaining('set STEPCAST_API_KEY to an API key or a bearer token of the service') });
      writeFileSync(join(dataDir, 'development.key'), 'made-by-another-start\n');
      const { code, stderr } = await asked(['list'], '');
      expect(code).toBe(4);
      expect(stderr.split('\n')).toEqual([
        'stepcast: STEPCAST_API_KEY is not set; using the development key in data/development.key', expect.stringMatching(/^stepcast: the API key /),
        'stepcast:   set STEPCAST_API_KEY to an API key or a bearer token of the service, and STEPCAST_URL to where that is', '',
      ]);
    } finally {
      await service.dispose();
    }
    const { stdout } = await run(['--help']);
    expect(stdout).toContain('STEPCAST_API_KEY  who asks: an API key or a bearer token (JWT)\n');
    expect((await run(['list', '--help'])).stdout.replace(/\s+/g, ' ')).toContain('--key <key> an API key or a bearer token;');
  });
});

describe('stepcast serve', () => {
  it('starts the service, whose development key the other commands find', async () => {
    const served = new PipedCommand(['serve', '--port', '0', '--data-dir', join(home, 'data')], { base: '', cwd: home, env: { STEPCAST_API_KEY: '' } });
    try {
      const base = await eventually(() => /ready at (http:\/\/[^/]+)\//.exec(served.stdout)?.[1], 'the service');
      const listed = await command(['list'], { base, cwd: home, env: { STEPCAST_API_KEY: '' } });
      expect(listed).toMatchObject({ code: 0, stdout: 'no executions\n', stderr: expect.stringContaining('using the development key in data') });
      expect((await command(['list'], { base, cwd: home, env: { STEPCAST_API_KEY: KEYS.alice } })).code).toBe(4);
    } finally {
      served.signal('SIGTERM');
    }
    expect((await served.end()).code).toBe(0);
  });
});
