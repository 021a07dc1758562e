/**
 * Processes that answer calls: every contestant and the load client run in a process of their own, so that none shares a
 * heap, a loop or a core's caches with another, and the runner tells them what to do over Node's IPC channel.
 */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { clearTimeout } from 'node:timers';
import { startProfile, writeProfile } from './profiler.mjs';

const STDERR_KEPT = 4000;

/** In a child: answers the runner's calls with these functions. Ends with the runner. */
export function answerCalls(methods) {
  process.on('message', async ({ id, method, params }) => {
    try {
      const result = await methods[method](params ?? {});
      // The first call sets the process up.
      await startProfile();
      process.send({ id, result });
    } catch (error) {
      process.send({ id, error: error?.stack ?? String(error) });
    }
  });
  process.on('disconnect', () => writeProfile().finally(() => process.exit(0)));
  process.send({ ready: true });
}

/** In the runner: a child and what can be asked of it. */
export class Child {
  #process;
  #calls = new Map();
  #nextId = 1;
  #stderr = '';
  #ended;

  /** Starts `file`; answers when it takes calls. */
  static async start(file, { nodeFlags = [], env = {} } = {}) {
    const child = new Child();
    await child.#start(file, nodeFlags, env);
    return child;
  }

  get pid() {
    return this.#process.pid;
  }

  /** @throws Error with the child's own stack, or when it ends or does not answer in time. */
  call(method, params, timeoutMs = 120_000) {
    if (this.#ended) return Promise.reject(new Error(this.#ended));
    return new Promise((resolve, reject) => {
      const id = this.#nextId++;
      const timer = setTimeout(() => this.#settle(id, { error: `${method} was not answered within ${timeoutMs} ms` }), timeoutMs);
      this.#calls.set(id, { resolve, reject, timer });
      this.#process.send({ id, method, params });
    });
  }

  /** Lets the child end by itself, so that it can write its profile, and makes sure that it does. */
  async stop() {
    if (this.#ended) return;
    const exit = once(this.#process, 'exit');
    this.#process.disconnect();
    const timer = setTimeout(() => this.#process.kill('SIGKILL'), 10_000);
    await exit;
    clearTimeout(timer);
  }

  async #start(file, nodeFlags, env) {
    this.#process = fork(file, [], {
      execArgv: ['--disable-warning=ExperimentalWarning', ...nodeFlags],
      // Nothing that is measured may talk to the outside.
      env: { ...process.env, NODE_ENV: 'production', MASTRA_TELEMETRY_DISABLED: '1', LANGSMITH_TRACING: 'false', ...env },
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    });
    this.#process.stderr.setEncoding('utf8').on('data', (text) => (this.#stderr = (this.#stderr + text).slice(-STDERR_KEPT)));
    await new Promise((resolve, reject) => {
      this.#process.on('error', reject);
      this.#process.on('close', (code, signal) => {
        this.#ended = `${file} ended with ${signal ?? code}: ${this.#stderr.trim()}`;
        reject(new Error(this.#ended));
        for (const id of this.#calls.keys()) this.#settle(id, { error: this.#ended });
      });
      this.#process.on('message', (message) => (message.ready ? resolve() : this.#settle(message.id, message)));
    });
  }

  #settle(id, { result, error }) {
    const call = this.#calls.get(id);
    if (!call) return;
    this.#calls.delete(id);
    clearTimeout(call.timer);
    if (error === undefined) call.resolve(result);
    else call.reject(new Error(error));
  }
}
