/** The built service as a process of its own, to be ended in every way that a process can end. */
import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, rmSync } from 'node:fs';
import { resolve } from 'node:path';
import { tempDir } from './app.js';
import { Client, KEYS, type User } from './client.js';
import { freePort } from './free-port.js';
import { within } from './patience.js';

export interface ServiceOptions {
  env?: Record<string, string | undefined>;
  /** A folder that outlives the process; without one, `dispose` removes it. */
  dataDir?: string;
  /** Default a free one. */
  port?: number;
  /** Modules that the process loads before its own. */
  preload?: string | readonly string[];
}

export interface Exit {
  code: number | null;
  signal: NodeJS.Signals | null;
}

/** `STEPCAST_E2E_MAIN` names the main file of another build. */
const MAIN = resolve(process.env['STEPCAST_E2E_MAIN'] ?? 'dist/main.js');
const NODE = resolve('node_modules/.bin/node');
/** Milliseconds that a start may take where the machine is busy. */
const START_MS = 60_000;
const USERS = Object.entries(KEYS).map(([user, key]) => `${user}:${key}${user === 'root' ? ':admin' : ''}`).join();

export class ServiceProcess {
  readonly exited: Promise<Exit>;
  /** All that it has written to its standard output and error. */
  output = '';
  private readonly exitOrder = Promise.withResolvers<Exit>();

  private constructor(private readonly child: ChildProcess, readonly dataDir: string, private readonly options: ServiceOptions) {
    this.exited = this.exitOrder.promise;
    // `close` and not `exit`: all output has been read then.
    child.once('close', (code, signal) => this.exitOrder.resolve({ code, signal }));
    for (const stream of [child.stdout, child.stderr]) stream?.on('data', (text: Buffer) => (this.output += text.toString('utf8')));
  }

  /** Starts it without waiting for anything. */
  static spawn(options: ServiceOptions = {}): ServiceProcess {
    if (!existsSync(MAIN)) throw new Error(`${MAIN} is not built; run "npm run build" (npm test does)`);
    const { dataDir = tempDir(), port = 0, preload, env = {} } = options;
    const child = spawn(NODE, [...[preload ?? []].flat().flatMap((module) => ['--import', resolve(module)]), MAIN], {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: {
        PATH: process.env['PATH'], HOME: process.env['HOME'], PORT: String(port), HOST: '127.0.0.1', STEPCAST_DATA_DIR: dataDir,
        STEPCAST_API_KEYS: USERS, STEPCAST_RATE_LIMIT: '100000/60', ...env,
      },
    });
    return new ServiceProcess(child, dataDir, options);
  }

  /** Starts it; answers when it takes requests. @throws with its output, where it ends instead. */
  static async start(options: ServiceOptions = {}): Promise<ServiceProcess> {
    const service = ServiceProcess.spawn({ ...options, port: options.port ?? (await freePort()) });
    const ended = service.exited.then(({ code, signal }) => {
      throw new Error(`the service ended with ${code ?? signal}:\n${service.output}`);
    });
    ended.catch(() => undefined);
    try {
      await Promise.race([within(service.ready(), () => `the start of the service:\n${service.output}`, START_MS), ended]);
    } catch (error) {
      await service.dispose();
      throw error;
    }
    return service;
  }

  /** As it was printed. */
  get base(): string {
    return /ready at (http:\/\/[^/]+)\//.exec(this.output)?.[1] ?? '';
  }

  get port(): number {
    return Number(new URL(this.base).port);
  }

  get pid(): number {
    return this.child.pid as number;
  }

  as(credentials: User | Record<string, string> | undefined): Client {
    return new Client(this.base, credentials);
  }

  /** Sends it a signal; answers when it is gone. */
  async end(signal: NodeJS.Signals = 'SIGTERM'): Promise<Exit> {
    this.child.kill(signal);
    return within(this.exited, () => `the end of the process after ${signal}:\n${this.output.slice(-2000)}`);
  }

  /** Another process on the same data and port. */
  restart(): Promise<ServiceProcess> {
    return ServiceProcess.start({ ...this.options, dataDir: this.dataDir, port: this.port });
  }

  /** Ends it in any case, and removes its data. */
  async dispose(): Promise<void> {
    if (this.child.exitCode === null && this.child.signalCode === null) this.child.kill('SIGKILL');
    await this.exited;
    rmSync(this.dataDir, { recursive: true, force: true });
  }

  private ready(): Promise<void> {
    return new Promise((resolve) => {
      const look = () => {
        if (this.base !== '') resolve();
      };
      this.child.stdout?.on('data', look);
    });
  }
}
