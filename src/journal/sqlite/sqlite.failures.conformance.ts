/** What the specs of real failures share: folders, disks, other processes and the health that tells of them. */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { filter, firstValueFrom, map } from 'rxjs';
import { type Journal } from '../journal.js';
import { SqliteJournal } from './sqlite-journal.js';

type Message = { type: string } & Record<string, unknown>;

/** What a test has opened, and puts away at its end, last first. */
export class Bench {
  private readonly endings: (() => unknown)[] = [];

  folder(): string {
    const folder = mkdtempSync(join(tmpdir(), 'stepcast-'));
    this.atEnd(() => rmSync(folder, { recursive: true, force: true }));
    return folder;
  }

  async journal(dataDir: string): Promise<SqliteJournal> {
    const journal = new SqliteJournal({ dataDir });
    this.atEnd(() => journal.close());
    await journal.open();
    return journal;
  }

  /** A disk of its own, of so many KiB; only where `canMount`. */
  disk(kib: number): string {
    const folder = this.folder();
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${kib}k`, 'stepcast-test', folder], { stdio: 'pipe' });
    this.atEnd(() => execFileSync('umount', ['-l', folder]));
    return folder;
  }

  child(script: 'journal' | 'locker', arg: string, { limitKib }: { limitKib?: number } = {}): Child {
    const child = new Child(script, arg, limitKib);
    this.atEnd(() => child.kill());
    return child;
  }

  atEnd(ending: () => unknown): void {
    this.endings.push(ending);
  }

  async clear(): Promise<void> {
    for (const ending of this.endings.splice(0).reverse()) await ending();
  }
}

/** Another real process; its messages wait until they are asked for. */
export class Child {
  readonly exited: Promise<{ code: number | null; signal: string | null }>;
  private readonly child: ChildProcess;
  private readonly messages: Message[] = [];
  private listener: (() => void) | undefined;

  constructor(script: string, arg: string, limitKib?: number) {
    const path = (name: string) => fileURLToPath(new URL(`./children/${name}.mjs`, import.meta.url));
    const args = ['--import', path('typescript'), '--disable-warning=ExperimentalWarning', path(script), arg];
    const [command, commandArgs] =
      limitKib === undefined ? [process.execPath, args] : ['sh', ['-c', `ulimit -S -f ${limitKib * 2}; exec "$@"`, 'sh', process.execPath, ...args]];
    this.child = spawn(command, commandArgs, { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
    this.exited = new Promise((resolve) => this.child.once('exit', (code, signal) => resolve({ code, signal })));
    this.child.on('message', (message: Message) => {
      this.messages.push(message);
      this.listener?.();
    });
  }

  get pid(): number {
    return this.child.pid as number;
  }

  /** The next message that `wanted` holds for; those before it are dropped. */
  async next(wanted: Partial<Message>): Promise<Message> {
    for (;;) {
      for (let message; (message = this.messages.shift()); ) {
        const found = message;
        if (Object.entries(wanted).every(([key, value]) => found[key] === value)) return found;
      }
      const gone = await Promise.race([this.exited, new Promise<void>((resolve) => (this.listener = resolve))]);
      if (gone && this.messages.length === 0) throw new Error(`the child ended with ${JSON.stringify(gone)} before ${JSON.stringify(wanted)}`);
    }
  }

  send(message: object): void {
    this.child.send(message);
  }

  /** Has a step done, and answers its message. */
  async step(step: string, options: object = {}): Promise<Message> {
    this.send({ step, ...options });
    return this.next({ type: 'done', step });
  }

  async kill(signal: NodeJS.Signals = 'SIGKILL'): Promise<void> {
    this.child.kill(signal);
    await this.exited;
  }
}

/** The reason for which the journal is not ready, as soon as it holds what is looked for. */
export function whenFailing(journal: Journal, reason = ''): Promise<string> {
  return firstValueFrom(journal.health$.pipe(filter((health) => !health.ready && health.reason?.includes(reason) === true), map((health) => health.reason as string)));
}

/** All that health$ has said from now on. */
export function healthOf(journal: Journal): string[] {
  const said: string[] = [];
  journal.health$.subscribe(({ ready, reason }) => said.push(ready ? 'ready' : (reason ?? '')));
  return said;
}

/** Whether this process may mount a disk, as root may outside of most containers. */
export function canMount(): boolean {
  const bench = new Bench();
  try {
    bench.disk(64);
    return true;
  } catch {
    return false;
  } finally {
    void bench.clear();
  }
}
