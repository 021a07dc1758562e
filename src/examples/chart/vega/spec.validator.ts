/**
 * Checks charts against the JSON Schema of Vega-Lite, in a thread: compiling the schema takes up to more than a second, in
 * which every stream of the service would stand still. The thread is begun for the first chart and kept for those after it;
 * when none has come for a while it ends, and gives its memory back.
 */
import { Worker } from 'node:worker_threads';
import { Injectable, Logger, type OnApplicationShutdown } from '@nestjs/common';
import { assetUrl, scriptFile } from '../../../assets.js';
import { type JsonObject } from '../../../contract/json.js';

/** The build copies it (`assets` in nest-cli.json). */
const SCHEMA = assetUrl('./examples/chart/vega/vega-lite.schema.json');
/** Milliseconds without a chart after which the thread ends. */
export const IDLE_MS = 300_000;
/** Of the thread; compiling takes less than half of it. */
const MAX_HEAP_MB = 128;

interface Waiting {
  resolve: (fault: string | null) => void;
  reject: (reason: Error) => void;
}

@Injectable()
export class SpecValidator implements OnApplicationShutdown {
  private readonly logger = new Logger('Chart');
  private worker: Worker | undefined;
  private idle: NodeJS.Timeout | undefined;
  private readonly waiting = new Map<number, Waiting>();
  private asked = 0;

  /** Begins the thread, where there is none: it gets ready while a chart is still on its way to being drawn. */
  prepare(): void {
    this.thread();
  }

  /** @throws Error for a spec that is no Vega-Lite; the reason of `signal` where it aborts. */
  async assertValid(spec: JsonObject, signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    const fault = await this.check(this.thread(), spec, signal);
    if (fault !== null) throw new Error(`the chart is no Vega-Lite: ${fault}`);
  }

  async onApplicationShutdown(): Promise<void> {
    const { worker } = this;
    if (!worker) return;
    this.lose(worker, new Error('the service is shutting down'));
    await worker.terminate();
  }

  protected begin(): Worker {
    // Without what the process was started with: it needs no keys, and what is loaded before a service is not for a thread.
    return new Worker(scriptFile('./examples/chart/vega/spec.worker'), { workerData: { schema: SCHEMA.href }, env: {}, execArgv: [], resourceLimits: { maxOldGenerationSizeMb: MAX_HEAP_MB } });
  }

  private thread(): Worker {
    this.worker ??= this.watched(this.begin());
    clearTimeout(this.idle);
    this.idle = setTimeout(() => this.rest(), IDLE_MS).unref();
    return this.worker;
  }

  private watched(worker: Worker): Worker {
    worker.on('message', ({ id, fault }: { id: number; fault: string | null }) => this.waiting.get(id)?.resolve(fault));
    worker.on('error', (error: Error) => this.crashed(worker, error.message));
    worker.on('exit', (code) => this.crashed(worker, `it ended with code ${code}`));
    // Only a check is worth a process that waits.
    worker.unref();
    return worker;
  }

  private check(worker: Worker, spec: JsonObject, signal: AbortSignal): Promise<string | null> {
    const id = ++this.asked;
    const { promise, resolve, reject } = Promise.withResolvers<string | null>();
    const abort = (): void => reject(signal.reason as Error);
    worker.postMessage({ id, spec });
    worker.ref();
    this.waiting.set(id, { resolve, reject });
    signal.addEventListener('abort', abort, { once: true });
    return promise.finally(() => {
      signal.removeEventListener('abort', abort);
      this.waiting.delete(id);
      if (this.waiting.size === 0) this.worker?.unref();
    });
  }

  private rest(): void {
    if (this.waiting.size > 0) return void this.idle?.refresh();
    const { worker } = this;
    this.worker = undefined;
    void worker?.terminate();
  }

  private crashed(worker: Worker, reason: string): void {
    // One that was ended, or that has told of its end before.
    if (this.worker !== worker) return;
    this.logger.error(`the thread that checks charts has ended: ${reason}`);
    this.lose(worker, new Error('the thread that checks charts has ended; the log of the service says why'));
  }

  private lose(worker: Worker, reason: Error): void {
    worker.unref();
    this.worker = undefined;
    clearTimeout(this.idle);
    for (const { reject } of this.waiting.values()) reject(reason);
  }
}
