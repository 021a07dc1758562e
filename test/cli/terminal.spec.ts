/** The command as a person uses it, in a pseudo-terminal. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { agent, input, parallel, workflow } from '../../src/orchestration/definition/builder.js';
import { TestApp } from '../support/app.js';
import { FaultProxy } from '../support/proxy.js';
import { pty, Terminal } from './support/terminal.js';

const describeInTerminal = pty ? describe : describe.skip;
const CTRL_C = '\u0003';

describeInTerminal('stepcast in a terminal', () => {
  let app: TestApp;
  let home: string;
  let terminal: Terminal;
  beforeAll(async () => {
    app = await TestApp.start();
    home = mkdtempSync(join(tmpdir(), 'stepcast-pty-'));
    app.stage.write('writes', async function* ({ executionId, text, progress }) {
      yield text('The first words');
      progress(0.5, 'half way');
      await app.stage.gate(executionId, 'held').answer.promise;
      yield text(' and the last.');
    });
    app.stage.write('commands', async function* ({ executionId, text }) {
      yield text('before\u001b[2J\u001b]0;owned\u0007after');
      await app.stage.gate(executionId, 'held').answer.promise;
    });
  });
  afterAll(async () => {
    rmSync(home, { recursive: true, force: true });
    await app.close();
  });
  afterEach(() => terminal.dispose());

  const open = (definition: unknown, more: { args?: string[]; base?: string; columns?: number; rows?: number } = {}): Terminal => {
    const path = join(home, 'workflow.json');
    writeFileSync(path, JSON.stringify(definition));
    return (terminal = new Terminal(['run', '-f', path, ...(more.args ?? [])], { base: app.base, cwd: home, ...more }));
  };
  const idOf = async (): Promise<string> => {
    await terminal.until('stepcast: execution ');
    await terminal.until('▶');
    return /execution ([0-9a-f-]{36})/.exec(terminal.text)?.[1] as string;
  };
  const BRANCHES = workflow('branches', parallel('both', agent('left', 'play', { input: { part: 'writes' } }), agent('right', 'gate')));

  it('shows a panel for each step that runs, words as they come, what is done, and the result', async () => {
    open(BRANCHES, { args: ['-o', 'result.json'] });
    const id = await idOf();
    await terminal.until('┌ both/left');
    await terminal.until('│ The first words');
    await terminal.until('┌ both/right');
    app.stage.gate(id, 'both/right').open({ fine: true });
    await terminal.until('✓ both/right');
    app.stage.gate(id, 'held').open();
    expect(await terminal.end()).toBe(0);
    expect(terminal.text).toMatch(/branches running [━─]+ \d+%/);
    expect(terminal.text).toContain('✓ both/left');
    expect(terminal.text).toMatch(/✓ completed\n+\{\n {2}"left": "The first words and the last\."/);
    expect(JSON.parse(readFileSync(join(home, 'result.json'), 'utf8'))).toMatchObject({ right: { fine: true } });
    // The cursor is there again.
    expect(terminal.raw.lastIndexOf('\u001b[?25h')).toBeGreaterThan(terminal.raw.lastIndexOf('\u001b[?25l'));
  });

  it('Ctrl-C asks once whether to cancel, and a yes does', async () => {
    open(BRANCHES);
    const id = await idOf();
    await terminal.until('┌ both/left');
    terminal.type(CTRL_C);
    await terminal.until('Cancel the execution?');
    terminal.type('y\r');
    expect(await terminal.end()).toBe(3);
    expect(terminal.text).toContain('■ cancelled: cancelled in the terminal');
    expect((await app.alice.status(id)).status).toBe('cancelled');
  });

  it('Ctrl-C twice leaves it running, and a no goes on', async () => {
    open(BRANCHES);
    const id = await idOf();
    await terminal.until('┌ both/left');
    terminal.type(CTRL_C);
    await terminal.until('Cancel the execution?');
    terminal.type('n\r');
    const before = terminal.text.length;
    app.stage.gate(id, 'both/right').open(1);
    await terminal.until('✓ both/right', before);
    const asked = terminal.text.lastIndexOf('Cancel the execution?') + 1;
    terminal.type(CTRL_C);
    await terminal.until('Cancel the execution?', asked);
    terminal.type(CTRL_C);
    expect(await terminal.end()).toBe(130);
    expect(terminal.text).toContain(`stepcast watch ${id}`);
    expect((await app.alice.status(id)).status).toBe('running');
    app.stage.gate(id, 'held').open();
  });

  it('SIGTERM asks nothing, also in the middle of a question, and leaves it running', async () => {
    open(workflow('approval', input('approve', { prompt: 'Publish?', schema: { type: 'boolean' } })));
    const id = await idOf();
    await terminal.until('Publish? [y/n]');
    terminal.signal('SIGTERM');
    expect(await terminal.end()).toBe(130);
    expect(terminal.text).toContain(`stepcast watch ${id}`);
    expect(terminal.text).not.toContain('Cancel the execution?');
    expect((await app.alice.status(id)).status).toBe('waiting');
  });

  it('asks what a step waits for, again where the answer will not do, and goes on', async () => {
    open(workflow('ask', input('approve', { prompt: 'Publish it?', schema: { type: 'boolean' } }), input('count', { prompt: 'How many?', schema: { type: 'integer', minimum: 1 } })));
    await terminal.until('Publish it? [y/n]');
    terminal.type('perhaps\r');
    await terminal.until('boolean', terminal.text.length);
    await terminal.until('Publish it? [y/n]', terminal.text.indexOf('boolean'));
    terminal.type('y\r');
    await terminal.until('How many? [integer as JSON]');
    terminal.type('3\r');
    expect(await terminal.end()).toBe(0);
    expect(terminal.text).toMatch(/! approve: true[\s\S]*! count: 3[\s\S]*✓ completed\n+3/);
  });

  it('Ctrl-C instead of an answer asks on a line of its own, and comes back to the question', async () => {
    open(workflow('ask', input('approve', { prompt: 'Publish it?', schema: { type: 'boolean' } })));
    await terminal.until('Publish it? [y/n]');
    terminal.type(CTRL_C);
    await terminal.until('Publish it? [y/n] \nCancel the execution?');
    terminal.type('n\r');
    await terminal.until('Publish it? [y/n]', terminal.text.indexOf('Cancel the execution?'));
    terminal.type('y\r');
    expect(await terminal.end()).toBe(0);
  });

  it('takes a question back that somebody else has answered', async () => {
    open(workflow('ask', input('approve', { prompt: 'Publish it?' })));
    const id = await idOf();
    await terminal.until('Publish it?');
    await terminal.until('Publish it? ', terminal.text.indexOf('? approve waits') + 40);
    expect((await app.alice.post(`/executions/${id}/input`, { value: 'yes' })).status).toBe(202);
    expect(await terminal.end()).toBe(0);
  });

  it('tells that the line is cut, goes on, fits when it is resized, and obeys no text', async () => {
    const proxy = await FaultProxy.to(app.port);
    try {
      open(workflow('loud', agent('left', 'play', { input: { part: 'commands' } })), { base: proxy.base, columns: 30, rows: 8 });
      const id = await idOf();
      await terminal.until('│ beforeafter');
      expect(terminal.raw).not.toContain('\u001b]0;owned');
      proxy.cut();
      proxy.stall();
      await terminal.until('⚡');
      terminal.resize(100, 30);
      proxy.resume();
      app.stage.gate(id, 'held').open();
      expect(await terminal.end()).toBe(0);
    } finally {
      await proxy.close();
    }
  });
});
