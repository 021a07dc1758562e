/**
 * After a crash, a deployment or a move, the journal says what is not finished; this goes on with it. Completed steps
 * are read from the log and not run (P12).
 *
 * An execution that itself kills the process would do so at every start. Its record counts the resumes it has had
 * without getting any further, and after the third it is given up. So that others, which only shared its process, are
 * not given up with it, those that were cut short twice are resumed one at a time: then the count names the culprit.
 */
import { Injectable, Logger, type OnApplicationBootstrap, type OnApplicationShutdown, type OnModuleDestroy } from '@nestjs/common';
import { filter, firstValueFrom, merge, Observable, type Subscription, take } from 'rxjs';
import { type WorkflowDefinition } from '../contract/definition.js';
import { StepcastError } from '../contract/errors.js';
import { type EventType } from '../contract/events.js';
import { ProgressMeter } from '../contract/progress.js';
import { type EventBatch } from '../journal/event-batch.js';
import { Journal } from '../journal/journal.js';
import { type ExecutionRecord } from '../journal/journal.types.js';
import { readLog } from '../journal/read-log.js';
import { stateBefore } from './state-before.js';
import { ExecutionScheduler } from './execution.scheduler.js';
import { type Past } from './run/execution.runner.js';
import { Recall } from './run/recall.js';
import { WorkflowCatalog } from './workflow.catalog.js';

const MAX_RESUMES = 3;
/** Resumes from which on executions are resumed one by one. */
const SUSPECT_RESUMES = 2;
/** How long a suspect must live before the next one is resumed. */
const SUSPECT_MS = 1000;
/** An execution that has lived so long after a resume does not crash the process at every start. */
const SURVIVED_MS = 10_000;
/** Between two tries while the journal is not available. */
const RETRY_MS = 100;
/** Events that an execution tells of its resume alone: they do not show that it got any further. */
const NO_ADVANCE: ReadonlySet<EventType> = new Set(['workflow_resumed', 'step_started', 'checkpoint_saved']);

/** An execution that is to be gone on with; `over` when it runs, or has been given up. */
interface Turn {
  record: ExecutionRecord;
  over: PromiseWithResolvers<void>;
}

@Injectable()
export class RecoveryService implements OnApplicationBootstrap, OnModuleDestroy, OnApplicationShutdown {
  private readonly logger = new Logger(RecoveryService.name);
  /** Resumed, and not yet known to have got any further. */
  private readonly onProbation = new Set<string>();
  /** What waits for its time, by its timer. */
  private readonly waiting = new Map<NodeJS.Timeout, () => void>();
  private subscription: Subscription | undefined;
  private stopping = false;

  constructor(
    private readonly journal: Journal,
    private readonly catalog: WorkflowCatalog,
    private readonly scheduler: ExecutionScheduler,
  ) {}

  async onApplicationBootstrap(): Promise<void> {
    this.subscription = this.journal.commits$.subscribe(({ batches }) => {
      if (this.onProbation.size) this.acquit(batches.filter((batch) => this.shows(batch)).map((batch) => batch.executionId));
    });
    this.subscription.add(
      this.journal.health$.pipe(filter(({ ready }) => ready), take(1)).subscribe(() => {
        this.recover().catch((error: unknown) => this.logger.error(`recovery stopped: ${(error as Error).message}`));
      }),
    );
    await this.journal.open();
    const { ready, reason } = this.journal.health$.value;
    if (!ready && reason) this.logger.error(`not ready: ${reason}`);
  }

  /** Before streams end: they still carry what the engine tells at last. */
  async onModuleDestroy(): Promise<void> {
    this.stopping = true;
    // Nothing waits beyond a shutdown.
    for (const [timer, then] of this.waiting) {
      clearTimeout(timer);
      then();
    }
    const suspended = await this.scheduler.suspendAll();
    // This is no crash: nobody is to blame for it, those neither that are on the way to being resumed.
    await this.journal.clearResumes([...new Set([...suspended, ...this.onProbation])]).catch(() => undefined);
  }

  async onApplicationShutdown(): Promise<void> {
    this.subscription?.unsubscribe();
    await this.journal.close();
  }

  private async recover(): Promise<void> {
    const left = (await this.onceAvailable(() => this.journal.unfinished())).filter(({ id }) => !this.scheduler.runnerOf(id));
    // What had begun takes its place again before what was waiting for one does.
    const unfinished = [...left.filter(({ lastSeq }) => lastSeq > 0), ...left.filter(({ lastSeq }) => lastSeq === 0)];
    if (unfinished.length) this.logger.log(`unfinished executions to go on with: ${unfinished.length}`);
    // Requests for any of them wait until it runs, however many come before it.
    const turns = unfinished.map((record) => ({ record, over: Promise.withResolvers<void>() }));
    for (const { record, over } of turns) this.scheduler.announceResume(record.id, over.promise);
    try {
      await this.goOn(turns.filter(({ record }) => !isSuspect(record)), turns.filter(({ record }) => isSuspect(record)));
    } finally {
      for (const { over } of turns) over.resolve();
    }
  }

  private async goOn(others: readonly Turn[], suspects: readonly Turn[]): Promise<void> {
    for (const turn of others) {
      if (this.stopping) return;
      await this.take(turn);
    }
    for (const [i, turn] of suspects.entries()) {
      if (this.stopping) return;
      await this.take(turn);
      await this.survives(turn.record.id);
      // The process lived with it: what the next one does to it is not to be counted against this one.
      if (i < suspects.length - 1) this.acquit([turn.record.id]);
    }
    this.after(SURVIVED_MS, () => this.acquit([...this.onProbation]));
  }

  private async take({ record, over }: Turn): Promise<void> {
    try {
      await this.resume(record);
    } catch (error) {
      // One that a shutdown was faster than goes on at the next start: no error.
      if (!this.stopping) this.logger.error({ executionId: record.id }, `could not go on: ${(error as Error).message}`);
    }
    over.resolve();
  }

  private async resume(listed: ExecutionRecord): Promise<void> {
    // One that was waiting in the queue, and goes back there, has nothing to do with the crash. One that is to run has, even
    // where nothing is in its log: it may have ended the process before that could be written.
    const countResume = listed.lastSeq > 0 || this.scheduler.hasRoom(listed.user);
    if (countResume) this.onProbation.add(listed.id);
    const record = await this.onceAvailable(() => this.journal.claim(listed.id, { countResume }));
    let definition: WorkflowDefinition | undefined;
    let refusal: StepcastError | undefined;
    try {
      definition = this.catalog.forResume(record);
      if (listed.resumes >= MAX_RESUMES) {
        refusal = new StepcastError('resume_limit', `the process ended each of the ${MAX_RESUMES} times this execution was resumed; see the log of the service, then start it anew`);
      }
    } catch (error) {
      if (!(error instanceof StepcastError)) throw error;
      refusal = error;
    }
    const past = record.lastSeq > 0 ? await this.readPast(record, definition) : undefined;
    if (refusal || !definition) await this.scheduler.giveUp(record, past, refusal as StepcastError);
    else this.scheduler.resume(record, definition, past);
  }

  private async readPast(record: ExecutionRecord, definition: WorkflowDefinition | undefined): Promise<Past> {
    const recall = new Recall(stateBefore(record));
    const meter = new ProgressMeter(definition?.steps ?? []);
    let lastTimestamp = '';
    let logLength = 0;
    for await (const batch of readLog((after, page) => this.onceAvailable(() => this.journal.read(record.id, after, page)))) {
      for (const { event, json } of batch.events) {
        logLength += json.length;
        recall.apply(event);
        meter.apply(event);
        lastTimestamp = event.timestamp;
      }
    }
    meter.raiseTo(recall.state.progress);
    return { recall, meter, lastTimestamp, logLength };
  }

  /** Resolves when a suspect has got further, has ended, or has lived long enough for the next one to be tried. */
  private async survives(id: string): Promise<void> {
    const advanced$ = this.journal.commits$.pipe(filter(() => !this.onProbation.has(id)));
    const lived$ = new Observable<void>((subscriber) => this.after(SUSPECT_MS, () => subscriber.next()));
    await firstValueFrom(merge(advanced$, lived$));
  }

  /** Tries again while the journal is not available: nothing is left behind for a disk that was full for a moment. */
  private async onceAvailable<T>(work: () => Promise<T>): Promise<T> {
    for (;;) {
      try {
        return await work();
      } catch (error) {
        if (this.stopping || !(error instanceof StepcastError && error.code === 'journal_unavailable')) throw error;
      }
      await new Promise<void>((resolve) => this.after(RETRY_MS, resolve));
    }
  }

  /** Whether a commit shows that what is on probation does not end the process: it gets further, or has nothing to do but wait. */
  private shows(batch: EventBatch): boolean {
    return this.onProbation.has(batch.executionId) && (advances(batch) || !!this.scheduler.runnerOf(batch.executionId)?.onlyWaits);
  }

  private acquit(ids: string[]): void {
    const known = ids.filter((id) => this.onProbation.delete(id));
    if (known.length) this.journal.clearResumes(known).catch((error: unknown) => this.logger.warn(`resumes are not cleared: ${(error as Error).message}`));
  }

  /** Calls `then` after `ms`, or when the process shuts down. */
  private after(ms: number, then: () => void): () => void {
    const timer = setTimeout(() => {
      this.waiting.delete(timer);
      then();
    }, ms);
    timer.unref();
    this.waiting.set(timer, then);
    return () => {
      clearTimeout(timer);
      this.waiting.delete(timer);
    };
  }
}

function advances(batch: EventBatch): boolean {
  return batch.events.some(({ type }) => !NO_ADVANCE.has(type));
}

function isSuspect({ resumes }: ExecutionRecord): boolean {
  return resumes >= SUSPECT_RESUMES && resumes < MAX_RESUMES;
}
