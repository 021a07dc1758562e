/** An app that uses the module as a user would, in this process, on a free port, with data of its own. */
import { mkdtempSync, rmSync } from 'node:fs';
import { type Server } from 'node:http';
import { type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type INestApplication, type LoggerService, type Provider, type Type } from '@nestjs/common';
import { ExpressAdapter } from '@nestjs/platform-express';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { Test, type TestingModuleBuilder } from '@nestjs/testing';
import { Clock } from '../../src/orchestration/clock.js';
import { ExecutionService } from '../../src/orchestration/execution.service.js';
import { ProblemFilter } from '../../src/streaming/http/problem.filter.js';
import { StreamingModule } from '../../src/streaming/streaming.module.js';
import { type StreamingOptions } from '../../src/streaming/streaming.options.js';
import { Client, KEYS, type User } from './client.js';
import { JournalFile } from './journal-file.js';
import { GateAgent, PlayAgent, Stage } from './stage.js';

export type Platform = 'express' | 'fastify';

export interface AppOptions {
  platform?: Platform;
  streaming?: Partial<StreamingOptions> & { path?: string };
  globalPrefix?: string;
  /** What the app does before it is initialised. */
  prepare?: (nest: INestApplication) => void;
  /** Agents and workflows beside `gate` and `play`. */
  providers?: Provider[];
  controllers?: Type<unknown>[];
  override?: (builder: TestingModuleBuilder) => TestingModuleBuilder;
  /** A folder that outlives the app; without one, the app's own is removed with it. */
  dataDir?: string;
  stage?: Stage;
}

/** Milliseconds that closing an app may wait for its connections. */
const CLOSING_MS = 5000;

/** Time that a test can set forward. */
export class TestClock extends Clock {
  aheadMs = 0;
  private readonly waits = new Set<{ at: number; run: () => void }>();

  override after(ms: number, run: () => void): () => void {
    const wait = { at: this.ticks() + ms, run: () => (off(), run()) };
    const stop = super.after(ms, () => wait.run());
    const off = (): void => {
      stop();
      this.waits.delete(wait);
    };
    this.waits.add(wait);
    return off;
  }

  /** Sets it forward, and has what waited for that not wait any longer. */
  advance(ms: number): void {
    this.aheadMs += ms;
    for (const wait of [...this.waits].toSorted((a, b) => a.at - b.at)) if (wait.at <= this.ticks() && this.waits.has(wait)) wait.run();
  }

  override now(): number {
    return super.now() + this.aheadMs;
  }

  override ticks(): number {
    return super.ticks() + this.aheadMs;
  }
}

/** Keeps what is logged as an error: no test passes by one unseen. */
class ErrorLog implements LoggerService {
  readonly errors: string[] = [];
  log(): void {}
  warn(): void {}
  error(message: unknown, ...more: unknown[]): void {
    this.errors.push([message instanceof Error ? (message.stack ?? message.message) : JSON.stringify(message), ...more].join(' '));
  }
}

export function tempDir(): string {
  return mkdtempSync(join(tmpdir(), 'stepcast-e2e-'));
}

export class TestApp {
  readonly base: string;
  readonly port: number;
  readonly alice: Client;
  readonly bob: Client;
  /** An admin. */
  readonly root: Client;

  private constructor(
    readonly nest: INestApplication,
    readonly stage: Stage,
    readonly dataDir: string,
    readonly clock: TestClock,
    private readonly options: AppOptions,
    private readonly log: ErrorLog,
  ) {
    this.port = ((nest.getHttpServer() as Server).address() as AddressInfo).port;
    this.base = `http://127.0.0.1:${this.port}`;
    this.alice = this.as('alice');
    this.bob = this.as('bob');
    this.root = this.as('root');
  }

  static async start(options: AppOptions = {}): Promise<TestApp> {
    const { platform = 'express', streaming = {}, providers = [], controllers = [], override = (builder) => builder, globalPrefix } = options;
    const dataDir = options.dataDir ?? tempDir();
    const stage = options.stage ?? new Stage();
    const log = new ErrorLog();
    const clock = new TestClock();
    const apiKeys = Object.entries(KEYS).map(([user, key]) => ({ user, key, roles: user === 'root' ? ['admin'] : [] }));
    const limits = { rateLimit: { points: 100_000, seconds: 60 }, maxStreamsPerUser: 1000, maxExecutionsPerUser: 1000 };
    const builder = Test.createTestingModule({
      imports: [StreamingModule.forRoot({ dataDir, apiKeys, ...limits, ...streaming })],
      controllers,
      providers: [{ provide: Stage, useValue: stage }, GateAgent, PlayAgent, ...providers],
    }).setLogger(log).overrideProvider(Clock).useValue(clock);
    const module = await override(builder).compile();
    const nest = module.createNestApplication<INestApplication>(platform === 'fastify' ? new FastifyAdapter() : new ExpressAdapter());
    if (globalPrefix !== undefined) nest.setGlobalPrefix(globalPrefix);
    options.prepare?.(nest);
    nest.useGlobalFilters(nest.get(ProblemFilter));
    await nest.listen(0, '127.0.0.1');
    return new TestApp(nest, stage, dataDir, clock, options, log);
  }

  get executions(): ExecutionService {
    return this.nest.get(ExecutionService);
  }

  /** A client for a user of `KEYS`, with headers of its own, or for nobody. */
  as(credentials: User | Record<string, string> | undefined): Client {
    return new Client(this.base, credentials);
  }

  /** Runs `use` with a connection of its own to the journal's file. */
  async withJournalFile<T>(use: (file: JournalFile) => Promise<T>): Promise<T> {
    const file = new JournalFile(this.dataDir);
    try {
      return await use(file);
    } finally {
      file.close();
    }
  }

  /** Stops this app as SIGTERM would, and starts another one on the same data, with the same stage. */
  async restart(change: AppOptions = {}): Promise<TestApp> {
    await this.stop();
    return TestApp.start({ ...this.options, dataDir: this.dataDir, stage: this.stage, ...change });
  }

  /** Stops it and removes its data. @throws where an error was logged meanwhile that the test did not expect. */
  async close({ expectErrors = false } = {}): Promise<void> {
    // Only a test that failed leaves a stream that nobody reads, and its failure is to be seen, not a time-out after it.
    const patience = setTimeout(() => (this.nest.getHttpServer() as Server).closeAllConnections(), CLOSING_MS);
    await this.nest.close();
    clearTimeout(patience);
    rmSync(this.dataDir, { recursive: true, force: true });
    if (!expectErrors) this.assertNoErrors();
  }

  private async stop(): Promise<void> {
    await this.nest.close();
    this.assertNoErrors();
  }

  private assertNoErrors(): void {
    if (this.log.errors.length) throw new Error(`the app logged errors:\n${this.log.errors.join('\n')}`);
  }
}
