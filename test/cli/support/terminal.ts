/** The command as a process: with pipes, or in a pseudo-terminal as a person has one. */
import { spawn } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join, resolve } from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import { KEYS } from '../../support/client.js';
import { BUILT } from '../../support/pasted-app.js';
import { within } from '../../support/patience.js';

const NODE = resolve('node_modules/.bin/node');
/** Of the build. */
export const COMMAND = join(BUILT, 'cli/main.js');

export interface CommandOptions {
  base: string;
  /** Written to its standard input. */
  stdin?: string;
  /** A file in the place of the pipe that its standard output is. */
  stdoutFile?: string;
  env?: Record<string, string>;
  cwd?: string;
}

export interface Ended {
  code: number | null;
  stdout: string;
  stderr: string;
}

const environmentOf = ({ base, env }: CommandOptions) => ({ PATH: process.env['PATH'] ?? '', STEPCAST_URL: base, STEPCAST_API_KEY: KEYS.alice, ...env });

export class PipedCommand {
  stdout = '';
  stderr = '';
  readonly ended: Promise<Ended>;
  private readonly child;

  constructor(args: readonly string[], options: CommandOptions) {
    const file = options.stdoutFile === undefined ? undefined : openSync(options.stdoutFile, 'w');
    const child = spawn(NODE, [COMMAND, ...args], { env: environmentOf(options), cwd: options.cwd, stdio: ['pipe', file ?? 'pipe', 'pipe'] });
    if (file !== undefined) closeSync(file);
    this.child = child;
    child.stdout?.setEncoding('utf8').on('data', (text: string) => (this.stdout += text));
    child.stderr?.setEncoding('utf8').on('data', (text: string) => (this.stderr += text));
    child.stdin?.end(options.stdin ?? '');
    this.ended = new Promise((done) => child.once('close', (code) => done({ code, stdout: this.stdout, stderr: this.stderr })));
  }

  signal(signal: NodeJS.Signals): void {
    this.child.kill(signal);
  }

  /** Nobody reads what it writes there any more. */
  closeStdout(): void {
    this.child.stdout?.destroy();
  }

  closeStderr(): void {
    this.child.stderr?.destroy();
  }

  end(): Promise<Ended> {
    return within(this.ended, () => `the end of the command:\n${this.stdout}\n${this.stderr}`, 60_000);
  }
}

export function command(args: readonly string[], options: CommandOptions): Promise<Ended> {
  return new PipedCommand(args, options).end();
}

type Pty = typeof import('@lydell/node-pty');

function loadPty(): Pty | undefined {
  try {
    return createRequire(import.meta.url)('@lydell/node-pty') as Pty;
  } catch (error) {
    process.stderr.write(`SKIPPED: nothing is tried in a pseudo-terminal, as there is none here: ${(error as Error).message}\n`);
    return undefined;
  }
}

export const pty = loadPty();

/** What a person sees, without colours and moves; what was drawn over stays in it. */
export class Terminal {
  /** All that was written, as it was. */
  raw = '';
  readonly ended: Promise<number>;
  private readonly process;
  private readonly waiting = new Set<() => void>();

  constructor(args: readonly string[], options: CommandOptions & { columns?: number; rows?: number }) {
    const { columns = 80, rows = 24, cwd } = options;
    const env = { ...environmentOf(options), TERM: 'xterm-256color' };
    this.process = (pty as Pty).spawn(NODE, [COMMAND, ...args], { cols: columns, rows, env, cwd: cwd ?? process.cwd() });
    this.process.onData((text) => {
      this.raw += text;
      for (const look of [...this.waiting]) look();
    });
    this.ended = new Promise((done) => this.process.onExit(({ exitCode }) => done(exitCode)));
  }

  get text(): string {
    return stripVTControlCharacters(this.raw).replaceAll('\r', '');
  }

  type(text: string): void {
    this.process.write(text);
  }

  signal(signal: NodeJS.Signals): void {
    this.process.kill(signal);
  }

  resize(columns: number, rows: number): void {
    this.process.resize(columns, rows);
  }

  /** Resolves when the text has been written after what `from` characters of it there were. */
  until(text: string, from = 0): Promise<void> {
    const shown = new Promise<void>((done) => {
      const look = () => {
        if (!this.text.slice(from).includes(text)) return;
        this.waiting.delete(look);
        done();
      };
      this.waiting.add(look);
      look();
    });
    return within(shown, () => `"${text}" on the terminal:\n${this.text.slice(-3000)}`);
  }

  end(): Promise<number> {
    return within(this.ended, () => `the end of the command:\n${this.text.slice(-3000)}`, 60_000);
  }

  dispose(): void {
    try {
      this.process.kill('SIGKILL');
    } catch {
      // It has ended by itself.
    }
  }
}
