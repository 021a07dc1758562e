/** One service through many lives: processes that follow one another on the same data and port, however each of them ends. */
import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { Client, KEYS } from '../../support/client.js';
import { freePort } from '../../support/free-port.js';
import { within } from '../../support/patience.js';

export interface Life {
  /** Milliseconds since the epoch. */
  spawnedAt: number;
  endedAt: number;
  /** Whether it came to take requests. */
  wasReady: boolean;
}

export interface Exit {
  code: number | null;
  signal: NodeJS.Signals | null;
}

export interface LineageOptions {
  /** The main file; default the built service, or that of another build which `STEPCAST_E2E_MAIN` names. */
  main?: string;
  env?: Record<string, string>;
  /** A module that the process loads before its own. */
  preload?: string;
  /** Arguments for Node itself. */
  args?: string[];
  /** Default a new one, which goes with the lineage. */
  dataDir?: string;
  /** The largest file that the process may write, which can be raised while it runs. */
  fileLimitKib?: number;
}

const NODE = resolve('node_modules/.bin/node');
const BUILT = process.env['STEPCAST_E2E_MAIN'] ?? 'dist/main.js';
const START_MS = 60_000;

const children = new Set<ChildProcess>();
process.once('exit', () => children.forEach((child) => child.kill('SIGKILL')));

export class Lineage {
  readonly lives: Life[] = [];
  /** What the present process has written. */
  output = '';
  readonly dataDir: string;
  /** For the lives to come. */
  env: Record<string, string>;
  private child: ChildProcess | undefined;
  private gone: Promise<Exit> = Promise.resolve({ code: null, signal: null });
  private readiness = Promise.withResolvers<void>();
  private isUp = false;
  private isDisposed = false;

  private constructor(readonly port: number, private readonly options: LineageOptions) {
    this.dataDir = options.dataDir ?? mkdtempSync(join(tmpdir(), 'stepcast-faults-'));
    // What a fixture is to import.
    this.env = { FIXTURE_BUILD: resolve(dirname(BUILT)), ...options.env };
  }

  static async create(options: LineageOptions = {}): Promise<Lineage> {
    if (!existsSync(BUILT)) throw new Error(`${BUILT} is not built; run "npm run build" (npm test does)`);
    return new Lineage(await freePort(), options);
  }

  get client(): Client {
    return new Client(this.base, 'alice');
  }

  get base(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  get pid(): number {
    return this.child?.pid as number;
  }

  get life(): Life {
    return this.lives.at(-1) as Life;
  }

  /** Begins a life, without waiting for anything. */
  spawn(): void {
    if (this.isDisposed) throw new Error('the lineage has died out');
    this.output = '';
    const life: Life = { spawnedAt: Date.now(), endedAt: Infinity, wasReady: false };
    this.lives.push(life);
    const { PATH, HOME } = process.env;
    const { main = BUILT, preload, args = [], fileLimitKib } = this.options;
    const node = [NODE, ...args, ...(preload === undefined ? [] : ['--import', resolve(preload)]), resolve(main)];
    const limited = fileLimitKib === undefined ? node : ['sh', '-c', `ulimit -S -f ${fileLimitKib * 2}; exec "$@"`, 'sh', ...node];
    const child = spawn(limited[0] as string, limited.slice(1), {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: {
        PATH, HOME, PORT: String(this.port), HOST: '127.0.0.1', STEPCAST_DATA_DIR: this.dataDir, STEPCAST_API_KEYS: `alice:${KEYS.alice},bob:${KEYS.bob}`,
        STEPCAST_RATE_LIMIT: '1000000/60', STEPCAST_MAX_STREAMS_PER_USER: '10000', STEPCAST_MAX_EXECUTIONS_PER_USER: '10000', ...this.env,
      },
    });
    this.child = child;
    children.add(child);
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', (text: string) => {
        this.output += text;
        if (life === this.life && /^Stepcast is ready/m.test(this.output)) this.announce();
      });
    }
    this.gone = new Promise((resolveExit) => {
      child.once('exit', () => {
        life.endedAt = Date.now();
        this.goDown();
      });
      child.once('close', (code, signal) => {
        children.delete(child);
        resolveExit({ code, signal });
      });
    });
  }

  /** Begins a life; answers when it takes requests. @throws with what it wrote, where it ends instead. */
  async start(): Promise<void> {
    this.spawn();
    const ended = this.gone.then(({ code, signal }) => {
      throw new Error(`the process ended with ${code ?? signal} before it was ready:\n${this.output}`);
    });
    ended.catch(() => undefined);
    await within(Promise.race([this.up(), ended]), () => `the start of the process:\n${this.output}`, START_MS);
  }

  /** The present process takes requests. It says so itself where that is so from the start. */
  announce(): void {
    const { life } = this;
    if (life.wasReady || life.endedAt < Infinity) return;
    life.wasReady = true;
    this.isUp = true;
    this.readiness.resolve();
  }

  /** Resolves while there is a process that takes requests, be it this one or one to come. */
  up(): Promise<void> {
    return this.readiness.promise;
  }

  /** Resolves when the present process has ended, by whatever cause. */
  exited(): Promise<Exit> {
    return this.gone;
  }

  signal(signal: NodeJS.Signals): void {
    this.child?.kill(signal);
  }

  async end(signal: NodeJS.Signals = 'SIGKILL'): Promise<Exit> {
    this.goDown();
    this.child?.kill(signal);
    return within(this.gone, () => `the end of the process after ${signal}:\n${this.output.slice(-2000)}`);
  }

  /** From now on `up` waits for the next life. */
  private goDown(): void {
    if (!this.isUp) return;
    this.isUp = false;
    this.readiness = Promise.withResolvers();
  }

  async dispose({ keepData = false } = {}): Promise<void> {
    this.isDisposed = true;
    if (this.child) await this.end();
    if (!keepData) rmSync(this.dataDir, { recursive: true, force: true });
  }
}
