/** A server of the documentation, as somebody pastes it into a file of their own: run beside the built package as a process, on a free port in the place of the one it names. */
import { type ChildProcess, spawn } from 'node:child_process';
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { freePort } from './free-port.js';
import { folderInPackage } from './pasted-app.js';
import { PINNED_NODE } from './pasted-shell.js';
import { eventually } from './patience.js';

export interface PastedServerOptions {
  /** The port that the code names. */
  port: number;
  env: Record<string, string>;
}

export class PastedServer {
  /** All that it has written. */
  output = '';
  readonly base: string;
  private readonly closed: Promise<unknown>;

  private constructor(private readonly child: ChildProcess, private readonly folder: string, port: number) {
    this.base = `http://127.0.0.1:${port}`;
    for (const stream of [child.stdout, child.stderr]) stream?.on('data', (text: Buffer) => (this.output += text.toString('utf8')));
    this.closed = new Promise((resolve) => child.once('close', resolve));
  }

  /** Answers when it takes requests. @throws with its output, where it ends instead. */
  static async start(code: string, { port: named, env }: PastedServerOptions): Promise<PastedServer> {
    const port = await freePort();
    const folder = folderInPackage();
    const file = join(folder, 'server.mjs');
    writeFileSync(file, code.replace(`listen(${named}, `, `listen(${port}, `));
    const child = spawn(join(PINNED_NODE, 'node'), [file], { env: { PATH: process.env['PATH'], NO_COLOR: '1', ...env }, stdio: ['ignore', 'pipe', 'pipe'] });
    const server = new PastedServer(child, folder, port);
    const listens = async (): Promise<boolean> => {
      if (child.exitCode !== null) throw new Error(`the server ended:\n${server.output}`);
      return fetch(server.base).then(() => true, () => false);
    };
    try {
      await eventually(listens, 'an answer of the server');
    } catch (error) {
      await server.dispose();
      throw error;
    }
    return server;
  }

  async dispose(): Promise<void> {
    this.child.kill('SIGKILL');
    await this.closed;
    rmSync(this.folder, { recursive: true, force: true });
  }
}
