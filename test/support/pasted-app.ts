/**
 * A Nest app of the documentation, as somebody pastes it into files of their own: compiled, beside the built package so
 * that it finds that by its name, and run as a process.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { transformSync } from '@swc/core';
import { freePort } from './free-port.js';
import { within } from './patience.js';
import { PINNED_NODE } from './pasted-shell.js';

export interface SourceFile {
  /** Ends with `.ts`. */
  path: string;
  code: string;
}

export interface PastedAppOptions {
  /** The folder it runs in, where its data are. */
  home: string;
  env?: Record<string, string>;
}

/** Where the built package is; `STEPCAST_E2E_MAIN` names the main file of another build. */
export const BUILT = dirname(resolve(process.env['STEPCAST_E2E_MAIN'] ?? 'dist/main.js'));

/** A folder inside the built package, which Node and TypeScript find by its name from there. The caller removes it. */
export function folderInPackage(): string {
  return mkdtempSync(join(BUILT, 'pasted-'));
}

export class PastedApp {
  readonly base: string;
  private output = '';
  private child: ChildProcess | undefined;
  private closed: Promise<NodeJS.Signals | null> = Promise.resolve(null);

  private constructor(private readonly folder: string, private readonly port: number, private readonly options: PastedAppOptions) {
    this.base = `http://127.0.0.1:${port}`;
  }

  /** Starts `main.ts`; answers when it takes requests. @throws with its output, where it ends instead. */
  static async start(files: readonly SourceFile[], options: PastedAppOptions): Promise<PastedApp> {
    const app = new PastedApp(folderInPackage(), await freePort(), options);
    try {
      app.write(files);
      await app.run();
    } catch (error) {
      await app.dispose();
      throw error;
    }
    return app;
  }

  /** Sends it a signal; answers what it ended by. */
  end(signal: NodeJS.Signals = 'SIGTERM'): Promise<NodeJS.Signals | null> {
    this.child?.kill(signal);
    return within(this.closed, () => `the end of the app after ${signal}:\n${this.output}`);
  }

  /** Another process on the same port and data. @param files What is added to the app, or changed. */
  async restart(files: readonly SourceFile[] = []): Promise<void> {
    await this.end();
    this.write(files);
    await this.run();
  }

  /** Ends it in any case; its home is the caller's. */
  async dispose(): Promise<void> {
    this.child?.kill('SIGKILL');
    await this.closed;
    rmSync(this.folder, { recursive: true, force: true });
  }

  private write(files: readonly SourceFile[]): void {
    for (const { path, code } of files) {
      const target = join(this.folder, path.replace(/\.ts$/, '.js'));
      mkdirSync(dirname(target), { recursive: true });
      writeFileSync(target, transformSync(code, { filename: resolve(path), configFile: resolve('.swcrc') }).code);
    }
  }

  private async run(): Promise<void> {
    const { home, env } = this.options;
    const child = spawn(join(PINNED_NODE, 'node'), [join(this.folder, 'main.js')], {
      cwd: home, env: { PATH: process.env['PATH'], PORT: String(this.port), NO_COLOR: '1', ...env }, stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.child = child;
    this.output = '';
    this.closed = new Promise((done) => child.once('close', (_code, signal) => done(signal)));
    const started = new Promise<void>((done) => {
      for (const stream of [child.stdout, child.stderr]) {
        stream.on('data', (text: Buffer) => {
          this.output += text.toString('utf8');
          if (this.output.includes('successfully started')) done();
        });
      }
    });
    const ended = this.closed.then(() => {
      throw new Error(`the app ended:\n${this.output}`);
    });
    ended.catch(() => undefined);
    await within(Promise.race([started, ended]), () => `the start of the app:\n${this.output}`);
    await this.listens();
  }

  /** Nest says that it has started before it listens. */
  private async listens(): Promise<void> {
    const answered = async (): Promise<void> => {
      for (;;) {
        const reached = await fetch(this.base).then(() => true, () => false);
        if (reached) return;
        await new Promise((again) => setImmediate(again));
      }
    };
    await within(answered(), () => `an answer of the app:\n${this.output}`);
  }
}
